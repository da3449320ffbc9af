//! The access log: one line for each request when its answer is over, with its numbers in the metrics. Never a query, a
//! field of ours, a form or a body.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::header::HOST;
use http::header::USER_AGENT;
use http::request::Parts;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use http_body_util::Full;
use tokio::time::Instant;

use crate::gateway::answer_body::AnswerBody;
use crate::gateway::body_error::BodyError;
use crate::gateway::clients::Requesting;
use crate::gateway::upstream_error::UpstreamError;
use crate::telemetry::labels::route;
use crate::telemetry::line::ACCESS;
use crate::telemetry::metrics::Asked;
use crate::telemetry::metrics::Served;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request_id::RequestId;
use crate::wire::untrusted::Untrusted;

/// One request, until it is told. A browser that hangs up before the answer is told as well, without a status.
#[derive(Debug)]
pub(super) struct Record {
    telemetry: Arc<Telemetry>,
    began: Instant,
    method: Method,
    /// Without the query, and without parameters of the path: some applications put session keys there.
    path: String,
    route: &'static str,
    request: RequestId,
    client: SocketAddr,
    /// As it was asked for, whether or not an app has it.
    host: Option<Untrusted>,
    agent: Option<Untrusted>,
    app: Option<String>,
    status: Option<StatusCode>,
    bytes: u64,
    is_whole: bool,
    under_way: Option<UnderWay>,
    requesting: Option<Requesting>,
}

impl Record {
    /// Begins with the head of the request.
    pub(super) fn begin(
        (telemetry, own_paths): (&Arc<Telemetry>, &OwnPaths),
        head: &Parts,
        client: SocketAddr,
        id: &RequestId,
    ) -> Self {
        let path = head.uri.path().split(';').next().unwrap_or_default();
        let agent = head.headers.get(USER_AGENT);
        Self {
            telemetry: Arc::clone(telemetry),
            began: Instant::now(),
            method: head.method.clone(),
            path: path.to_owned(),
            route: route(own_paths, path),
            request: id.clone(),
            client,
            host: host_of(head),
            agent: agent.map(|agent| Untrusted::new(&String::from_utf8_lossy(agent.as_bytes()))),
            app: None,
            status: None,
            bytes: 0,
            is_whole: false,
            under_way: None,
            requesting: None,
        }
    }

    /// Counts among the requests of its client until it is told.
    pub(super) fn of(mut self, requesting: Option<Requesting>) -> Self {
        self.requesting = requesting;
        self
    }

    /// The head of the answer is there.
    pub(super) fn answered(
        mut self,
        app: Option<&str>,
        status: StatusCode,
        under_way: Option<UnderWay>,
    ) -> Self {
        self.app = app.map(str::to_owned);
        self.status = Some(status);
        self.under_way = under_way;
        self
    }

    fn tell(&self) {
        let app = self.app.as_deref().unwrap_or_default();
        let elapsed = self.began.elapsed();
        let served = Served {
            method: &self.method,
            route: self.route,
            app,
            status: self.status.map(|status| status.as_u16()),
        };
        self.telemetry.metrics.served(served, elapsed);
        tracing::info!(
            target: ACCESS,
            method = self.method.as_str(),
            host = self.host.as_ref().map(Untrusted::raw),
            path = Untrusted::new(&self.path).raw(),
            status = self.status.map(|status| status.as_u16()),
            request = self.request.as_str(),
            app = self.app.as_deref(),
            client = %self.client.ip().to_canonical(),
            port = (self.client.port() != 0).then(|| self.client.port()),
            bytes = self.bytes,
            duration = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX),
            outcome = if self.is_whole { "success" } else { "failure" },
            reason = (!self.is_whole).then_some("broken_off"),
            agent = self.agent.as_ref().map(Untrusted::raw),
            "answered"
        );
    }
}

/// The authority that the client names, whatever it is worth. Never what stands before an `@`: that would be a password.
fn host_of(head: &Parts) -> Option<Untrusted> {
    let field = head.headers.get(HOST).map(HeaderValue::as_bytes);
    let authority = || Some(head.uri.authority()?.as_str().as_bytes());
    let named = field.or_else(authority)?.rsplit(|byte| *byte == b'@').next()?;
    Some(Untrusted::new(&String::from_utf8_lossy(named)))
}

impl Drop for Record {
    fn drop(&mut self) {
        self.tell();
    }
}

/// The body of an answer, counted to its end.
#[derive(Debug)]
pub(super) struct RecordedBody {
    body: AnswerBody,
    record: Option<Record>,
}

impl RecordedBody {
    /// Told when it is over.
    pub(super) fn new(body: AnswerBody, record: Record) -> Self {
        Self {
            body,
            record: Some(record),
        }
    }

    /// About which nothing is told: the request has no number.
    pub(super) fn unrecorded(content: Bytes) -> Self {
        Self {
            body: AnswerBody::Own(Full::new(content)),
            record: None,
        }
    }
}

impl Body for RecordedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let (Poll::Ready(Some(Ok(frame))), Some(record)) = (&polled, &mut self.record)
            && let Some(data) = frame.data_ref()
        {
            record.bytes += u64::try_from(data.len()).unwrap_or(u64::MAX);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RecordedBody {
    fn drop(&mut self) {
        if let Some(record) = &mut self.record {
            // Of an answer to HEAD nobody reads the body.
            record.is_whole = record.method == Method::HEAD || self.body.is_end_stream();
        }
    }
}

/// A request that is with an application.
#[derive(Debug)]
pub(super) struct UnderWay {
    telemetry: Arc<Telemetry>,
    app: String,
}

impl UnderWay {
    /// Until it is dropped.
    pub(super) fn begin(telemetry: &Arc<Telemetry>, app: &str) -> Self {
        telemetry.metrics.begins(app);
        Self {
            telemetry: Arc::clone(telemetry),
            app: app.to_owned(),
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.telemetry.metrics.ends(&self.app);
    }
}

/// A question to an application, until the head of its answer.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    telemetry: &'a Telemetry,
    app: &'a str,
    began: Instant,
}

impl<'a> Asking<'a> {
    /// It is sent now.
    pub(super) fn begin(telemetry: &'a Telemetry, app: &'a str) -> Self {
        Self {
            telemetry,
            app,
            began: Instant::now(),
        }
    }

    /// It was answered, or not.
    pub(super) fn ended<B>(self, answer: &Result<http::Response<B>, UpstreamError>) {
        let asked = match answer {
            Ok(answer) => Asked::Answered(answer.status().as_u16()),
            Err(error) => Asked::Unanswered(error.reason()),
        };
        let peer = format!("app {}", self.app);
        self.telemetry.metrics.asked(peer, asked, self.began.elapsed());
    }
}
