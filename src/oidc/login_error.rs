//! Why a code did not become a login, with a word for the log and a hint for the page.

use std::time::Duration;

use crate::back_channel::BackChannelError;
use crate::back_channel::answer::AnswerError;
use crate::oidc::id_token::id_token_error::IdTokenError;
use crate::oidc::provider::ProviderError;
use crate::oidc::token_endpoint::TokenError;
use crate::oidc::userinfo::UserinfoError;

/// Why nobody was signed in. The code is spent where it was sent to the token endpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// Its addresses or keys are not known.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The configuration names another issuer than the request went to.
    #[error("the issuer of this provider entry changed since the request")]
    IssuerChanged,
    /// It did not answer at the token or the userinfo endpoint.
    #[error(transparent)]
    BackChannel(#[from] BackChannelError),
    /// No tokens.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// An ID token that is not believed.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// Claims that are not believed.
    #[error(transparent)]
    Userinfo(#[from] UserinfoError),
    /// Not all of it came in time.
    #[error("token and userinfo took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
}

/// What the person may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFault {
    /// The provider is in trouble: later it may work.
    Unavailable,
    /// The login was refused: beginning again may work, or the operator has to act.
    Refused,
}

impl LoginError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Provider(error) => error.reason(),
            Self::IssuerChanged => "issuer_changed",
            Self::BackChannel(_) => "provider_unreachable",
            Self::Token(error) => error.reason(),
            Self::IdToken(error) => error.reason(),
            Self::Userinfo(error) => error.reason(),
            Self::TimedOut(_) => "provider_timeout",
        }
    }

    /// What the person may be told.
    pub fn fault(&self) -> LoginFault {
        match self {
            Self::Provider(_)
            | Self::BackChannel(_)
            | Self::TimedOut(_)
            | Self::Token(TokenError::Answer(_))
            | Self::Userinfo(UserinfoError::Answer(AnswerError::Status(_))) => LoginFault::Unavailable,
            Self::IssuerChanged | Self::Token(_) | Self::IdToken(_) | Self::Userinfo(_) => {
                LoginFault::Refused
            }
        }
    }
}
