//! The numbers that a Prometheus asks for. One method for each thing that happens; nobody else names a metric.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::EncodeMetric;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Metric;
use prometheus_client::registry::Registry;

use crate::clock::Timestamp;
use crate::telemetry::expected::Expected;
use crate::telemetry::expected::LOGOUTS;
use crate::telemetry::labels::ActionLabels;
use crate::telemetry::labels::AppLabels;
use crate::telemetry::labels::AskedLabels;
use crate::telemetry::labels::BuildLabels;
use crate::telemetry::labels::DecisionLabels;
use crate::telemetry::labels::LineLabels;
use crate::telemetry::labels::LoginLabels;
use crate::telemetry::labels::LogoutLabels;
use crate::telemetry::labels::MethodLabel;
use crate::telemetry::labels::ProbeLabels;
use crate::telemetry::labels::ProviderLabels;
use crate::telemetry::labels::ServedLabels;
use crate::telemetry::labels::StatusLabel;
use crate::telemetry::labels::StoreLabels;

/// OpenTelemetry, semantic conventions for HTTP metrics.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// A person at a provider: from a click to half an hour.
const LOGIN_SECONDS: [f64; 9] = [2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0];
/// Up to the budget of a request.
const HEADER_BYTES: [f64; 8] = [128.0, 256.0, 512.0, 768.0, 1024.0, 1280.0, 1536.0, 2048.0];

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every metric.
pub struct Metrics {
    registry: Registry,
    names: Vec<String>,
    served: Durations<ServedLabels>,
    active: Family<AppLabels, Gauge>,
    asked: Durations<AskedLabels>,
    logins: Family<LoginLabels, Counter>,
    login_duration: Durations<ProviderLabels>,
    logouts: Family<LogoutLabels, Counter>,
    decisions: Family<DecisionLabels, Counter>,
    assertions: Family<AppLabels, Counter>,
    header_bytes: Durations<AppLabels>,
    over_budget: Family<AppLabels, Counter>,
    spoofed: Family<AppLabels, Counter>,
    store_errors: Family<StoreLabels, Counter>,
    store_duration: Durations<StoreLabels>,
    provider_up: Family<ProviderLabels, Gauge>,
    keys_fetched_at: Family<ProviderLabels, Gauge>,
    clock_skew: Family<ProviderLabels, Gauge>,
    reload_successful: Gauge,
    reloaded_at: Gauge,
    audit_events: Family<ActionLabels, Counter>,
    audit_dropped: Family<ActionLabels, Counter>,
    lines_dropped: Family<LineLabels, Counter>,
    probes: Family<ProbeLabels, Counter>,
}

/// What a browser asked for.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// The method as it came.
    pub method: &'a Method,
    /// Which of our own paths; empty for an application's.
    pub route: &'static str,
    /// The application; empty for our own paths.
    pub app: &'a str,
    /// What was answered.
    pub status: Option<u16>,
}

/// What became of a question of ours.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// An answer of this status.
    Answered(u16),
    /// None, for this reason, in one of our words.
    Unanswered(&'static str),
}

/// How a login ended, as a metric tells it.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// The entry.
    pub provider: &'a str,
    /// The application.
    pub app: &'a str,
    /// The level that was reached.
    pub acr: &'a str,
    /// In one word.
    pub result: &'static str,
}

