//! The numbers that a Prometheus asks for. One method for each thing that happens; nobody else names a metric.

pub mod happened;
mod table;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::text::encode;

use crate::clock::Timestamp;
use crate::telemetry::expected::Expected;
use crate::telemetry::expected::LOGOUTS;
use crate::telemetry::labels::ActionLabels;
use crate::telemetry::labels::AppLabels;
use crate::telemetry::labels::AskedLabels;
use crate::telemetry::labels::DecisionLabels;
use crate::telemetry::labels::LineLabels;
use crate::telemetry::labels::LoginLabels;
use crate::telemetry::labels::LogoutLabels;
use crate::telemetry::labels::MethodLabel;
use crate::telemetry::labels::PeerLabel;
use crate::telemetry::labels::ProbeLabels;
use crate::telemetry::labels::ProviderLabels;
use crate::telemetry::labels::ServedLabels;
use crate::telemetry::labels::StatusLabel;
use crate::telemetry::labels::StoreLabels;
use crate::telemetry::labels::UpstreamLabels;
use crate::telemetry::limit_label::LimitLabel;
use crate::telemetry::limit_label::LimitLabels;
use crate::telemetry::metrics::happened::Asked;
use crate::telemetry::metrics::happened::Login;
use crate::telemetry::metrics::happened::Served;
use crate::telemetry::metrics::table::List;
use crate::telemetry::metrics::table::Table;

/// Every metric.
pub struct Metrics {
    list: List,
    table: Table,
}

impl Metrics {
    /// Everything at nothing.
    pub fn new() -> Self {
        let mut list = List::default();
        let table = Table::new(&mut list);
        Self { list, table }
    }

    /// The names, as they are asked for.
    pub fn names(&self) -> &[String] {
        &self.list.names
    }

