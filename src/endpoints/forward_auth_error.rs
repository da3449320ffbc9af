//! What goes wrong between us and a front proxy that asks for a decision: the operator of both mends it.

use http::HeaderValue;
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use crate::endpoints::callers::Unproven;
use crate::pages::document;
use crate::pages::frame::Frame;
use crate::pages::problem::Problem;
use crate::pages::service_pages::BadRequest;
use crate::pages::service_pages::Misdirected;
use crate::wire::original_request::OriginalRequestError;
use crate::wire::response::Response;

/// Why a proxy got no decision, or a browser no application.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardAuthError {
    /// The application is behind another proxy, and a browser's request for it came to us.
    #[error("`{0}` has mode = \"forward_auth\": its requests are not forwarded from here")]
    NotProxied(String),
    /// A proxy asks about an application that we forward to ourselves.
    #[error("a front proxy asks about `{0}`, which has not mode = \"forward_auth\"")]
    NotForwardAuth(String),
    /// A proxy asks about a path of ours, which no application may see.
    #[error("a front proxy asks about a path of the gateway itself; it has to send these to the gateway")]
    OwnPath,
    /// Whoever asked may not.
    #[error("a stranger asks for a decision: {0}")]
    Unproven(Unproven),
    /// Which request is meant is not known.
    #[error(transparent)]
    Original(#[from] OriginalRequestError),
    /// A query that we do not know.
    #[error("the address that the front proxy asks has a query other than `challenge=redirect`")]
    Parameter,
    /// The answer is longer than the proxy reads.
    #[error(
        "the head of the answer would take {bytes} bytes, the visitor's own cookies among them; {most} are read: see forward_auth.max_answer_head"
    )]
    HeadTooLong {
        /// What it would take.
        bytes: usize,
        /// What it may take.
        most: usize,
    },
}

impl ForwardAuthError {
    /// The code under which the list of errors explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotProxied(_) | Self::NotForwardAuth(_) | Self::OwnPath => "P13",
            Self::Unproven(_) => "P14",
            Self::Original(_) | Self::Parameter => "P15",
            Self::HeadTooLong { .. } => "P16",
        }
    }

    /// One stable word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotProxied(_) => "not_proxied",
            Self::NotForwardAuth(_) => "not_forward_auth",
            Self::OwnPath => "own_path",
            Self::Unproven(Unproven::Address(_)) => "caller_address",
            Self::Unproven(Unproven::Secret(_)) => "caller_secret",
            Self::Original(error) => error.reason(),
            Self::Parameter => "parameter",
            Self::HeadTooLong { .. } => "head_too_long",
        }
    }

    /// What a script is told.
    pub fn problem(&self) -> Problem<'static> {
        match self {
            Self::NotProxied(_) | Self::NotForwardAuth(_) | Self::OwnPath => Problem::Misdirected,
            _ => Problem::BadRequest,
        }
    }

    /// What a person reads; what concerns the proxy alone is said in words for its operator, who asks with curl.
    pub fn page(&self, frame: &Frame<'_>) -> Response {
        match self {
            Self::NotProxied(_) | Self::NotForwardAuth(_) | Self::OwnPath => Misdirected.respond(frame),
            Self::HeadTooLong { .. } => BadRequest.respond(frame),
            Self::Unproven(_) => {
                let mut response = self.told(StatusCode::UNAUTHORIZED);
                response.headers.insert(WWW_AUTHENTICATE, document::CHALLENGE);
                response
            }
            Self::Original(_) | Self::Parameter => self.told(StatusCode::BAD_REQUEST),
        }
    }

    fn told(&self, status: StatusCode) -> Response {
        let mut response = Response::new(status, "text/plain; charset=utf-8", format!("{self}\n"));
        let nosniff = HeaderValue::from_static("nosniff");
        response
            .headers
            .insert(http::header::X_CONTENT_TYPE_OPTIONS, nosniff);
        response
    }
}
