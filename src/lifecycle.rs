//! Where the process is between its start and its end, and what is still under way.
//!
//! One cell that everybody reads: readiness, each connection, the listener, the service manager. Whoever begins something
//! that must end before the process does holds an [`UnderWay`] for as long as it lasts.

use std::panic;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How far the end has come. Never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Ready.
    Serving,
    /// Told to end: not ready any more, but whoever comes is served. Connections end with their answer.
    Leaving,
    /// No new connections; the last exchanges end.
    Draining,
    /// Nothing is waited for any more.
    Ended,
}

/// How the process ends. Keys `server.shutdown_delay` and `server.drain_timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How long it serves on after it was told to end: whoever sends it traffic needs that long to notice.
    pub shutdown_delay: Duration,
    /// How long the last exchanges may take after that.
    pub drain_timeout: Duration,
}

impl Default for Ending {
    fn default() -> Self {
        Self {
            shutdown_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// The life of one gateway.
#[derive(Debug)]
pub struct Lifecycle {
    phase: watch::Sender<Phase>,
    held: watch::Sender<()>,
    ending: Mutex<Ending>,
}

/// Something that has begun and is waited for, until it is dropped.
#[derive(Clone, Debug)]
pub struct UnderWay {
    phase: watch::Receiver<Phase>,
    _held: watch::Receiver<()>,
}

impl Lifecycle {
    /// Serving, and nothing under way.
    pub fn new(ending: Ending) -> Self {
        Self {
            phase: watch::Sender::new(Phase::Serving),
            held: watch::Sender::new(()),
            ending: Mutex::new(ending),
        }
    }

    /// Where it is now.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Says each change.
    pub fn phases(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Comes back once the phase is reached, or passed.
    pub async fn reached(&self, phase: Phase) {
        // The sender is ours: it cannot be gone.
        drop(self.phases().wait_for(|now| *now >= phase).await);
    }

    /// Begins something that the end waits for.
    pub fn begin(&self) -> UnderWay {
        UnderWay {
            phase: self.phase.subscribe(),
            _held: self.held.subscribe(),
        }
    }

    /// Begins a task that the end waits for, also when whoever asked for it has gone.
    pub fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let under_way = self.begin();
        // The future of a login is some kilobytes, and the runtime moves what it is given several times.
        let task = Box::pin(task);
        tokio::spawn(async move {
            let done = task.await;
            drop(under_way);
            done
        })
    }

    /// The same, and waits for it. A panic of the task goes on in whoever waits: there it is counted and answered.
    pub async fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> T {
        match self.spawn(task).await {
            Ok(done) => done,
            // Tasks are cancelled with the runtime alone, and so is whoever waits.
            Err(broke_off) => panic::resume_unwind(broke_off.into_panic()),
        }
    }

    /// From now on it ends in this way.
    pub fn set_ending(&self, ending: Ending) {
        *self.ending.lock().unwrap_or_else(PoisonError::into_inner) = ending;
    }

    /// Ends: serves on for the delay, then takes nothing new, then waits for what is under way, in bounded time.
    pub async fn end(&self) {
        let ending = *self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        self.enter(Phase::Leaving);
        if !ending.shutdown_delay.is_zero() {
            tracing::info!(delay = ?ending.shutdown_delay, "ending: not ready any more, still serving");
            tokio::time::sleep(ending.shutdown_delay).await;
        }
        tracing::info!("ending: waiting for the last exchanges");
        self.enter(Phase::Draining);
        let over = tokio::time::timeout(ending.drain_timeout, self.held.closed()).await;
        if over.is_err() {
            tracing::warn!("exchanges were cut off: they took longer than the time to drain");
        }
        self.enter(Phase::Ended);
    }

    /// Ends without waiting for anything.
    pub fn end_at_once(&self) {
        self.enter(Phase::Ended);
    }

    fn enter(&self, phase: Phase) {
        self.phase.send_if_modified(|now| {
            let is_later = *now < phase;
            *now = phase.max(*now);
            is_later
        });
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new(Ending::default())
    }
}

impl UnderWay {
    /// Where the process is now.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Comes back once the phase is reached; never, if the gateway is gone without reaching it.
    pub async fn reached(&mut self, phase: Phase) {
        let reached = self.phase.wait_for(|now| *now >= phase).await.is_ok();
        if !reached {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn ending(shutdown_delay: u64, drain_timeout: u64) -> Ending {
        Ending {
            shutdown_delay: Duration::from_secs(shutdown_delay),
            drain_timeout: Duration::from_secs(drain_timeout),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_serves_on_then_waits_for_what_is_under_way() {
        let lifecycle = Arc::new(Lifecycle::new(ending(5, 30)));
        let mut exchange = lifecycle.begin();
        let began = tokio::time::Instant::now();
        let ends = Arc::clone(&lifecycle);
        let ended = tokio::spawn(async move { ends.end().await });
        lifecycle.reached(Phase::Leaving).await;
        assert_eq!(exchange.phase(), Phase::Leaving);
        exchange.reached(Phase::Draining).await;
        assert_eq!(began.elapsed(), Duration::from_secs(5));
        assert!(!ended.is_finished());
        drop(exchange);
        ended.await.unwrap();
        assert_eq!(lifecycle.phase(), Phase::Ended);
        assert_eq!(began.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test]
    async fn a_panic_of_a_task_goes_on_in_whoever_waits() {
        let lifecycle = Arc::new(Lifecycle::new(ending(0, 1)));
        assert_eq!(lifecycle.run(async { 1 }).await, 1);
        let its = Arc::clone(&lifecycle);
        let waits = tokio::spawn(async move { its.run::<()>(async { panic!("of a test") }).await });
        assert!(waits.await.unwrap_err().is_panic());
        assert!(lifecycle.held.is_closed(), "nothing of it is waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_longer_than_the_time_to_drain_is_not_waited_for() {
        let lifecycle = Lifecycle::new(ending(5, 30));
        // A newer configuration has another opinion.
        lifecycle.set_ending(ending(0, 2));
        let _exchange = lifecycle.begin();
        let began = tokio::time::Instant::now();
        lifecycle.end().await;
        assert_eq!(began.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_at_once_is_final() {
        let lifecycle = Arc::new(Lifecycle::new(ending(5, 30)));
        let ends = Arc::clone(&lifecycle);
        let ended = tokio::spawn(async move { ends.end().await });
        lifecycle.reached(Phase::Leaving).await;
        lifecycle.end_at_once();
        ended.await.unwrap();
        assert_eq!(lifecycle.phase(), Phase::Ended);
    }
}
