//! Why an ID token was refused.

use crate::jose::verifying::JwsError;
use crate::oidc::jwks::KeyError;
use crate::oidc::jwks::MayBeRotation;
use crate::oidc::nested::NestedError;
use crate::oidc::validity::ClockError;
use crate::provider::acr::AcrValue;
use crate::wire::untrusted::Untrusted;

/// Why an ID token was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// Not encrypted as it should be, or not for us.
    #[error(transparent)]
    Nested(#[from] NestedError),
    /// Not a token that may be looked at.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// No key, or no single key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Not UTF-8, or not what the library takes for an ID token.
    #[error("the ID token is malformed")]
    Malformed,
    /// A claim that every ID token has.
    #[error("the claim `{0}` is missing")]
    Missing(&'static str),
    /// The signature is not that of the provider's key.
    #[error("the signature does not verify")]
    Signature,
    /// Another issuer, by one character.
    #[error("iss is not the issuer of this provider entry")]
    Issuer,
    /// Not for us, or not for us alone.
    #[error("aud is not this client, or not this client alone")]
    Audience,
    /// Issued to another client.
    #[error("azp is another client")]
    AuthorizedParty,
    /// Not of our time.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The token answers another authorization request.
    #[error("nonce does not match the authorization request")]
    NonceMismatch,
    /// Empty, or longer than a subject may be.
    #[error("sub is empty or too long")]
    Subject,
    /// The person proved who they are longer ago than was asked for.
    #[error("auth_time is {ago} s ago, {max_age} s were asked for")]
    TooLongAgo {
        /// How long ago, in seconds.
        ago: u64,
        /// The most that was asked for, in seconds.
        max_age: u64,
    },
    /// The level that was asked for is not one of the provider's: the preset changed since the request.
    #[error("the level that was asked for is not known any more")]
    AcrWanted,
    /// A level that the profile does not know.
    #[error("acr_unknown got={got} wanted={wanted}")]
    AcrUnknown {
        /// What the token says.
        got: Untrusted,
        /// What was asked for; `-` where nothing was.
        wanted: String,
    },
    /// A level below the one that was asked for.
    #[error("acr_too_low got={got} wanted={wanted}")]
    AcrTooLow {
        /// What the token says.
        got: AcrValue,
        /// What was asked for.
        wanted: AcrValue,
    },
    /// The token belongs to another access token.
    #[error("at_hash is not that of the access token")]
    AccessTokenHash,
}

impl MayBeRotation for IdTokenError {
    fn may_be_rotation(&self) -> bool {
        matches!(self, Self::Key(KeyError::Unknown) | Self::Signature)
    }
}

impl IdTokenError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Nested(error) => error.reason(),
            Self::Jws(error) => error.reason(),
            Self::Key(KeyError::Unknown) => "key_unknown",
            Self::Key(KeyError::Ambiguous) => "key_ambiguous",
            Self::Malformed => "token_malformed",
            Self::Missing(_) => "claim_missing",
            Self::Signature => "signature_invalid",
            Self::Issuer => "iss_mismatch",
            Self::Audience => "aud_mismatch",
            Self::AuthorizedParty => "azp_mismatch",
            Self::Clock(error) => error.reason(),
            Self::NonceMismatch => "nonce_mismatch",
            Self::Subject => "sub_invalid",
            Self::TooLongAgo { .. } => "auth_time_too_old",
            Self::AcrWanted | Self::AcrUnknown { .. } => "acr_unknown",
            Self::AcrTooLow { .. } => "acr_too_low",
            Self::AccessTokenHash => "at_hash_mismatch",
        }
    }
}
