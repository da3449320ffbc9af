//! A clock that a test moves.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::clock::SystemClock;
use guichet::clock::Timestamp;
use tokio::sync::watch;

/// Begins at the present moment, because the provider of the tests lives in it; then stands still until it is moved.
#[derive(Clone, Debug)]
pub(crate) struct TestClock {
    now: Arc<watch::Sender<Timestamp>>,
}

impl TestClock {
    pub(crate) fn start() -> Self {
        Self {
            now: Arc::new(watch::Sender::new(SystemClock.now())),
        }
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }

    /// To another moment, an earlier one too.
    pub(crate) fn set(&self, now: Timestamp) {
        self.now.send_replace(now);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn wait(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (end, mut moved) = (self.now().plus(duration), self.now.subscribe());
        Box::pin(async move {
            if moved.wait_for(|now| *now >= end).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_shares_the_clock_sees_it_move() {
        let clock = TestClock::start();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let before = shared.now();
        clock.advance(Duration::from_mins(30));
        assert_eq!(shared.now().since(before), Duration::from_mins(30));
        clock.set(before);
        assert_eq!(shared.now(), before);
    }
}
