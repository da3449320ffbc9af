//! The stream: one JSON object a line, in the words of the Elastic Common Schema, on its way through a queue.
//!
//! `event.sequence` counts from 1: a gap is an event that was lost.

use std::io;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use crate::seal;
use crate::telemetry::audit::action::Action;
use crate::telemetry::audit::action::Cause;
use crate::telemetry::audit::event::AuditEvent;
use crate::telemetry::audit::event::Source;
use crate::telemetry::followed_file::FollowedFile;
use crate::telemetry::limit::Limit;
use crate::telemetry::limit::Verdict;
use crate::telemetry::line;
use crate::telemetry::queue::Pushed;
use crate::telemetry::queue::Queue;

/// Most events of one action in a second, of those that a stranger can cause without a login.
const MOST_OF_STRANGERS: u32 = 20;

/// The stream.
#[derive(Debug)]
pub struct Audit {
    queue: Queue,
    numbers: Arc<Numbers>,
    limit: Arc<Limit<Action>>,
    /// Lines that the queue did not take; they are told by action.
    refused: AtomicU64,
}

/// What tells the events of this process apart from each other and from those of another one.
#[derive(Debug)]
struct Numbers {
    process: String,
    last: AtomicU64,
}

impl Audit {
    /// To standard output.
    pub fn to_stdout() -> io::Result<Self> {
        Self::to(io::stdout())
    }

    /// To a file that is appended to. Whoever moves it away gets a new one.
    pub fn to_file(path: PathBuf) -> io::Result<Self> {
        Self::to(FollowedFile::open(path)?)
    }

    /// To anything.
    pub fn to(sink: impl Write + Send + 'static) -> io::Result<Self> {
        let process = seal::random::<8>().map_err(io::Error::other)?;
        let numbers = Arc::new(Numbers {
            process: seal::hex(&process),
            last: AtomicU64::new(0),
        });
        let limit = Arc::new(Limit::new(MOST_OF_STRANGERS));
        let (of_report, suppressed) = (Arc::clone(&numbers), Arc::clone(&limit));
        let report = Box::new(move |_lost| {
            let each = suppressed.suppressed().into_iter();
            each.map(|(action, count)| of_report.suppressed(action, count))
                .collect()
        });
        Ok(Self {
            queue: Queue::start("audit", sink, report)?,
            numbers,
            limit,
            refused: AtomicU64::new(0),
        })
    }

    /// Hands an event over. Never waits; what comes too often from strangers is left away like what the queue cannot hold.
    pub fn write(&self, source: &Source<'_>, event: &AuditEvent<'_>) -> Pushed {
        let action = event.action();
        if action.cause() == Cause::Strangers
            && self.limit.one_more(&action, Instant::now()) == Verdict::Suppressed
        {
            return Pushed::Dropped;
        }
        let pushed = self.queue.push(self.numbers.line(source, event));
        if pushed == Pushed::Dropped {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        pushed
    }

    /// How many events were taken and then could not be written.
    pub fn not_written(&self) -> u64 {
        self.queue
            .lost()
            .saturating_sub(self.refused.load(Ordering::Relaxed))
    }

    /// Waits for the last events.
    pub fn end(&self) {
        self.queue.end();
    }
}

impl Numbers {
    fn line(&self, source: &Source<'_>, event: &AuditEvent<'_>) -> Vec<u8> {
        let (labels, own) = event.details();
        let mut object = self.envelope(event.action(), event.outcome());
        match *source {
            Source::Request { id, client, host } => put(
                &mut object,
                json!({
                    "http.request.id": id,
                    "source.ip": client.ip().to_canonical().to_string(),
                    // A proxy in front does not say it.
                    "source.port": (client.port() != 0).then(|| client.port()),
                    "url.domain": host,
                }),
            ),
            Source::Operator => put(&mut object, json!({ "user.roles": ["operator"] })),
        }
        put(&mut object, own);
        let mut told = Map::new();
        put(&mut told, labels);
        if !told.is_empty() {
            object.insert("labels".to_owned(), told.into());
        }
        in_one_line(object)
    }

    fn suppressed(&self, action: Action, count: u64) -> Vec<u8> {
        let told = Action::EventsSuppressed;
        let mut object = self.envelope(told, told.outcome());
        put(
            &mut object,
            json!({ "labels": { "action": action.as_str(), "count": count } }),
        );
        in_one_line(object)
    }

    fn envelope(&self, action: Action, outcome: &str) -> Map<String, Value> {
        let mut object = Map::new();
        put(
            &mut object,
            json!({
                "@timestamp": line::timestamp(),
                "ecs.version": line::ECS_VERSION,
                "event.dataset": "guichet.audit",
                "event.kind": "event",
                "event.action": action.as_str(),
                "event.category": [action.category()],
                "event.type": [action.kind()],
                "event.outcome": outcome,
                "event.sequence": self.last.fetch_add(1, Ordering::Relaxed) + 1,
                "service.name": "guichet",
                "service.version": env!("CARGO_PKG_VERSION"),
                "service.ephemeral_id": self.process,
            }),
        );
        object
    }
}

/// Adds what is there: a `null` says nothing.
fn put(object: &mut Map<String, Value>, members: Value) {
    if let Value::Object(members) = members {
        object.extend(members.into_iter().filter(|(_, value)| !value.is_null()));
    }
}

fn in_one_line(object: Map<String, Value>) -> Vec<u8> {
    let mut line = Value::Object(object).to_string().into_bytes();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests;
