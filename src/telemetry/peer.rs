//! How calls to one provider go: how long they take, whether it answers, what its clock says.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::telemetry::labels::PeerLabel;
use crate::telemetry::metrics::happened::Asked;
use crate::telemetry::telemetry::Telemetry;

/// Watches the calls to one provider entry.
#[derive(Clone, Debug)]
pub struct Peer {
    telemetry: Arc<Telemetry>,
    clock: Arc<dyn Clock>,
    provider: Arc<str>,
}

impl Peer {
    /// A watch over the provider entry of this name.
    pub fn new(telemetry: Arc<Telemetry>, clock: Arc<dyn Clock>, provider: &str) -> Self {
        Self {
            telemetry,
            clock,
            provider: provider.into(),
        }
    }

    /// The endpoint answered, with this status and this `Date`.
    pub fn answered(&self, endpoint: &str, status: u16, date: Option<Timestamp>, elapsed: Duration) {
        let metrics = &self.telemetry.metrics;
        metrics.asked(self.name(endpoint), Asked::Answered(status), elapsed);
        if status < 500 {
            metrics.provider_is_up(&self.provider);
        } else {
            metrics.provider_is_down(&self.provider);
        }
        if let Some(theirs) = date {
            let skew = theirs.as_unix().saturating_sub(self.clock.now().as_unix());
            metrics.clock_skew(&self.provider, skew);
        }
    }

    /// The endpoint did not answer, for this reason.
    pub fn unanswered(&self, endpoint: &str, reason: &'static str, elapsed: Duration) {
        let metrics = &self.telemetry.metrics;
        metrics.asked(self.name(endpoint), Asked::Unanswered(reason), elapsed);
        metrics.provider_is_down(&self.provider);
    }

    /// The provider's keys were read.
    pub fn keys_fetched(&self) {
        let at = self.clock.now();
        self.telemetry.metrics.keys_fetched(&self.provider, at);
    }

    fn name(&self, endpoint: &str) -> PeerLabel {
        PeerLabel::Provider(format!("{} {endpoint}", self.provider))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::audit::stream::Audit;

    #[derive(Debug)]
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix(1_795_608_000)
        }
    }

    #[test]
    fn an_answer_says_whether_the_provider_is_up_and_how_far_its_clock_is() {
        let telemetry = Arc::new(Telemetry::new(Audit::to(std::io::sink()).unwrap(), None));
        let peer = Peer::new(Arc::clone(&telemetry), Arc::new(Noon), "fc");
        let took = Duration::from_millis(20);
        peer.answered("token", 200, Some(Timestamp::from_unix(1_795_608_090)), took);
        let text = telemetry.metrics_text();
        assert!(
            text.contains("guichet_provider_clock_skew_seconds{provider=\"fc\"} 90\n"),
            "{text}"
        );
        assert!(
            text.contains("guichet_provider_up{provider=\"fc\"} 1\n"),
            "{text}"
        );
        peer.unanswered("jwks", "timeout", took);
        let text = telemetry.metrics_text();
        assert!(
            text.contains("guichet_provider_up{provider=\"fc\"} 0\n"),
            "{text}"
        );
        assert!(
            text.contains("peer=\"fc jwks\",http_response_status_code=\"\",error_type=\"timeout\""),
            "{text}"
        );
    }
}
