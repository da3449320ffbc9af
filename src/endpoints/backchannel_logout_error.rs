//! Why a logout request of a provider changed nothing. Its sender is a program: it is told in the words of OAuth
//! (RFC 6749, section 5.2), as Back-Channel Logout 1.0, section 2.8, wants it.

use http::HeaderValue;
use http::StatusCode;
use http::header::X_CONTENT_TYPE_OPTIONS;
use serde::Serialize;

use crate::endpoints::logout_form::NotOneToken;
use crate::oidc::logout_token::LogoutTokenError;
use crate::wire::request_id::RequestId;
use crate::wire::response::Response;

/// Why a logout request changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackchannelLogoutError {
    /// Not a form with one token.
    #[error("a logout request is refused: {0}")]
    Form(#[from] NotOneToken),
    /// The token is not believed, or cannot be verified for now.
    #[error("a logout token is refused")]
    Token(#[from] LogoutTokenError),
    /// It was acted on before.
    #[error("a logout token came a second time")]
    Replayed,
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: &'static str,
}

impl BackchannelLogoutError {
    /// The code under which the list of errors explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Token(LogoutTokenError::Provider(_)) => "L31",
            Self::Form(_) | Self::Token(_) | Self::Replayed => "L30",
        }
    }

    /// One stable word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Form(NotOneToken::MediaType) => "media_type",
            Self::Form(NotOneToken::Coding) => "content_coding",
            Self::Form(NotOneToken::Missing) => "token_missing",
            Self::Form(NotOneToken::Several) => "token_twice",
            Self::Token(error) => error.reason(),
            Self::Replayed => "token_replayed",
        }
    }

    /// Writes the cause for the operator.
    pub fn log(&self, id: &RequestId, cause: &str) {
        let (code, reason) = (self.code(), self.reason());
        tracing::warn!(code, reason, request = %id, "{cause}");
    }

    /// What the provider is told: whether to try again, and one word of why.
    pub fn respond(&self) -> Response {
        let (status, error) = match self {
            Self::Token(LogoutTokenError::Provider(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            Self::Form(_) | Self::Token(_) | Self::Replayed => (StatusCode::BAD_REQUEST, "invalid_request"),
        };
        let error_description = self.reason();
        let body = Body {
            error,
            error_description,
        };
        // Two words: this cannot fail, and an empty body would still have the right status.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(status, "application/json", body);
        let nosniff = HeaderValue::from_static("nosniff");
        response.headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        response
    }
}
