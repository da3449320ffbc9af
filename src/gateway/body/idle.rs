//! What stands still is given up, a body or a connection: the timer that runs only while nothing moves.

use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Sleep;

/// Runs from the first moment of waiting to the next movement. What always moves never makes a timer.
#[derive(Debug)]
pub(in crate::gateway) struct Idle {
    bound: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    /// Not waiting yet.
    pub(in crate::gateway) fn new(bound: Duration) -> Self {
        Self { bound, timer: None }
    }

    /// How long it may last.
    pub(in crate::gateway) fn bound(&self) -> Duration {
        self.bound
    }

    /// Something moved.
    pub(in crate::gateway) fn moved(&mut self) {
        self.timer = None;
    }

    /// Nothing moves: ready when that lasted too long.
    pub(in crate::gateway) fn poll_still(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let bound = self.bound;
        self.timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(bound)))
            .as_mut()
            .poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_standing_still_counts() {
        let mut idle = Idle::new(Duration::from_mins(1));
        for _ in 0..3 {
            let waited = tokio::time::timeout(Duration::from_secs(59), poll_fn(|cx| idle.poll_still(cx)));
            assert!(waited.await.is_err());
            idle.moved();
        }
        let waited = tokio::time::timeout(Duration::from_secs(61), poll_fn(|cx| idle.poll_still(cx)));
        assert!(waited.await.is_ok());
    }
}
