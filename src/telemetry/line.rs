//! What one line of a log looks like: a JSON object in the words of the Elastic Common Schema, or text for a terminal.

use std::fmt;
use std::fmt::Write;

use serde_json::Map;
use serde_json::Value;
use tracing::Event;
use tracing::Level;
use tracing::Metadata;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::FormatEvent;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::registry::LookupSpan;

use crate::wire::printable::printable;

/// The version of the schema whose words we use.
pub const ECS_VERSION: &str = "8.11";
/// The target of access lines. Every other target is diagnostics.
pub const ACCESS: &str = "guichet::access";

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFormat {
    /// One object a line.
    Json,
    /// For a person.
    Text,
}

/// Most characters of one value. Ours are shorter; what strangers wrote was cut before it came here.
const LONGEST_VALUE: usize = 1000;

/// Our short names of fields in the schema's words; others stand under `guichet.`.
const WORDS: &[(&str, &str)] = &[
    ("message", "message"),
    ("request", "http.request.id"),
    ("method", "http.request.method"),
    ("path", "url.path"),
    ("host", "url.domain"),
    ("status", "http.response.status_code"),
    ("bytes", "http.response.body.bytes"),
    ("duration", "event.duration"),
    ("outcome", "event.outcome"),
    ("code", "event.code"),
    ("reason", "event.reason"),
    ("client", "source.ip"),
    ("port", "source.port"),
    ("agent", "user_agent.original"),
    ("error", "error.message"),
];

/// The present moment, in UTC.
pub fn timestamp() -> String {
    let mut text = String::new();
    let written = SystemTime.format_time(&mut Writer::new(&mut text));
    written.map_or_else(|_fails_never| String::new(), |()| text)
}

/// One line about lines, made outside of `tracing`.
pub fn about_lines(format: LineFormat, kind: &str, count: u64) -> Vec<u8> {
    let message = "lines left away: too many of a kind in a second, or a queue that was full";
    let fields = vec![
        ("message", Value::from(message)),
        ("kind", Value::from(kind)),
        ("count", Value::from(count)),
    ];
    let mut text = String::new();
    let written = format.write(&mut text, Place::telemetry(), fields);
    written.map_or_else(|_fails_never| Vec::new(), |()| text.into_bytes())
}

impl<S, N> FormatEvent<S, N> for LineFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.write(&mut writer, Place::of(event.metadata()), fields.0)
    }
}

#[derive(Clone, Copy)]
struct Place<'a> {
    level: Level,
    target: &'a str,
}

impl<'a> Place<'a> {
    fn of(metadata: &Metadata<'a>) -> Self {
        Self {
            level: *metadata.level(),
            target: metadata.target(),
        }
    }

    fn telemetry() -> Self {
        Self {
            level: Level::WARN,
            target: "guichet::telemetry",
        }
    }

    fn dataset(self) -> &'static str {
        if self.target == ACCESS {
            "guichet.access"
        } else {
            "guichet.diagnostic"
        }
    }
}

impl LineFormat {
    fn write(self, to: &mut impl Write, place: Place<'_>, fields: Vec<(&'static str, Value)>) -> fmt::Result {
        match self {
            Self::Json => json(to, place, fields),
            Self::Text => text(to, place, &fields),
        }
    }
}

fn json(to: &mut impl Write, place: Place<'_>, fields: Vec<(&'static str, Value)>) -> fmt::Result {
    let level = place.level.as_str().to_ascii_lowercase();
    let mut object = Map::new();
    for (name, value) in [
        ("@timestamp", timestamp()),
        ("ecs.version", ECS_VERSION.to_owned()),
        ("event.dataset", place.dataset().to_owned()),
        ("log.level", level),
        ("log.logger", place.target.to_owned()),
        ("service.name", "guichet".to_owned()),
    ] {
        object.insert(name.to_owned(), value.into());
    }
    for (name, value) in fields {
        let word = WORDS.iter().find(|(ours, _)| *ours == name);
        let word = word.map_or_else(|| format!("guichet.{name}"), |(_, word)| (*word).to_owned());
        object.insert(word, value);
    }
    writeln!(to, "{}", Value::Object(object))
}

fn text(to: &mut impl Write, place: Place<'_>, fields: &[(&'static str, Value)]) -> fmt::Result {
    write!(
        to,
        "{} {:>5} {}:",
        timestamp(),
        place.level.as_str(),
        place.target
    )?;
    let (said, others): (Vec<_>, Vec<_>) = fields.iter().partition(|(name, _)| *name == "message");
    for (_, message) in said {
        write!(to, " {}", message.as_str().unwrap_or_default())?;
    }
    for (name, value) in others {
        match value {
            Value::Number(nanoseconds) if *name == "duration" => {
                let milliseconds = nanoseconds.as_u64().unwrap_or_default() / 1_000_000;
                write!(to, " {name}={milliseconds}ms")?;
            }
            value => write!(to, " {name}={value}")?,
        }
    }
    writeln!(to)
}

/// The fields of an event, each made fit for a line.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn push(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.push((field.name(), value.into()));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let value: String = value.chars().take(LONGEST_VALUE).flat_map(printable).collect();
        self.push(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value);
    }
}
