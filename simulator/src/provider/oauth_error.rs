//! The errors that the provider answers as JSON (RFC 6749, section 5.2), each with a code and an incident number.

use http::StatusCode;
use serde_json::json;

use crate::provider::pages::Failure;
use crate::provider::profile::Profile;
use crate::random;
use crate::site;
use crate::site::Answer;

/// Where FranceConnect explains its codes.
const EXPLAINED_AT: &str =
    "https://docs.partenaires.franceconnect.gouv.fr/fs/fs-technique/fs-technique-erreurs/";

/// One error of the token, userinfo or end-session endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OAuthError {
    pub(crate) status: StatusCode,
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
    /// In brackets after the description. FranceConnect writes the word `undefined` where it has none.
    pub(crate) detail: &'static str,
    pub(crate) code: &'static str,
}

impl OAuthError {
    pub(crate) const fn request(detail: &'static str, code: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            description: "request is invalid",
            detail,
            code,
        }
    }

    pub(crate) const fn grant(detail: &'static str, code: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_grant",
            description: "grant request is invalid",
            detail,
            code,
        }
    }

    pub(crate) const fn client(detail: &'static str, code: &'static str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            description: "client authentication failed",
            detail,
            code,
        }
    }

    /// About the keys for which the client wants its tokens encrypted. The code is spent.
    pub(crate) const fn metadata(detail: &'static str, code: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_client_metadata",
            description: "client metadata is invalid",
            detail,
            code,
        }
    }

    pub(crate) const fn token(detail: &'static str, code: &'static str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_token",
            description: "invalid token provided",
            detail,
            code,
        }
    }

    pub(crate) fn answer(self) -> Answer {
        let incident = random::uuid().unwrap_or_default();
        let body = json!({
            "error": self.error,
            "error_description": format!("{} ({})", self.description, self.detail),
            "error_uri": format!("{EXPLAINED_AT}?code={}&id={incident}", self.code),
        });
        let mut answer = site::answer(self.status, "application/json; charset=utf-8", body.to_string());
        site::set(&mut answer, "cache-control", "no-store");
        answer
    }
}

/// The session behind a code or a token is gone: FranceConnect sends its HTML page, whatever the media type says.
pub(crate) fn session_gone(provider: &Profile, media_type: &'static str) -> Answer {
    let incident = random::uuid().unwrap_or_default();
    let page = Failure {
        provider: provider.title,
        status: StatusCode::UNAUTHORIZED,
        code: "Y190001",
        incident: &incident,
        back: None,
    };
    site::answer(page.status, media_type, page.html())
}
