//! What comes too slowly is given up: the time that a body kept us waiting, against the bytes that came for it.
//!
//! Only waiting counts. An application that does not read for a while makes no browser slow.

use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::Sleep;

use crate::gateway::listener::limits::BodyPace;

/// The pace of one body. What never waits never makes a timer.
#[derive(Debug)]
pub(super) struct Pace {
    allowed: BodyPace,
    bytes: u64,
    waited: Duration,
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Nothing came yet, and nobody waits.
    pub(super) fn new(allowed: BodyPace) -> Self {
        Self {
            allowed,
            bytes: 0,
            waited: Duration::ZERO,
            since: None,
            timer: None,
        }
    }

    /// So many bytes came. Says how many that are in all.
    pub(super) fn came(&mut self, bytes: usize) -> u64 {
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        self.bytes
    }

    /// Nothing comes: ready when that lasted too long for what came before.
    pub(super) fn poll_slow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.allowed.allowance(self.bytes).saturating_sub(self.waited);
        let end = match self.since {
            Some(since) => since.checked_add(left),
            None => self.since.insert(Instant::now()).checked_add(left),
        };
        let Some(end) = end else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const ALLOWED: BodyPace = BodyPace {
        grace: Duration::from_secs(20),
        rate: 500,
    };

    async fn is_slow_within(pace: &mut Pace, seconds: u64) -> bool {
        let slow = poll_fn(|cx| pace.poll_slow(cx));
        tokio::time::timeout(Duration::from_secs(seconds), slow)
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_does_not_help() {
        let mut pace = Pace::new(ALLOWED);
        for _ in 0..3 {
            assert!(!is_slow_within(&mut pace, 6).await);
            pace.came(1);
        }
        assert!(is_slow_within(&mut pace, 3).await, "20 s in all");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_sends_at_the_rate_may_go_on_for_ever() {
        let mut pace = Pace::new(ALLOWED);
        for _ in 0..1000 {
            assert!(!is_slow_within(&mut pace, 10).await);
            pace.came(5000);
        }
        assert!(!is_slow_within(&mut pace, 19).await);
        assert!(
            is_slow_within(&mut pace, 2).await,
            "and has what was left at the start"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_asked_for_more_is_not_counted() {
        let mut pace = Pace::new(ALLOWED);
        assert!(!is_slow_within(&mut pace, 15).await);
        pace.came(1);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert!(!is_slow_within(&mut pace, 4).await);
        assert!(is_slow_within(&mut pace, 2).await);
    }
}
