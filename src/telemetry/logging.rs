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
mod tests {
    use super::*;
    use crate::wire::untrusted::Untrusted;
    use serde_json::Value;
    use std::io::Write;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(str::to_owned).collect()
        }
    }

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, format: LineFormat, say: impl FnOnce()) -> (Vec<String>, LineLimits) {
        // tracing remembers for each line of code whether anybody listens; see the tests of `gateway`.
        static LISTENING: std::sync::OnceLock<Dispatch> = std::sync::OnceLock::new();
        LISTENING.get_or_init(|| dispatch("trace", LineFormat::Json, LineLimits::default(), io::sink));
        let (page, limits) = (Page::default(), LineLimits::default());
        let writer = page.clone();
        let dispatch = dispatch(filter, format, limits.clone(), move || writer.clone());
        tracing::dispatcher::with_default(&dispatch, say);
        (page.lines(), limits)
    }

    #[test]
    fn a_line_says_to_which_stream_it_belongs_in_the_words_of_the_schema() {
        let (lines, _) = logged("info", LineFormat::Json, || {
            tracing::info!(target: line::ACCESS, method = "GET", status = 200_u16, request = "0123", "answered");
            tracing::warn!(
                code = "L08",
                reason = "nonce_mismatch",
                provider = "fc",
                "refused"
            );
        });
        let parsed: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(parsed[0]["event.dataset"], "guichet.access");
        assert_eq!(parsed[0]["http.request.method"], "GET");
        assert_eq!(parsed[0]["http.response.status_code"], 200);
        assert_eq!(parsed[0]["http.request.id"], "0123");
        assert_eq!(parsed[1]["event.dataset"], "guichet.diagnostic");
        assert_eq!(parsed[1]["log.level"], "warn");
        assert_eq!(parsed[1]["event.reason"], "nonce_mismatch");
        assert_eq!(parsed[1]["guichet.provider"], "fc");
        assert_eq!(parsed[1]["message"], "refused");
        let time = parsed[1]["@timestamp"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.contains('.'), "{time}");
    }

    #[test]
    fn on_a_terminal_it_is_text() {
        let (lines, _) = logged("info", LineFormat::Text, || {
            tracing::warn!(
                code = "L08",
                confirmed = true,
                duration = 12_345_678_u64,
                "refused"
            );
        });
        let (_time, said) = lines[0].split_once("  WARN ").unwrap();
        assert_eq!(
            said,
            "guichet::telemetry::logging::tests: refused code=\"L08\" confirmed=true duration=12ms"
        );
    }

    #[test]
    fn whatever_a_stranger_writes_stays_in_one_line() {
        for format in [LineFormat::Json, LineFormat::Text] {
            let (lines, _) = logged("info", format, || {
                tracing::warn!(
                    path = "/a\nb\r\u{1b}[2J\u{2028}\"}{\"log.level\":\"info\"",
                    "refused"
                );
            });
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(!lines[0].contains(|odd: char| odd.is_control() || odd == '\u{2028}'));
            assert!(
                !lines[0].contains("\"log.level\":\"info\"") || format == LineFormat::Text,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_value_of_a_stranger_is_escaped_once_in_json_and_once_in_text() {
        let agent = Untrusted::new("it's \"x\" C:\\a\u{7}\n\u{1b}[31m\u{202e}\u{61c}é\" status=200");
        let written = |format, before: &str| {
            let (lines, _) = logged("info", format, || {
                tracing::info!(target: line::ACCESS, agent = agent.raw(), "answered");
            });
            assert_eq!(lines.len(), 1, "{lines:?}");
            lines[0].split_once(before).unwrap().1.to_owned()
        };
        let value = r#""it's \"x\" C:\\a\\u{7}\\n\\u{1b}[31m\\u{202e}\\u{61c}é\" status=200""#;
        assert_eq!(
            written(LineFormat::Json, r#""user_agent.original":"#),
            format!("{value}}}")
        );
        assert_eq!(
            written(LineFormat::Text, " INFO guichet::access: answered "),
            format!("agent={value}")
        );
    }

    #[test]
    fn what_a_sentence_quotes_of_a_stranger_cannot_close_its_quotes() {
        let cause = Untrusted::new("x\" code=\"P09\" \u{1b}");
        let (lines, _) = logged("info", LineFormat::Json, || {
            tracing::warn!(error = %format_args!("refused with {cause}"), "refused");
        });
        let parsed: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(
            parsed["error.message"],
            r#"refused with "x\" code=\"P09\" \u{1b}""#
        );
    }

    #[test]
    fn a_foreign_crate_never_speaks_at_a_fine_level() {
        for filter in ["trace", "hyper=trace,h2=debug,guichet=trace"] {
            let (lines, _) = logged(filter, LineFormat::Json, || {
                tracing::trace!(target: "hyper::proto", "Cookie: secret");
                tracing::debug!(target: "h2::codec", "Cookie: secret");
                tracing::debug!(target: "guichetier", "not ours");
                tracing::trace!(target: "guichet::wire", "ours");
            });
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(lines[0].contains("ours"), "{lines:?}");
        }
    }

    #[test]
    fn a_kind_of_line_that_comes_too_often_is_counted_instead() {
        let (lines, limits) = logged("info", LineFormat::Json, || {
            for _ in 0..500 {
                tracing::warn!("refused");
            }
            tracing::warn!("another kind");
        });
        // A second may begin meanwhile.
        assert!((21..=61).contains(&lines.len()), "{}", lines.len());
        assert!(lines.last().unwrap().contains("another kind"));
        assert_eq!(limits.suppressed() + u64::try_from(lines.len()).unwrap(), 501);
        let report = limits.report(LineFormat::Json);
        assert_eq!(report.len(), 1);
        let said: Value = serde_json::from_slice(&report[0]).unwrap();
        assert_eq!(said["guichet.count"], limits.suppressed());
        assert!(limits.report(LineFormat::Json).is_empty());
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_the_usual_one() {
        let (lines, _) = logged("=,=", LineFormat::Json, || {
            tracing::debug!("fine");
            tracing::info!("usual");
        });
        assert_eq!(lines.len(), 1);
    }
}
