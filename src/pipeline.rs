//! Scratch until the merge.

use std::sync::Arc;

use http::HeaderName;
use http::HeaderValue;

use crate::endpoints::failure::Failure;
use crate::routing::app::App;
use crate::wire::request::Request;
use crate::wire::request::RequestId;
use crate::wire::response::Response;

/// What happens to a request.
#[derive(Debug)]
pub enum Outcome {
    /// Answered by us.
    Answer(Response),
    /// Sent on.
    Forward(Box<Forward>),
}

/// What is sent on.
#[derive(Debug)]
pub struct Forward {
    /// The request.
    pub request: Request,
    /// Its application.
    pub app: Arc<App>,
    /// Written last.
    pub identity: Vec<(HeaderName, HeaderValue)>,
    /// Whether the answer may be kept by shared caches.
    pub cache: AnswerCache,
    /// The scheme of the public URL.
    pub public_scheme: &'static str,
}

/// Whether the answer speaks about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerCache {
    /// Nothing is added.
    AsItIs,
    /// `private, no-store` unless the application said something.
    PrivateUnlessSaid,
}

/// The life of a request.
#[derive(Debug)]
pub struct Pipeline(());

impl Pipeline {
    /// Whether the body is a form of ours.
    pub fn wants_form(&self, _request: &Request) -> bool {
        false
    }

    /// Decides.
    #[expect(clippy::unused_async, reason = "scratch")]
    pub async fn handle(self: Arc<Self>, _request: Request) -> Outcome {
        Outcome::Answer(Response::new(http::StatusCode::NOT_FOUND, "text/plain", ""))
    }

    /// Refuses.
    pub fn refuse(&self, _head: &http::request::Parts, _id: RequestId, _failure: Failure) -> Response {
        Response::new(http::StatusCode::BAD_REQUEST, "text/plain", "")
    }

    /// Fails.
    pub fn fail(&self, _forward: &Forward, _failure: Failure) -> Response {
        Response::new(http::StatusCode::BAD_GATEWAY, "text/plain", "")
    }
}
