//! One question of our own to a server of an application: is it there, is it well? It goes the way of a request, to the same
//! address under the same authorities, through no proxy; no redirect is followed. It carries nobody's identity.

use http::HeaderValue;
use http::Method;
use http::Request;
use http::StatusCode;
use http::header::CONNECTION;
use http::header::HOST;
use http::header::USER_AGENT;
use http_body_util::BodyExt;
use http_body_util::Limited;

use crate::gateway::application::connect::Connector;
use crate::gateway::application::upstream_error::UpstreamError;
use crate::gateway::body::request_body::RequestBody;
use crate::routing::upstream::Upstream;
use crate::wire::host::Host;

/// Most that is read of what comes after the head: a server that is asked often should not see it broken off.
const MOST_READ: usize = 64 * 1024;

/// Why there was no answer, with its causes in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProbeError(String);

impl From<UpstreamError> for ProbeError {
    fn from(error: UpstreamError) -> Self {
        Self(error.chain())
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// `HEAD` or `GET`.
    pub method: &'a Method,
    /// Path and query.
    pub target: &'a str,
    /// The `Host` that the application knows.
    pub host: &'a Host,
}

/// Whether an answer to a health check means that the server is well: a redirect is an answer, and is not followed.
pub fn is_well(status: StatusCode) -> bool {
    status.as_u16() < 400
}

/// Asks over the connection that a request would have.
pub async fn probe(upstream: &Upstream, question: Question<'_>) -> Result<StatusCode, ProbeError> {
    let connector = Connector::default();
    let asked = ask(&connector, upstream, question);
    let answer = tokio::time::timeout(upstream.limits.response_timeout, asked).await;
    Ok(answer.unwrap_or(Err(UpstreamError::ResponseTimeout))?)
}

/// The status of the answer. Without a bound of its own but that of the connection.
pub(super) async fn ask(
    connector: &Connector,
    upstream: &Upstream,
    question: Question<'_>,
) -> Result<StatusCode, UpstreamError> {
    let request = Request::builder()
        .method(question.method)
        .uri(question.target)
        .header(HOST, question.host.as_str())
        .header(USER_AGENT, HeaderValue::from_static("guichet"))
        .header(CONNECTION, HeaderValue::from_static("close"))
        .body(RequestBody::none())
        .map_err(UpstreamError::Unwritable)?;
    let mut connection = connector.open(upstream, upstream.limits.connect_timeout).await?;
    let answer = connection.sender.send_request(request).await;
    let answer = answer.map_err(UpstreamError::Closed)?;
    let status = answer.status();
    // Whatever it is: the status said it.
    drop(Limited::new(answer.into_body(), MOST_READ).collect().await);
    Ok(status)
}
