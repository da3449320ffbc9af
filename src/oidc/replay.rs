//! A logout token counts once: what came is remembered for as long as it would be believed.
//!
//! It is remembered after it was acted on. Whoever cannot act, as the store is away, has not used it up: the provider sends
//! it again. Two copies at the same moment end the same sessions, which is no more than one would.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use crate::seal;

/// Names a token that may come once: a fingerprint of who issued it, for whom, and its `jti`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenId(String);

impl TokenId {
    /// The token of this issuer for this client with this `jti`.
    pub fn of(issuer: &str, client_id: &str, jti: &str) -> Self {
        // Neither of the first two holds a NUL: both are those of the configuration.
        let whole = [issuer, client_id, jti].join("\0");
        Self(seal::base64url(&seal::sha256(whole.as_bytes())))
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a token came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Seen {
    /// It was never acted on, as far as anybody remembers.
    Never,
    /// It was.
    Before,
}

/// The store did not answer, or refused. Whether the token came before is not known, so it may not count.
#[derive(Debug, thiserror::Error)]
#[error("whether a logout token came before is not known")]
pub struct ReplayError(#[source] Box<dyn Error + Send + Sync>);

impl ReplayError {
    /// The store's own error is the cause.
    pub fn new(cause: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(cause))
    }
}

/// An answer of [`Replays`] under way.
pub type Recalling<'a, T> = Pin<Box<dyn Future<Output = Result<T, ReplayError>> + Send + 'a>>;

/// Remembers which tokens were acted on.
pub trait Replays: fmt::Debug + Send + Sync {
    /// Whether this one was.
    fn recall<'a>(&'a self, id: &'a TokenId) -> Recalling<'a, Seen>;

    /// It is now. Remembered for so long.
    fn remember<'a>(&'a self, id: &'a TokenId, lives: Duration) -> Recalling<'a, ()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_named_by_its_issuer_its_client_and_its_jti() {
        let id = TokenId::of("https://a.example", "client", "1");
        assert_eq!(id, TokenId::of("https://a.example", "client", "1"));
        for other in [
            TokenId::of("https://b.example", "client", "1"),
            TokenId::of("https://a.example", "client1", ""),
            TokenId::of("https://a.example", "client", "2"),
        ] {
            assert_ne!(id, other);
        }
        assert_eq!(id.to_string().len(), 43);
    }
}
