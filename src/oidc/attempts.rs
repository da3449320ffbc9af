//! A login attempt is used once: claimed in the store before the token request, its outcome told to the double click.
//!
//! A browser that sends the callback twice drops the first answer, cookie included. So the winner of the claim leaves the
//! outcome, sealed, where the loser finds it. The store sees an identifier and sealed bytes.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::seal;
use crate::seal::RandomError;

/// How long the outcome of an attempt can be read.
pub const OUTCOME_LIFETIME: Duration = Duration::from_secs(60);

const RANDOM_BYTES: usize = 16;

/// Names one attempt: 16 random bytes, base64url. Also the end of the login cookie's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttemptId(String);

impl AttemptId {
    /// A new one.
    pub fn generate() -> Result<Self, RandomError> {
        Ok(Self(seal::base64url(&seal::random::<RANDOM_BYTES>()?)))
    }

    /// Reads one; `None` for anything that [`AttemptId::generate`] cannot have made.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = seal::from_base64url(text)?;
        (bytes.len() == RANDOM_BYTES).then(|| Self(text.to_owned()))
    }

    /// The text: 22 characters of the base64url alphabet.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for AttemptId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not the identifier of an attempt")
    }
}

impl From<AttemptId> for String {
    fn from(id: AttemptId) -> Self {
        id.0
    }
}

/// Who may send the token request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// This caller, and nobody else.
    Won,
    /// Another one came first.
    Lost {
        /// How long ago it claimed.
        age: Duration,
    },
}

/// The store did not answer, or refused. Nothing is known, so nothing may be spent.
#[derive(Debug, thiserror::Error)]
#[error("the store of login attempts failed")]
pub struct AttemptsError(#[source] Box<dyn Error + Send + Sync>);

impl AttemptsError {
    /// The store's own error is the cause.
    pub fn new(cause: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(cause))
    }
}

/// An answer of [`Attempts`] under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, AttemptsError>> + Send + 'a>>;

/// Remembers which attempts were claimed, and how they ended.
pub trait Attempts: fmt::Debug + Send + Sync {
    /// Claims the attempt: atomically, for one caller only, until the attempt's life is over.
    fn claim<'a>(&'a self, id: &'a AttemptId, now: Timestamp, lives_until: Timestamp) -> Pending<'a, Claim>;

    /// Leaves the sealed outcome for [`OUTCOME_LIFETIME`].
    fn finish<'a>(&'a self, id: &'a AttemptId, outcome: Vec<u8>) -> Pending<'a, ()>;

    /// The sealed outcome; `None` while there is none, or no more.
    fn outcome<'a>(&'a self, id: &'a AttemptId) -> Pending<'a, Option<Vec<u8>>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_made_is_an_identifier() {
        let id = AttemptId::generate().unwrap();
        assert_eq!(AttemptId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(id.as_str().len(), 22);
        for text in [
            "",
            "a",
            "../../etc/passwd",
            "AAAAAAAAAAAAAAAAAAAAA*",
            &"A".repeat(43),
        ] {
            assert_eq!(AttemptId::parse(text), None, "{text}");
        }
    }
}
