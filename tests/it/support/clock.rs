//! A clock that a test moves.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::clock::SystemClock;
use guichet::clock::Timestamp;

/// Begins at the present moment, because the provider of the tests lives in it; then stands still until it is moved.
#[derive(Clone, Debug)]
pub(crate) struct TestClock {
    seconds: Arc<AtomicI64>,
}

impl TestClock {
    pub(crate) fn start() -> Self {
        Self {
            seconds: Arc::new(AtomicI64::new(SystemClock.now().as_unix())),
        }
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }

    /// To another moment, an earlier one too.
    pub(crate) fn set(&self, now: Timestamp) {
        self.seconds.store(now.as_unix(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.seconds.load(Ordering::SeqCst))
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
