//! The audit stream: who signed in and out, who was refused, what an operator did. One JSON object a line, in the words of
//! the Elastic Common Schema.
//!
//! Names of claims, never a value; the person as a keyed tag that nobody turns back without the gateway's secret.
//! `event.sequence` counts from 1: a gap is an event that was lost.

use std::io;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use crate::seal;
use crate::seal::Tag;
use crate::telemetry::followed_file::FollowedFile;
use crate::telemetry::limit::Limit;
use crate::telemetry::limit::Verdict;
use crate::telemetry::line;
use crate::telemetry::queue::Pushed;
use crate::telemetry::queue::Queue;
use crate::wire::printable::printable;

/// Most events of one action in a second, of those that a stranger can cause without a login.
const MOST_OF_STRANGERS: u32 = 20;
/// Most claims whose names are told.
const MOST_CLAIMS: usize = 64;

/// What happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AuditEvent<'a> {
    /// Somebody signed in.
    Login {
        /// The application that they were on the way to.
        app: &'a str,
        /// The entry.
        provider: &'a str,
        /// The level that was reached.
        acr: &'a str,
        /// The names of the claims that the provider gave.
        claims: &'a [&'a str],
        /// The person.
        subject: Option<&'a Tag>,
        /// The session's reference.
        session: &'a str,
    },
    /// A login did not end in a session.
    LoginFailed {
        /// The application, if it is known.
        app: Option<&'a str>,
        /// The entry; empty where no attempt is known.
        provider: &'a str,
        /// The code that the page shows.
        code: &'static str,
        /// The cause, in one word.
        reason: &'static str,
    },
    /// The person turned back at the provider.
    LoginCancelled {
        /// The application.
        app: &'a str,
        /// The entry.
        provider: &'a str,
    },
    /// Somebody signed out.
    Logout {
        /// The entry of the session.
        provider: &'a str,
        /// The level of the session.
        acr: &'a str,
        /// The person.
        subject: Option<&'a Tag>,
        /// The session's reference.
        session: &'a str,
        /// Whether the browser was sent to the provider's end of session as well.
        at_provider: SignedOut,
    },
    /// A browser showed a session that is over: expired, ended elsewhere, or never there.
    SessionOver {
        /// The application.
        app: &'a str,
        /// The entry.
        provider: &'a str,
        /// The session's reference: its login has the same.
        session: &'a str,
    },
    /// A request was refused for what it was.
    Refused {
        /// The application, if it is known.
        app: Option<&'a str>,
        /// The code that the page shows.
        code: &'static str,
        /// The cause, in one word.
        reason: &'static str,
    },
    /// An operator ended sessions.
    Revoked {
        /// By what they were chosen: `reference`, `subject`, `provider`, `all`.
        by: &'static str,
        /// The entry, where one was named.
        provider: Option<&'a str>,
        /// The reference, where one was named.
        session: Option<&'a str>,
        /// The person, where one was named.
        subject: Option<&'a Tag>,
        /// How many sessions ended; nobody knows where the store failed on the way.
        count: Option<usize>,
    },
    /// A configuration was read anew and is in force.
    Reloaded,
    /// A configuration was read anew and refused; the one before is in force.
    ReloadRefused,
    /// Another key signs assertions.
    KeysRotated {
        /// Its name.
        kid: &'a str,
    },
}

/// How far a logout went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOut {
    /// Here, and the browser is on its way to the provider's end of session.
    Everywhere,
    /// Here only.
    HereOnly,
}

impl SignedOut {
    /// In one word, for metrics and events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Everywhere => "complete",
            Self::HereOnly => "partial",
        }
    }
}

/// Where it came from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A request of a browser.
    Request {
        /// Its number.
        id: &'a str,
        /// Whose it is.
        client: SocketAddr,
        /// The host that was asked for, if it could be read.
        host: Option<&'a str>,
    },
    /// Whoever runs the gateway.
    Operator,
}

/// Whether an event is on its way into the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It is.
    Queued,
    /// There are too many of its kind, or the queue is full.
    Dropped,
}

/// The stream.
#[derive(Debug)]
pub struct Audit {
    queue: Queue,
    numbers: Arc<Numbers>,
    limit: Arc<Limit<&'static str>>,
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
        let report = Box::new(move || {
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

    /// Hands an event over. Never waits.
    pub fn write(&self, source: &Source<'_>, event: &AuditEvent<'_>) -> Written {
        let action = event.action();
        if event.can_be_caused_by_strangers()
            && self.limit.one_more(&action, Instant::now()) == Verdict::Suppressed
        {
            return Written::Dropped;
        }
        match self.queue.push(self.numbers.line(source, event)) {
            Pushed::Queued => Written::Queued,
            Pushed::Dropped => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Written::Dropped
            }
        }
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

impl AuditEvent<'_> {
    /// `event.action`.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Login { .. } => "login",
            Self::LoginFailed { .. } => "login_failed",
            Self::LoginCancelled { .. } => "login_cancelled",
            Self::Logout { .. } => "logout",
            Self::SessionOver { .. } => "session_over",
            Self::Refused { .. } => "request_refused",
            Self::Revoked { .. } => "sessions_revoked",
            Self::Reloaded => "config_reloaded",
            Self::ReloadRefused => "config_refused",
            Self::KeysRotated { .. } => "assertion_keys_rotated",
        }
    }

