//! What an operator should know about the place where sessions are kept.

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was found, as a sentence without a full stop. Nothing of it is secret.
    pub what: String,
    /// Whether that is well.
    pub state: State,
    /// What to do about it; empty if nothing.
    pub mend: String,
}

/// Whether something is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is.
    Good,
    /// It may cost somebody their session, or could not be verified.
    Doubtful,
    /// It does not serve, or will lose sessions.
    Bad,
}

impl Finding {
    /// With what to do about it.
    pub fn new(state: State, what: impl Into<String>, mend: &str) -> Self {
        Self {
            what: what.into(),
            state,
            mend: mend.to_owned(),
        }
    }

    /// All is well.
    pub fn good(what: impl Into<String>) -> Self {
        Self::new(State::Good, what, "")
    }
}
