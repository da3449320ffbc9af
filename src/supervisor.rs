//! What a service manager wants to hear (`sd_notify`): ready, reloading, stopping, still alive.
//!
//! Without one nothing is sent. A notification that cannot be delivered is logged and is no reason to end.

use std::future::Future;
use std::time::Duration;

use sd_notify::NotifyState;

/// Everything is there: the sockets are open and signals are heard.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// The configuration is read again; [`ready`] follows, whether it was taken or not.
pub fn reloading() {
    // systemd 253 and later take the one only with the other.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the service manager is not told of a reload"),
    }
}

/// The process was told to end.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// How often the service manager wants a sign of life, if it does: half of what it allows.
pub fn watchdog_interval() -> Option<Duration> {
    let mut allowed = 0;
    (sd_notify::watchdog_enabled(false, &mut allowed) && allowed > 0)
        .then(|| Duration::from_micros(allowed) / 2)
}

/// Gives signs of life for as long as `answer` comes back in time. A process that hangs is started again by the manager.
pub async fn watch<F: Future<Output = ()>>(interval: Duration, answer: impl Fn() -> F) {
    let mut next = tokio::time::interval(interval);
    loop {
        next.tick().await;
        match tokio::time::timeout(interval, answer()).await {
            Ok(()) => notify(&[NotifyState::Watchdog]),
            Err(_elapsed) => tracing::error!("a thread does not answer: no sign of life is given"),
        }
    }
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(false, states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
