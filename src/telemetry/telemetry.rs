//! Audit stream and metrics of one gateway, and the log of its process: what is handed to whoever has something to say.

use quick_cache::sync::Cache;

use crate::telemetry::audit::event::AuditEvent;
use crate::telemetry::audit::event::Source;
use crate::telemetry::audit::stream::Audit;
use crate::telemetry::logging::Logging;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::queue::Pushed;

/// How many names are remembered that are not told again.
const MOST_TOLD: usize = 10_000;

/// Audit stream and metrics of one gateway.
#[derive(Debug)]
pub struct Telemetry {
    /// The numbers.
    pub metrics: Metrics,
    audit: Audit,
    /// What was told once and is not told again.
    told: Cache<String, ()>,
    logging: Option<Logging>,
}

impl Telemetry {
    /// With an audit stream, and the log whose lost lines are counted, if this process has one.
    pub fn new(audit: Audit, logging: Option<Logging>) -> Self {
        Self {
            metrics: Metrics::new(),
            audit,
            told: Cache::new(MOST_TOLD),
            logging,
        }
    }

    /// Writes an event into the audit stream, and counts it.
    pub fn audit(&self, source: &Source<'_>, event: &AuditEvent<'_>) {
        let action = event.action().as_str();
        match self.audit.write(source, event) {
            Pushed::Queued => self.metrics.audited(action),
            Pushed::Dropped => self.metrics.audit_dropped(action),
        }
    }

    /// The same, but once for each `name`: a browser may repeat what it does every second.
    pub fn audit_once(&self, name: &str, source: &Source<'_>, event: &AuditEvent<'_>) {
        if self.told.get(name).is_none() {
            self.told.insert(name.to_owned(), ());
            self.audit(source, event);
        }
    }

    /// The metrics, in the text format `OpenMetrics` 1.0.
    pub fn metrics_text(&self) -> String {
        self.metrics.audit_not_written(self.audit.not_written());
        if let Some(logging) = &self.logging {
            self.metrics.lines_dropped("too_many", logging.suppressed());
            self.metrics.lines_dropped("not_written", logging.lost());
        }
        self.metrics.text()
    }

    /// Waits for the last events and lines.
    pub fn end(&self) {
        self.audit.end();
        if let Some(logging) = &self.logging {
            logging.end();
        }
    }
}
