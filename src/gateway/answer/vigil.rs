//! Looks after what goes on and on: whoever was let in a while ago is let in no longer once their session has ended.
//!
//! A WebSocket, or an answer without an end of its own, is looked up once a minute, as long as it lasts. To look is not
//! activity. An answer that is over before costs nothing but the timer of its first wait.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use crate::gateway::decide::Decide;
use crate::gateway::live::Live;
use crate::pipeline::Continuation;
use crate::pipeline::Forward;

/// How often a session is looked up.
const EVERY: Duration = Duration::from_mins(1);
/// Looks in a row that may find the store away. One that restarts takes nobody's socket, and would be overrun by all of them
/// coming back at once; but whoever is not known for so long is nobody.
const MOST_UNKNOWN: u32 = 3;

type Looks = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whoever knows what lets a request pass now.
pub(in crate::gateway) trait Lookout: Send + Sync {
    /// Ready when what was forwarded may not go on.
    fn watch(self: Arc<Self>, forward: Box<Forward>) -> Looks;
}

impl<D: Decide> Lookout for Live<D> {
    fn watch(self: Arc<Self>, forward: Box<Forward>) -> Looks {
        Box::pin(until_ended(self, forward))
    }
}

/// Asks each time by the configuration of that moment.
async fn until_ended<D: Decide>(live: Arc<Live<D>>, forward: Box<Forward>) {
    let (request, app) = (&forward.request.id, &*forward.app.name);
    let mut unknown = 0;
    loop {
        let clock = Arc::clone(live.load().clock());
        clock.wait(EVERY).await;
        match live.load().may_go_on(&forward).await {
            Ok(Continuation::GoesOn) => unknown = 0,
            Ok(Continuation::SessionEnded) => {
                tracing::info!(%request, app, "a stream was ended, as its session has ended");
                return;
            }
            Err(error) => {
                unknown += 1;
                tracing::warn!(%request, app, %error, "whether a stream may go on is not known");
                if unknown == MOST_UNKNOWN {
                    tracing::warn!(%request, app, "a stream was ended, as nobody knows whether its session has");
                    return;
                }
            }
        }
    }
}

/// The looks after one stream, which begin when they are first waited for.
pub(in crate::gateway) struct Vigil(State);

enum State {
    Ahead(Arc<dyn Lookout>, Box<Forward>),
    Under(Looks),
    Over,
}

impl Vigil {
    /// For what was forwarded with a session; there is nothing to look up without one.
    pub(in crate::gateway) fn over(lookout: Arc<dyn Lookout>, forward: Box<Forward>) -> Option<Self> {
        let has_session = forward.session.is_some();
        has_session.then(|| Self(State::Ahead(lookout, forward)))
    }

    /// Ready when the stream has to end.
    pub(super) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match std::mem::replace(&mut self.0, State::Over) {
                State::Ahead(lookout, forward) => self.0 = State::Under(lookout.watch(forward)),
                State::Under(mut looks) => {
                    if looks.as_mut().poll(cx).is_pending() {
                        self.0 = State::Under(looks);
                        return Poll::Pending;
                    }
                }
                State::Over => return Poll::Ready(()),
            }
        }
    }
}

impl fmt::Debug for Vigil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vigil")
    }
}
