//! The table of the metrics: name, sentence, labels and buckets of each.

use std::fmt::Debug;
use std::hash::Hash;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::EncodeMetric;
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Metric;
use prometheus_client::registry::Registry;

use crate::telemetry::labels::ActionLabels;
use crate::telemetry::labels::AppLabels;
use crate::telemetry::labels::AskedLabels;
use crate::telemetry::labels::BuildLabels;
use crate::telemetry::labels::DecisionLabels;
use crate::telemetry::labels::LineLabels;
use crate::telemetry::labels::LoginLabels;
use crate::telemetry::labels::LogoutLabels;
use crate::telemetry::labels::ProbeLabels;
use crate::telemetry::labels::ProviderLabels;
use crate::telemetry::labels::ServedLabels;
use crate::telemetry::labels::StoreLabels;
use crate::telemetry::labels::UpstreamLabels;
use crate::telemetry::limit_label::LimitLabels;

/// OpenTelemetry, semantic conventions for HTTP metrics.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// A person at a provider: from a click to half an hour.
const LOGIN_SECONDS: [f64; 9] = [2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0];
/// Up to the budget of a request.
const HEADER_BYTES: [f64; 8] = [128.0, 256.0, 512.0, 768.0, 1024.0, 1280.0, 1536.0, 2048.0];

/// A histogram for each set of labels.
type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every metric.
pub(super) struct Table {
    pub(super) served: Durations<ServedLabels>,
    pub(super) active: Family<AppLabels, Gauge>,
    pub(super) asked: Durations<AskedLabels>,
    pub(super) logins: Family<LoginLabels, Counter>,
    pub(super) login_duration: Durations<ProviderLabels>,
    pub(super) logouts: Family<LogoutLabels, Counter>,
    pub(super) decisions: Family<DecisionLabels, Counter>,
    pub(super) assertions: Family<AppLabels, Counter>,
    pub(super) header_bytes: Durations<AppLabels>,
    pub(super) over_budget: Family<AppLabels, Counter>,
    pub(super) panics: Counter,
    pub(super) spoofed: Family<AppLabels, Counter>,
    pub(super) limited: Family<LimitLabels, Counter>,
    pub(super) store_errors: Family<StoreLabels, Counter>,
    pub(super) store_duration: Durations<StoreLabels>,
    pub(super) provider_up: Family<ProviderLabels, Gauge>,
    pub(super) upstream_up: Family<UpstreamLabels, Gauge>,
    pub(super) keys_fetched_at: Family<ProviderLabels, Gauge>,
    pub(super) clock_skew: Family<ProviderLabels, Gauge>,
    pub(super) reload_successful: Gauge,
    pub(super) reloaded_at: Gauge,
    pub(super) audit_events: Family<ActionLabels, Counter>,
    pub(super) audit_dropped: Family<ActionLabels, Counter>,
    pub(super) lines_dropped: Family<LineLabels, Counter>,
    pub(super) probes: Family<ProbeLabels, Counter>,
}

impl Table {
    /// Everything at nothing, in a list.
    #[expect(
        clippy::too_many_lines,
        reason = "one table: a name and a sentence for each metric"
    )]
    pub(super) fn new(list: &mut List) -> Self {
        let build: Family<BuildLabels, Gauge> =
            list.add("guichet_build_info", "The program", Family::default());
        let labels = BuildLabels {
            version: env!("CARGO_PKG_VERSION"),
            rustls_provider: "aws-lc-rs",
        };
        build.get_or_create(&labels).set(1);
        Self {
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
            panics: list.add(
                "guichet_panics",
                "Requests in which a part of the gateway broke off",
                Counter::default(),
            ),
            spoofed: list.add(
                "guichet_spoofed_headers",
                "Fields that name an identity and that a client had sent",
                Family::default(),
            ),
            limited: list.add(
                "guichet_limit_refusals",
                "What was refused or ended because a limit was reached",
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
            upstream_up: list.add(
                "guichet_upstream_up",
                "Whether a server of an application could be reached and is well, as far as is known",
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
        }
    }
}

/// What a Prometheus may ask for, and under which names.
#[derive(Default)]
pub(super) struct List {
    pub(super) registry: Registry,
    pub(super) names: Vec<String>,
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
        L: EncodeLabelSet + Clone + Hash + Eq + Debug + Send + Sync + 'static,
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
