//! One question to an application, for an operator who asks whether it is there. It carries nobody's identity.

use http::Method;
use http::Request;
use http::StatusCode;
use http::header::HOST;

use crate::gateway::connect::Connector;
use crate::gateway::request_body::RequestBody;
use crate::gateway::upstream_error::UpstreamError;
use crate::routing::upstream::Upstream;

/// Why there was no answer, with its causes in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProbeError(String);

impl From<UpstreamError> for ProbeError {
    fn from(error: UpstreamError) -> Self {
        Self(error.chain())
    }
}

/// Asks for the head of the root, over the connection that a request would have.
pub async fn probe(upstream: &Upstream) -> Result<StatusCode, ProbeError> {
    Ok(ask(upstream).await?)
}

async fn ask(upstream: &Upstream) -> Result<StatusCode, UpstreamError> {
    let request = Request::builder()
        .method(Method::HEAD)
        .uri("/")
        .header(HOST, upstream.authority.as_str())
        .body(RequestBody::none())
        .map_err(UpstreamError::Unwritable)?;
    let mut connection = Connector::default().open(upstream).await?;
    let answer = connection.sender.send_request(request);
    let answer = tokio::time::timeout(upstream.limits.response_timeout, answer).await;
    let answer = answer.map_err(|_elapsed| UpstreamError::ResponseTimeout)?;
    Ok(answer.map_err(UpstreamError::Invalid)?.status())
}
