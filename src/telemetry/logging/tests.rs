//! Lines as they are written: which, how many, and what a stranger can do to one.

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
    for filter in ["trace", "rustls=trace,h2=debug,guichet=trace"] {
        let (lines, _) = logged(filter, LineFormat::Json, || {
            tracing::trace!(target: "rustls::conn", "Cookie: secret");
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
