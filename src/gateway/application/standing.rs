//! Whether a server of an application is up, as far as this process knows: what its requests met and what its health check
//! said. Each change is one line of the log and a number; what it means for a request is said in [`choice`](super::choice).

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use crate::telemetry::telemetry::Telemetry;

/// How long a server is left alone that could not be connected to. Then one request tries it.
const AWAY: Duration = Duration::from_secs(5);
/// As many health checks in a row fail before a server is away: one may be an accident.
const FAILURES: u32 = 2;

/// What is known about one server. Shared by the threads.
#[derive(Debug)]
pub(super) struct Standing {
    app: String,
    upstream: String,
    telemetry: Arc<Telemetry>,
    /// Whether the slow look is needed: nearly never.
    is_away: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Nobody could connect; until then nobody tries.
    left_alone_until: Option<Instant>,
    failed_checks: u32,
}

impl Standing {
    /// Up, until something else is known.
    pub(super) fn new((app, upstream): (&str, String), telemetry: Arc<Telemetry>) -> Self {
        telemetry.metrics.upstream_is_up(app, &upstream);
        Self {
            app: app.to_owned(),
            upstream,
            telemetry,
            is_away: AtomicBool::new(false),
            known: Mutex::default(),
        }
    }

    /// Whether a request may go there while another server is up. Of a server that was left alone for long enough, the first
    /// who asks hears yes, and is the one who finds out.
    pub(super) fn may_be_tried(&self) -> bool {
        if !self.is_away.load(Ordering::Relaxed) {
            return true;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.failed_checks >= FAILURES {
            return false;
        }
        let now = Instant::now();
        match known.left_alone_until {
            Some(until) if now < until => false,
            Some(_over) => {
                known.left_alone_until = Some(now + AWAY);
                true
            }
            None => true,
        }
    }

    /// There is a connection: a new one, or a kept one that brought an answer.
    pub(super) fn connected(&self) {
        if self.is_away.load(Ordering::Relaxed) {
            self.learn("there is a connection", |known| known.left_alone_until = None);
        }
    }

    /// No connection could be opened, for this reason.
    pub(super) fn unreachable(&self, reason: &str) {
        let until = Instant::now() + AWAY;
        self.learn(reason, |known| known.left_alone_until = Some(until));
    }

    /// It answered its health check well.
    pub(super) fn well(&self) {
        self.learn("its health check is well", |known| *known = Known::default());
    }

    /// It did not, for this reason.
    pub(super) fn unwell(&self, reason: &str) {
        self.learn(reason, |known| {
            known.failed_checks = known.failed_checks.saturating_add(1);
        });
    }

    fn learn(&self, reason: &str, news: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        news(&mut known);
        let is_away = known.left_alone_until.is_some() || known.failed_checks >= FAILURES;
        if self.is_away.swap(is_away, Ordering::Relaxed) == is_away {
            return;
        }
        let (app, upstream) = (&self.app, &self.upstream);
        if is_away {
            tracing::warn!(app, upstream, reason, "a server of an application is away");
            self.telemetry.metrics.upstream_is_away(app, upstream);
        } else {
            tracing::info!(app, upstream, reason, "a server of an application is back");
            self.telemetry.metrics.upstream_is_up(app, upstream);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::telemetry::audit::stream::Audit;

    const UP: &str = "guichet_upstream_up{app=\"app\",upstream=\"http://a\"} 1\n";
    const AWAY_NOW: &str = "guichet_upstream_up{app=\"app\",upstream=\"http://a\"} 0\n";

    fn standing() -> Standing {
        let telemetry = Telemetry::new(Audit::to(io::sink()).unwrap(), None);
        Standing::new(("app", "http://a".to_owned()), Arc::new(telemetry))
    }

    fn metrics(standing: &Standing) -> String {
        standing.telemetry.metrics_text()
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_finds_out_about_a_server_that_was_left_alone() {
        let standing = standing();
        assert!(standing.may_be_tried() && metrics(&standing).contains(UP));
        standing.unreachable("refused");
        assert!(!standing.may_be_tried() && metrics(&standing).contains(AWAY_NOW));
        tokio::time::advance(AWAY).await;
        assert!(standing.may_be_tried(), "the first one");
        assert!(
            !standing.may_be_tried(),
            "the next one, until the first one knows"
        );
        standing.connected();
        assert!(standing.may_be_tried() && standing.may_be_tried());
        assert!(metrics(&standing).contains(UP));
    }

    #[tokio::test(start_paused = true)]
    async fn two_bad_answers_in_a_row_are_away_and_one_good_one_is_back() {
        let standing = standing();
        standing.unwell("500");
        standing.well();
        standing.unwell("500");
        assert!(standing.may_be_tried(), "one may be an accident");
        standing.unwell("500");
        assert!(!standing.may_be_tried() && metrics(&standing).contains(AWAY_NOW));
        tokio::time::advance(AWAY * 2).await;
        standing.connected();
        assert!(
            !standing.may_be_tried(),
            "whoever takes a connection is not well for it"
        );
        standing.well();
        assert!(standing.may_be_tried() && metrics(&standing).contains(UP));
    }
}