    /// All of it, in the text format `OpenMetrics` 1.0.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let written = encode(&mut text, &self.list.registry);
        written.map_or_else(|_fails_never| String::new(), |()| text)
    }

    /// A request of a browser is over.
    pub fn served(&self, served: Served<'_>, elapsed: Duration) {
        let labels = ServedLabels {
            http_request_method: MethodLabel::of(served.method),
            http_response_status_code: StatusLabel(served.status),
            http_route: served.route,
            app: served.app.cloned(),
        };
        self.table
            .served
            .get_or_create(&labels)
            .observe(elapsed.as_secs_f64());
    }

    /// A request goes to an application.
    pub fn begins(&self, app: &Arc<str>) {
        self.table
            .active
            .get_or_create(&AppLabels::of(Arc::clone(app)))
            .inc();
    }

    /// It ends.
    pub fn ends(&self, app: &Arc<str>) {
        self.table
            .active
            .get_or_create(&AppLabels::of(Arc::clone(app)))
            .dec();
    }

    /// We asked somebody.
    pub fn asked(&self, peer: PeerLabel, asked: Asked, elapsed: Duration) {
        let (status, error_type) = match asked {
            Asked::Answered(status) => (Some(status), ""),
            Asked::Unanswered(error) => (None, error),
        };
        let labels = AskedLabels {
            peer,
            http_response_status_code: StatusLabel(status),
            error_type,
        };
        self.table
            .asked
            .get_or_create(&labels)
            .observe(elapsed.as_secs_f64());
    }

    /// A login ended, well or not.
    pub fn login(&self, login: Login<'_>) {
        let labels = LoginLabels {
            provider: login.provider.to_owned(),
            app: login.app.to_owned(),
            acr: login.acr.to_owned(),
            result: login.result,
        };
        self.table.logins.get_or_create(&labels).inc();
    }

    /// How long a person who is signed in now was away.
    pub fn login_took(&self, provider: &str, elapsed: Duration) {
        let labels = ProviderLabels::of(provider);
        self.table
            .login_duration
            .get_or_create(&labels)
            .observe(elapsed.as_secs_f64());
    }

    /// Sessions were ended by whoever may.
    pub fn logouts(&self, kind: &'static str, result: &'static str, sessions: usize) {
        let labels = LogoutLabels { kind, result };
        let sessions = u64::try_from(sessions).unwrap_or(u64::MAX);
        self.table.logouts.get_or_create(&labels).inc_by(sessions);
    }

    /// A request was judged.
    pub fn decided(&self, app: &Arc<str>, decision: &'static str) {
        let labels = DecisionLabels {
            app: Arc::clone(app),
            decision,
        };
        self.table.decisions.get_or_create(&labels).inc();
    }

    /// An application is told about its visitor, in so many bytes.
    pub fn told(&self, app: &Arc<str>, bytes: usize) {
        let labels = AppLabels::of(Arc::clone(app));
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.table
            .header_bytes
            .get_or_create(&labels)
            .observe(bytes.into());
    }

    /// An assertion goes to an application.
    pub fn assertion_issued(&self, app: &Arc<str>) {
        self.table
            .assertions
            .get_or_create(&AppLabels::of(Arc::clone(app)))
            .inc();
    }

    /// An identity did not fit.
    pub fn over_budget(&self, app: &Arc<str>) {
        self.table
            .over_budget
            .get_or_create(&AppLabels::of(Arc::clone(app)))
            .inc();
    }

    /// A part of the gateway broke off while it answered a request.
    pub fn panicked(&self) {
        self.table.panics.inc();
    }

    /// A client sent fields that name an identity.
    pub fn spoofed(&self, app: &str, fields: usize) {
        let fields = u64::try_from(fields).unwrap_or(u64::MAX);
        self.table
            .spoofed
            .get_or_create(&AppLabels::of(app))
            .inc_by(fields);
    }

    /// A limit was reached.
    pub fn limited(&self, limit: LimitLabel) {
        self.table.limited.get_or_create(&LimitLabels { limit }).inc();
    }

    /// The session store was asked.
    pub fn store_asked(&self, store: &'static str, elapsed: Duration) {
        let labels = StoreLabels { store };
        self.table
            .store_duration
            .get_or_create(&labels)
            .observe(elapsed.as_secs_f64());
    }

    /// The session store did not answer.
    pub fn store_failed(&self, store: &'static str) {
        self.table
            .store_errors
            .get_or_create(&StoreLabels { store })
            .inc();
    }

    /// A provider answered.
    pub fn provider_is_up(&self, provider: &str) {
        self.table
            .provider_up
            .get_or_create(&ProviderLabels::of(provider))
            .set(1);
    }

    /// A provider did not answer, or with a failure of its own.
    pub fn provider_is_down(&self, provider: &str) {
        self.table
            .provider_up
            .get_or_create(&ProviderLabels::of(provider))
            .set(0);
    }

    /// A server of an application is up, as far as is known.
    pub fn upstream_is_up(&self, app: &str, upstream: &str) {
        self.table
            .upstream_up
            .get_or_create(&UpstreamLabels::of(app, upstream))
            .set(1);
    }

    /// A server of an application cannot be reached, or is not well.
    pub fn upstream_is_away(&self, app: &str, upstream: &str) {
        self.table
            .upstream_up
            .get_or_create(&UpstreamLabels::of(app, upstream))
            .set(0);
    }

    /// A server is not configured any more.
    pub fn upstream_is_gone(&self, app: &str, upstream: &str) {
        self.table.upstream_up.remove(&UpstreamLabels::of(app, upstream));
    }

    /// The keys of a provider were read.
    pub fn keys_fetched(&self, provider: &str, at: Timestamp) {
        self.table
            .keys_fetched_at
            .get_or_create(&ProviderLabels::of(provider))
            .set(at.as_unix());
    }

    /// How far a provider's clock is ahead of ours, in seconds; to a second, because that is how both are told.
    pub fn clock_skew(&self, provider: &str, seconds: i64) {
        self.table
            .clock_skew
            .get_or_create(&ProviderLabels::of(provider))
            .set(seconds);
    }

    /// What may happen from now on begins at nothing, so that an alarm sees the first time as well.
    pub fn expect(&self, expected: &Expected<'_>) {
        let table = &self.table;
        let store = expected.store;
        drop(table.store_errors.get_or_create(&StoreLabels { store }));
        for limit in LimitLabel::ALL {
            drop(table.limited.get_or_create(&LimitLabels { limit }));
        }
        for (kind, result) in LOGOUTS {
            drop(table.logouts.get_or_create(&LogoutLabels { kind, result }));
        }
        for login in &expected.logins {
            drop(table.over_budget.get_or_create(&AppLabels::of(login.app)));
            for labels in login.endings() {
                drop(table.logins.get_or_create(&labels));
            }
        }
    }

    /// A configuration is in force since `at`.
    pub fn configured(&self, at: Timestamp) {
        self.table.reload_successful.set(1);
        self.table.reloaded_at.set(at.as_unix());
    }

    /// A configuration was refused; the one before is still in force.
    pub fn configuration_refused(&self) {
        self.table.reload_successful.set(0);
    }

    /// An event of the audit stream.
    pub fn audited(&self, action: &'static str) {
        self.table
            .audit_events
            .get_or_create(&ActionLabels { action })
            .inc();
    }

    /// An event that is not in the audit stream.
    pub fn audit_dropped(&self, action: &'static str) {
        self.table
            .audit_dropped
            .get_or_create(&ActionLabels { action })
            .inc();
    }

    /// How many audit lines could not be written after they were taken, since the beginning.
    pub fn audit_not_written(&self, count: u64) {
        let labels = ActionLabels { action: "" };
        self.table
            .audit_dropped
            .get_or_create(&labels)
            .inner()
            .store(count, Ordering::Relaxed);
    }

    /// How many lines are not in the log, since the beginning.
    pub fn lines_dropped(&self, reason: &'static str, count: u64) {
        let labels = LineLabels { reason };
        self.table
            .lines_dropped
            .get_or_create(&labels)
            .inner()
            .store(count, Ordering::Relaxed);
    }

    /// A probe was answered.
    pub fn probed(&self, endpoint: &'static str, status: u16) {
        let labels = ProbeLabels {
            endpoint,
            http_response_status_code: StatusLabel(Some(status)),
        };
        self.table.probes.get_or_create(&labels).inc();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
