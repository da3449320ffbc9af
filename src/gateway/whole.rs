//! A task that ends whole or says that it broke off: a panic in one request is an answer to it, and to nothing else.

use std::future;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::Poll;

/// What the task left behind when it panicked. Where it did is in the log; what it said is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BrokeOff;

/// Runs a task to its end. One that panics is not asked again, only dropped: nobody sees what it was in the middle of.
///
/// The task stays where it is. Taken by value it would have two places here, and an exchange is long.
pub(super) fn or_broken_off<T>(
    mut task: Pin<&mut impl Future<Output = T>>,
) -> impl Future<Output = Result<T, BrokeOff>> {
    future::poll_fn(move |cx| {
        let polled = panic::catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx)));
        polled.map_or(Poll::Ready(Err(BrokeOff)), |polled| polled.map(Ok))
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn a_task_ends_or_breaks_off() {
        assert_eq!(or_broken_off(pin!(async { 1 })).await, Ok(1));
        let breaks = pin!(async {
            tokio::task::yield_now().await;
            panic!("of a test");
        });
        assert_eq!(or_broken_off(breaks).await, Err::<(), _>(BrokeOff));
    }
}