    fn can_be_caused_by_strangers(&self) -> bool {
        matches!(
            self,
            Self::LoginFailed { .. }
                | Self::LoginCancelled { .. }
                | Self::SessionOver { .. }
                | Self::Refused { .. }
        )
    }

    /// `event.category`, `event.type` and `event.outcome`: words of the schema's closed lists.
    fn kind(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Login { .. } => ("authentication", "start", "success"),
            Self::LoginFailed { .. } | Self::LoginCancelled { .. } => ("authentication", "start", "failure"),
            Self::Logout { .. } => ("authentication", "end", "success"),
            Self::SessionOver { .. } => ("session", "end", "unknown"),
            Self::Refused { .. } => ("web", "denied", "failure"),
            Self::Revoked { count: Some(_), .. } => ("session", "end", "success"),
            Self::Revoked { count: None, .. } => ("session", "end", "failure"),
            Self::Reloaded | Self::KeysRotated { .. } => ("configuration", "change", "success"),
            Self::ReloadRefused => ("configuration", "change", "failure"),
        }
    }

    /// What is particular about it: names under `labels`, then fields of their own.
    fn details(&self) -> (Value, Value) {
        match *self {
            Self::Login {
                app,
                provider,
                acr,
                claims,
                subject,
                session,
            } => (
                json!({ "app": app, "provider": provider, "acr": acr, "claims": names(claims) }),
                json!({ "user.hash": hash(subject), "guichet.session": session }),
            ),
            Self::LoginFailed {
                app,
                provider,
                code,
                reason,
            } => (
                json!({ "app": app, "provider": provider }),
                json!({ "event.code": code, "event.reason": reason }),
            ),
            Self::LoginCancelled { app, provider } => (
                json!({ "app": app, "provider": provider }),
                json!({ "event.reason": "access_denied" }),
            ),
            Self::Logout {
                provider,
                acr,
                subject,
                session,
                at_provider,
            } => (
                json!({ "provider": provider, "acr": acr, "logout": at_provider.word() }),
                json!({ "user.hash": hash(subject), "guichet.session": session }),
            ),
            Self::SessionOver {
                app,
                provider,
                session,
            } => (
                json!({ "app": app, "provider": provider }),
                json!({ "guichet.session": session }),
            ),
            Self::Refused { app, code, reason } => (
                json!({ "app": app }),
                json!({ "event.code": code, "event.reason": reason }),
            ),
            Self::Revoked {
                by,
                provider,
                session,
                subject,
                count,
            } => (
                json!({ "by": by, "provider": provider, "count": count }),
                json!({ "user.hash": hash(subject), "guichet.session": session }),
            ),
            Self::Reloaded | Self::ReloadRefused => (json!({}), json!({})),
            Self::KeysRotated { kid } => (json!({ "kid": kid }), json!({})),
        }
    }
}

fn hash(subject: Option<&Tag>) -> Option<String> {
    subject.map(|tag| format!("hmac-sha256:{}", tag.as_str()))
}

fn names(claims: &[&str]) -> String {
    let names: Vec<&str> = claims.iter().copied().take(MOST_CLAIMS).collect();
    names.join(",").chars().flat_map(printable).collect()
}

impl Numbers {
    fn line(&self, source: &Source<'_>, event: &AuditEvent<'_>) -> Vec<u8> {
        let (category, kind, outcome) = event.kind();
        let (labels, own) = event.details();
        let mut object = self.envelope(event.action());
        put(
            &mut object,
            json!({
                "event.category": [category],
                "event.type": [kind],
                "event.outcome": outcome,
            }),
        );
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

    fn suppressed(&self, action: &str, count: u64) -> Vec<u8> {
        let mut object = self.envelope("events_suppressed");
        put(
            &mut object,
            json!({
                "event.category": ["process"],
                "event.type": ["info"],
                "event.outcome": "success",
                "labels": { "action": action, "count": count },
            }),
        );
        in_one_line(object)
    }

    fn envelope(&self, action: &str) -> Map<String, Value> {
        let mut object = Map::new();
        put(
            &mut object,
            json!({
                "@timestamp": line::timestamp(),
                "ecs.version": line::ECS_VERSION,
                "event.dataset": "guichet.audit",
                "event.kind": "event",
                "event.action": action,
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