impl Metrics {
    /// Everything at nothing.
    #[expect(
        clippy::too_many_lines,
        reason = "one table: a name and a sentence for each metric"
    )]
    pub fn new() -> Self {
        let mut list = List::default();
        let metrics = Self {
            served: list.durations(
                "http_server_request_duration_seconds",
                "From the head of a request to the end of its answer",
                seconds,
            ),
            active: list.add(
                "http_server_active_requests",
                "Requests that are with an application",
                Family::default(),
            ),
            asked: list.durations(
                "http_client_request_duration_seconds",
                "What we asked of applications (until their answer began) and of providers (until it ended)",
                seconds,
            ),
            logins: list.add("guichet_logins", "Logins that ended", Family::default()),
            login_duration: list.durations(
                "guichet_login_duration_seconds",
                "From the redirect to the provider until the person was signed in",
                login_seconds,
            ),
            logouts: list.add("guichet_logouts", "Logouts", Family::default()),
            decisions: list.add(
                "guichet_policy_decisions",
                "What was decided about requests for applications",
                Family::default(),
            ),
            assertions: list.add(
                "guichet_assertions_issued",
                "Assertions that an application received",
                Family::default(),
            ),
            header_bytes: list.durations(
                "guichet_header_bytes",
                "Size of the fields that we add to a request",
                header_bytes,
            ),
            over_budget: list.add(
                "guichet_header_budget_exceeded",
                "Requests refused because the identity did not fit",
                Family::default(),
            ),
            spoofed: list.add(
                "guichet_spoofed_headers_stripped",
                "Fields that only we may write and that a client had sent",
                Family::default(),
            ),
            store_errors: list.add(
                "guichet_session_store_errors",
                "Operations of the session store without an answer",
                Family::default(),
            ),
            store_duration: list.durations(
                "guichet_session_store_duration_seconds",
                "Operations of the session store",
                seconds,
            ),
            provider_up: list.add(
                "guichet_provider_up",
                "Whether the provider answered us last",
                Family::default(),
            ),
            keys_fetched_at: list.add(
                "guichet_provider_jwks_last_success_timestamp_seconds",
                "When the provider's keys were read last",
                Family::default(),
            ),
            clock_skew: list.add(
                "guichet_provider_clock_skew_seconds",
                "How far the provider's clock is ahead of ours",
                Family::default(),
            ),
            reload_successful: list.add(
                "guichet_config_last_reload_successful",
                "Whether the configuration was taken when it was read last",
                Gauge::default(),
            ),
            reloaded_at: list.add(
                "guichet_config_last_reload_success_timestamp_seconds",
                "Since when this configuration is in force",
                Gauge::default(),
            ),
            audit_events: list.add(
                "guichet_audit_events",
                "Events of the audit stream",
                Family::default(),
            ),
            audit_dropped: list.add(
                "guichet_audit_events_dropped",
                "Events that are not in the audit stream: too many of a kind, or not written",
                Family::default(),
            ),
            lines_dropped: list.add(
                "guichet_log_lines_dropped",
                "Lines that are not in the log",
                Family::default(),
            ),
            probes: list.add(
                "guichet_probes",
                "Calls of the monitor's paths",
                Family::default(),
            ),
            names: Vec::new(),
            registry: Registry::default(),
        };
        let build: Family<BuildLabels, Gauge> =
            list.add("guichet_build_info", "The program", Family::default());
        let labels = BuildLabels {
            version: env!("CARGO_PKG_VERSION"),
            rustls_provider: "aws-lc-rs",
        };
        build.get_or_create(&labels).set(1);
        Self {
            names: list.names,
            registry: list.registry,
            ..metrics
        }
    }

    /// The names, as they are asked for.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All of it, in the text format `OpenMetrics` 1.0.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let written = encode(&mut text, &self.registry);
        written.map_or_else(|_fails_never| String::new(), |()| text)
    }

    /// A request of a browser is over.
    pub fn served(&self, served: Served<'_>, elapsed: Duration) {
        let labels = ServedLabels {
            http_request_method: MethodLabel::of(served.method),
            http_response_status_code: StatusLabel(served.status),
            http_route: served.route,
            app: served.app.to_owned(),
        };
        self.served.get_or_create(&labels).observe(elapsed.as_secs_f64());
    }

    /// A request goes to an application.
    pub fn begins(&self, app: &str) {
        self.active.get_or_create(&of_app(app)).inc();
    }

    /// It ends.
    pub fn ends(&self, app: &str) {
        self.active.get_or_create(&of_app(app)).dec();
    }

    /// We asked somebody.
    pub fn asked(&self, peer: String, asked: Asked, elapsed: Duration) {
        let (status, error_type) = match asked {
            Asked::Answered(status) => (Some(status), ""),
            Asked::Unanswered(error) => (None, error),
        };
        let labels = AskedLabels {
            peer,
            http_response_status_code: StatusLabel(status),
            error_type,
        };
        self.asked.get_or_create(&labels).observe(elapsed.as_secs_f64());
    }

    /// A login ended, well or not.
    pub fn login(&self, login: Login<'_>) {
        let labels = LoginLabels {
            provider: login.provider.to_owned(),
            app: login.app.to_owned(),
            acr: login.acr.to_owned(),
            result: login.result,
        };
        self.logins.get_or_create(&labels).inc();
    }

    /// How long a person who is signed in now was away.
    pub fn login_took(&self, provider: &str, elapsed: Duration) {
        let labels = of_provider(provider);
        self.login_duration
            .get_or_create(&labels)
            .observe(elapsed.as_secs_f64());
    }

    /// Sessions were ended by whoever may.
    pub fn logouts(&self, kind: &'static str, result: &'static str, sessions: usize) {
        let labels = LogoutLabels { kind, result };
        let sessions = u64::try_from(sessions).unwrap_or(u64::MAX);
        self.logouts.get_or_create(&labels).inc_by(sessions);
    }

    /// A request was judged.
    pub fn decided(&self, app: &str, decision: &'static str) {
        let labels = DecisionLabels {
            app: app.to_owned(),
            decision,
        };
        self.decisions.get_or_create(&labels).inc();
    }

    /// An application is told about its visitor, in so many bytes.
    pub fn told(&self, app: &str, bytes: usize) {
        let labels = of_app(app);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.header_bytes.get_or_create(&labels).observe(bytes.into());
    }

    /// An assertion goes to an application.
    pub fn assertion_issued(&self, app: &str) {
        self.assertions.get_or_create(&of_app(app)).inc();
    }

    /// An identity did not fit.
    pub fn over_budget(&self, app: &str) {
        self.over_budget.get_or_create(&of_app(app)).inc();
    }

    /// A client sent fields that only we may write.
    pub fn spoofed(&self, app: &str, fields: u64) {
        self.spoofed.get_or_create(&of_app(app)).inc_by(fields);
    }

    /// The session store was asked.
    pub fn store_asked(&self, store: &'static str, elapsed: Duration) {
        let labels = StoreLabels { store };
        self.store_duration
            .get_or_create(&labels)
            .observe(elapsed.as_secs_f64());
    }

    /// The session store did not answer.
    pub fn store_failed(&self, store: &'static str) {
        self.store_errors.get_or_create(&StoreLabels { store }).inc();
    }

    /// A provider answered.
    pub fn provider_is_up(&self, provider: &str) {
        self.provider_up.get_or_create(&of_provider(provider)).set(1);
    }

    /// A provider did not answer, or with a failure of its own.
    pub fn provider_is_down(&self, provider: &str) {
        self.provider_up.get_or_create(&of_provider(provider)).set(0);
    }

    /// The keys of a provider were read.
    pub fn keys_fetched(&self, provider: &str, at: Timestamp) {
        self.keys_fetched_at
            .get_or_create(&of_provider(provider))
            .set(at.as_unix());
    }

    /// How far a provider's clock is ahead of ours, in seconds; to a second, because that is how both are told.
    pub fn clock_skew(&self, provider: &str, seconds: i64) {
        self.clock_skew.get_or_create(&of_provider(provider)).set(seconds);
    }

    /// What may happen from now on begins at nothing, so that an alarm sees the first time as well.
    pub fn expect(&self, expected: &Expected<'_>) {
        let labels = StoreLabels {
            store: expected.store,
        };
        drop(self.store_errors.get_or_create(&labels));
        for (kind, result) in LOGOUTS {
            drop(self.logouts.get_or_create(&LogoutLabels { kind, result }));
        }
        for login in &expected.logins {
            drop(self.over_budget.get_or_create(&of_app(login.app)));
            for labels in login.endings() {
                drop(self.logins.get_or_create(&labels));
            }
        }
    }

    /// A configuration is in force since `at`.
    pub fn configured(&self, at: Timestamp) {
        self.reload_successful.set(1);
        self.reloaded_at.set(at.as_unix());
    }

    /// A configuration was refused; the one before is still in force.
    pub fn configuration_refused(&self) {
        self.reload_successful.set(0);
    }

    /// An event of the audit stream.
    pub fn audited(&self, action: &'static str) {
        self.audit_events.get_or_create(&ActionLabels { action }).inc();
    }

    /// An event that is not in the audit stream.
    pub fn audit_dropped(&self, action: &'static str) {
        self.audit_dropped.get_or_create(&ActionLabels { action }).inc();
    }

    /// How many audit lines could not be written after they were taken, since the beginning.
    pub fn audit_not_written(&self, count: u64) {
        let labels = ActionLabels { action: "" };
        self.audit_dropped
            .get_or_create(&labels)
            .inner()
            .store(count, Ordering::Relaxed);
    }

    /// How many lines are not in the log, since the beginning.
    pub fn lines_dropped(&self, reason: &'static str, count: u64) {
        let labels = LineLabels { reason };
        self.lines_dropped
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
        self.probes.get_or_create(&labels).inc();
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

fn of_app(app: &str) -> AppLabels {
    AppLabels { app: app.to_owned() }
}

fn of_provider(provider: &str) -> ProviderLabels {
    ProviderLabels {
        provider: provider.to_owned(),
    }
}

/// A list of metrics under construction.
#[derive(Default)]
struct List {
    registry: Registry,
    names: Vec<String>,
}

impl List {
    /// The library writes `_total` after the names of counters.
    fn add<M: Metric + Clone>(&mut self, name: &'static str, help: &str, metric: M) -> M {
        let ending = match EncodeMetric::metric_type(&metric) {
            MetricType::Counter => "_total",
            _ => "",
        };
        self.names.push(format!("{name}{ending}"));
        self.registry.register(name, help, metric.clone());
        metric
    }

    fn durations<L>(&mut self, name: &'static str, help: &str, make: fn() -> Histogram) -> Durations<L>
    where
        L: EncodeLabelSet + Clone + std::hash::Hash + Eq + fmt::Debug + Send + Sync + 'static,
    {
        self.add(name, help, Family::new_with_constructor(make))
    }
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

fn login_seconds() -> Histogram {
    Histogram::new(LOGIN_SECONDS)
}

fn header_bytes() -> Histogram {
    Histogram::new(HEADER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_can_be_asked_for() {
        let metrics = Metrics::new();
        let served = Served {
            method: &Method::GET,
            route: "",
            app: "urbanisme",
            status: Some(200),
        };
        metrics.served(served, Duration::from_millis(30));
        metrics.login(Login {
            provider: "fc",
            app: "urbanisme",
            acr: "eidas1",
            result: "success",
        });
        metrics.begins("urbanisme");
        metrics.lines_dropped("too_many", 480);
        let text = metrics.text();
        for line in [
            "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"\",app=\"urbanisme\"} 1",
            "guichet_logins_total{provider=\"fc\",app=\"urbanisme\",acr=\"eidas1\",result=\"success\"} 1",
            "http_server_active_requests{app=\"urbanisme\"} 1",
            "guichet_log_lines_dropped_total{reason=\"too_many\"} 480",
        ] {
            assert!(text.lines().any(|each| each == line), "{line}\nis not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
