//! Diagnostics and the access log: which lines there are, how many, and where they go.
//!
//! Other people's crates print heads and buffers at their fine levels, cookies included, so they are capped whatever the
//! filter says.

use std::io;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use tokio::time::Instant;
use tracing::Dispatch;
use tracing::Event;
use tracing::Level;
use tracing::Metadata;
use tracing::Subscriber;
use tracing::callsite::Identifier;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::layer::Filter;
use tracing_subscriber::layer::SubscriberExt;

use crate::telemetry::limit::Limit;
use crate::telemetry::limit::Verdict;
use crate::telemetry::line;
use crate::telemetry::line::LineFormat;
use crate::telemetry::queue::Queue;

/// Most lines of one kind in a second: enough to see what happens, too few to fill a disk.
const MOST_OF_A_KIND: u32 = 20;
/// Most lines of the access log in a second, a hundred times what a town hall sees.
const MOST_ACCESSES: u32 = 1000;
/// What is told when the filter says nothing, or nothing that can be read.
const USUAL: &str = "info";
/// The finest level of a foreign crate.
const FOREIGN: LevelFilter = LevelFilter::INFO;

/// Key `logs.format`: how lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON everywhere else.
    Auto,
    /// JSON.
    Json,
    /// Text.
    Text,
}

/// The lines that were left away because there were too many of their kind.
#[derive(Clone, Debug)]
pub struct LineLimits(Arc<Limits>);

#[derive(Debug)]
struct Limits {
    accesses: Limit<Kind>,
    others: Limit<Kind>,
    suppressed: AtomicU64,
}

/// A place in our code that writes a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    callsite: Identifier,
    name: &'static str,
}

impl Default for LineLimits {
    fn default() -> Self {
        Self(Arc::new(Limits {
            accesses: Limit::new(MOST_ACCESSES),
            others: Limit::new(MOST_OF_A_KIND),
            suppressed: AtomicU64::new(0),
        }))
    }
}

impl LineLimits {
    /// How many lines were left away since the beginning.
    pub fn suppressed(&self) -> u64 {
        self.0.suppressed.load(Ordering::Relaxed)
    }

    fn judge(&self, metadata: &'static Metadata<'static>) -> Verdict {
        let kind = Kind {
            callsite: metadata.callsite(),
            name: metadata.name(),
        };
        let limit = if metadata.target() == line::ACCESS {
            &self.0.accesses
        } else {
            &self.0.others
        };
        let verdict = limit.one_more(&kind, Instant::now());
        if verdict == Verdict::Suppressed {
            self.0.suppressed.fetch_add(1, Ordering::Relaxed);
        }
        verdict
    }

    /// One line for each kind of which lines were left away since this was asked last.
    fn report(&self, format: LineFormat) -> Vec<Vec<u8>> {
        let suppressed = self.0.accesses.suppressed().into_iter();
        suppressed
            .chain(self.0.others.suppressed())
            .map(|(kind, count)| line::about_lines(format, kind.name, count))
            .collect()
    }
}

/// The log of a process: its lines, and how many of them nobody sees.
#[derive(Clone, Debug)]
pub struct Logging {
    limits: LineLimits,
    queue: Queue,
}

impl Logging {
    /// Makes standard error the log of the whole process. `filter` has the form of `RUST_LOG`.
    pub fn start(filter: &str, format: LogFormat) -> io::Result<Self> {
        let format = match format {
            LogFormat::Text => LineFormat::Text,
            LogFormat::Auto if io::stderr().is_terminal() => LineFormat::Text,
            LogFormat::Json | LogFormat::Auto => LineFormat::Json,
        };
        let limits = LineLimits::default();
        let reporting = limits.clone();
        let mut lost_before = 0;
        let report = Box::new(move |lost| {
            let mut lines = reporting.report(format);
            if lost > lost_before {
                lines.push(line::about_lines(format, "queue", lost - lost_before));
                lost_before = lost;
            }
            lines
        });
        let queue = Queue::start("log", io::stderr(), report)?;
        let dispatch = dispatch(filter, format, limits.clone(), queue.clone());
        // Somebody else made a log of this process before: a test. Then that one is it.
        drop(tracing::dispatcher::set_global_default(dispatch));
        Ok(Self { limits, queue })
    }

    /// How many lines were left away because of their number.
    pub fn suppressed(&self) -> u64 {
        self.limits.suppressed()
    }

    /// How many lines did not fit into the queue or could not be written.
    pub fn lost(&self) -> u64 {
        self.queue.lost()
    }

    /// Waits for the last lines.
    pub fn end(&self) {
        self.queue.end();
    }
}

/// What decides about events and writes them to `writer`.
pub fn dispatch<W>(filter: &str, format: LineFormat, limits: LineLimits, writer: W) -> Dispatch
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = EnvFilter::try_new(filter).unwrap_or_else(|_unreadable| EnvFilter::new(USUAL));
    let lines = tracing_subscriber::fmt::layer()
        .event_format(format)
        .with_ansi(false)
        .with_writer(writer)
        .with_filter(wanted.and(OwnFineLevels).and(limits));
    Dispatch::new(Registry::default().with(lines))
}

/// Fine levels are for our own code: we know what it says there.
struct OwnFineLevels;

impl OwnFineLevels {
    fn passes(metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_ours = target == "guichet" || target.starts_with("guichet::");
        is_ours || LevelFilter::from_level(*metadata.level()) <= FOREIGN
    }
}

impl<S: Subscriber> Filter<S> for OwnFineLevels {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        Self::passes(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if Self::passes(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }
}

impl<S: Subscriber> Filter<S> for LineLimits {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        // At fine levels somebody is looking at one thing, on purpose.
        let metadata = event.metadata();
        *metadata.level() > Level::INFO || self.judge(metadata) == Verdict::Passes
    }
}

#[cfg(test)]
mod tests;
