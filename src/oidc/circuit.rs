//! Whether a provider is there, so that nobody is sent to one that is not.
//!
//! A person is sent to a provider that answered us a moment ago; one that did not is asked first. While it does not answer the
//! circuit is open: every new login is told so at once, and nobody asks but one task, until it answers. What it answers does
//! not matter here: an error is an answer.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

/// How long an answer says that the provider is there: many logins at once cause one question, and whoever comes a moment
/// after the provider went away is not sent after it.
const HEARD_FOR: Duration = Duration::from_secs(1);

/// What is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing<E> {
    /// It answered a moment ago.
    Heard,
    /// It was not asked for a while, or did not answer one call: ask before somebody is sent there.
    Unknown,
    /// It was asked and did not answer, for this reason.
    Open(Arc<E>),
}

/// Which opening of the circuit: whoever asks for one that is over stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening(u64);

/// What one provider's answers told.
#[derive(Debug)]
pub(super) struct Circuit<E>(Mutex<State<E>>);

#[derive(Debug)]
struct State<E> {
    heard: Option<Instant>,
    /// Why it is open, if it is.
    away: Option<Arc<E>>,
    openings: u64,
}

impl<E> Circuit<E> {
    /// Nothing was heard yet.
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            heard: None,
            away: None,
            openings: 0,
        }))
    }

    /// What is known at this moment.
    pub(super) fn standing(&self) -> Standing<E> {
        let state = self.state();
        match (&state.away, state.heard) {
            (Some(why), _) => Standing::Open(Arc::clone(why)),
            (None, Some(heard)) if heard.elapsed() < HEARD_FOR => Standing::Heard,
            _ => Standing::Unknown,
        }
    }

    /// It answered. Whether the circuit was open until now.
    pub(super) fn answered(&self) -> bool {
        let mut state = self.state();
        state.heard = Some(Instant::now());
        state.away.take().is_some()
    }

    /// A call met silence. That may have been this call's own bad luck, so the next login asks first.
    pub(super) fn silent(&self) {
        self.state().heard = None;
    }

    /// It was asked whether it is there, and did not answer, for this reason. `None` if somebody knew already.
    pub(super) fn open(&self, why: Arc<E>) -> Option<Opening> {
        let mut state = self.state();
        state.heard = None;
        if state.away.replace(why).is_some() {
            return None;
        }
        state.openings += 1;
        Some(Opening(state.openings))
    }

    /// Whether this opening is not over.
    pub(super) fn is_still(&self, opening: Opening) -> bool {
        let state = self.state();
        state.away.is_some() && opening == Opening(state.openings)
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_for_a_moment_and_silence_ends_it() {
        let circuit = Circuit::<&str>::new();
        assert_eq!(circuit.standing(), Standing::Unknown);
        assert!(!circuit.answered());
        tokio::time::advance(Duration::from_millis(999)).await;
        assert_eq!(circuit.standing(), Standing::Heard);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(circuit.standing(), Standing::Unknown);
        circuit.answered();
        circuit.silent();
        assert_eq!(circuit.standing(), Standing::Unknown);
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_is_opened_once_and_closed_by_any_answer() {
        let circuit = Circuit::<&str>::new();
        let first = circuit.open(Arc::new("timeout")).unwrap();
        assert_eq!(circuit.open(Arc::new("refused")), None);
        assert_eq!(circuit.standing(), Standing::Open(Arc::new("refused")));
        circuit.silent();
        assert!(circuit.is_still(first));
        assert!(circuit.answered() && !circuit.answered());
        assert_eq!(circuit.standing(), Standing::Heard);
        let second = circuit.open(Arc::new("timeout")).unwrap();
        assert!(!circuit.is_still(first) && circuit.is_still(second));
    }
}
