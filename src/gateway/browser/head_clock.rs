//! How long one HTTP/1.1 connection waits for a head: some time for its first byte, and another time for all of it.
//!
//! hyper has one bound for both. It asks its timer for a sleep at the moment when it begins to wait for a head, and drops it
//! when the head is whole: so the timer is where the two are told apart.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use hyper::rt::Sleep;
use hyper::rt::Timer;
use tokio::time::Instant;

use crate::gateway::listener::limits::Limits;

/// What is known of the head that a connection waits for. One connection is one task, so no order of memory matters.
#[derive(Debug, Default)]
pub(super) struct HeadClock {
    is_awaited: AtomicBool,
    received: AtomicUsize,
    is_late: AtomicBool,
    /// Between two heads: a connection makes one timer.
    resting: Mutex<Option<Pin<Box<tokio::time::Sleep>>>>,
}

impl HeadClock {
    /// Whether a head is waited for, or on its way.
    pub(super) fn is_awaited(&self) -> bool {
        self.is_awaited.load(Ordering::Relaxed)
    }

    /// Bytes of it that came. What came before the head was waited for is not among them.
    pub(super) fn received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }

    /// So many more came.
    pub(super) fn receive(&self, bytes: usize) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether a head began and was not whole in time.
    pub(super) fn is_late(&self) -> bool {
        self.is_late.load(Ordering::Relaxed)
    }

    fn resting(&self, look: impl FnOnce(&mut Option<Pin<Box<tokio::time::Sleep>>>)) {
        look(&mut self.resting.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// hyper's timer for one connection.
#[derive(Debug)]
pub(super) struct HeadTimer {
    clock: Arc<HeadClock>,
    head_timeout: Duration,
    keep_alive: Duration,
    had_one: AtomicBool,
}

impl HeadTimer {
    /// Before the first head: that one has `head_timeout` in all.
    pub(super) fn new(clock: Arc<HeadClock>, limits: &Limits) -> Self {
        Self {
            clock,
            head_timeout: limits.head_timeout,
            keep_alive: limits.keep_alive,
            had_one: AtomicBool::new(false),
        }
    }

    /// What hyper is told; it adds it to the present and asks for that moment, which nobody reads.
    pub(super) fn longest(&self) -> Duration {
        self.keep_alive.saturating_add(self.head_timeout)
    }

    fn begin(&self) -> HeadSleep {
        let (phase, wait) = if self.had_one.swap(true, Ordering::Relaxed) {
            (Phase::Between, self.keep_alive)
        } else {
            (Phase::Begun, self.head_timeout)
        };
        let end = Instant::now() + wait;
        let mut timer = None;
        self.clock.resting(|resting| timer = resting.take());
        let timer = match timer {
            Some(mut timer) => {
                timer.as_mut().reset(end);
                timer
            }
            None => Box::pin(tokio::time::sleep_until(end)),
        };
        self.clock.received.store(0, Ordering::Relaxed);
        self.clock.is_awaited.store(true, Ordering::Relaxed);
        HeadSleep {
            clock: Arc::clone(&self.clock),
            head_timeout: self.head_timeout,
            phase,
            timer: Some(timer),
        }
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, _longest: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(self.begin())
    }

    fn sleep_until(&self, _longest: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(self.begin())
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

/// From the moment when a head is waited for until it is whole.
#[derive(Debug)]
struct HeadSleep {
    clock: Arc<HeadClock>,
    head_timeout: Duration,
    phase: Phase,
    /// Absent once it is dropped.
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Between,
    Begun,
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let Some(timer) = &mut this.timer else {
            return Poll::Ready(());
        };
        if this.phase == Phase::Between && this.clock.received() > 0 {
            this.phase = Phase::Begun;
            timer.as_mut().reset(Instant::now() + this.head_timeout);
        }
        std::task::ready!(timer.as_mut().poll(cx));
        if this.clock.received() > 0 {
            this.clock.is_late.store(true, Ordering::Relaxed);
        }
        Poll::Ready(())
    }
}

impl Drop for HeadSleep {
    fn drop(&mut self) {
        self.clock.is_awaited.store(false, Ordering::Relaxed);
        let timer = self.timer.take();
        self.clock.resting(|resting| *resting = timer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: fn() -> Limits = || Limits {
        head_timeout: Duration::from_secs(10),
        keep_alive: Duration::from_secs(75),
        ..Limits::default()
    };

    async fn ends_within(sleep: &mut HeadSleep, seconds: u64) -> bool {
        tokio::time::timeout(Duration::from_secs(seconds), sleep)
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_head_has_one_time_for_everything() {
        let clock = Arc::new(HeadClock::default());
        let timer = HeadTimer::new(Arc::clone(&clock), &LIMITS());
        let mut silent = timer.begin();
        assert!(!ends_within(&mut silent, 9).await);
        assert!(ends_within(&mut silent, 2).await);
        assert!(!clock.is_late(), "nothing had begun");

        let timer = HeadTimer::new(Arc::clone(&clock), &LIMITS());
        let mut slow = timer.begin();
        assert!(!ends_within(&mut slow, 9).await);
        clock.receive(1);
        assert!(ends_within(&mut slow, 2).await);
        assert!(clock.is_late());
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_head_is_waited_for_and_then_timed() {
        let clock = Arc::new(HeadClock::default());
        let timer = HeadTimer::new(Arc::clone(&clock), &LIMITS());
        drop(timer.begin());
        assert!(!clock.is_awaited());
        let mut idle = timer.begin();
        assert!(clock.is_awaited());
        assert!(!ends_within(&mut idle, 74).await);
        assert!(ends_within(&mut idle, 2).await);
        assert!(!clock.is_late());
        drop(idle);

        let mut slow = timer.begin();
        assert!(!ends_within(&mut slow, 74).await);
        for _ in 0..3 {
            clock.receive(1);
            assert!(!ends_within(&mut slow, 3).await);
        }
        clock.receive(1);
        assert!(ends_within(&mut slow, 2).await, "a total, not a pause");
        assert!(clock.is_late());
    }
}
