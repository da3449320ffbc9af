//! The access log: one line for each request when its answer is over, with its numbers in the metrics. Never a query, a
//! field of ours, a form or a body.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::header::HOST;
use http::header::USER_AGENT;
use http::request::Parts;
use tokio::time::Instant;
use tracing::Level;

use crate::gateway::application::upstream_error::UpstreamError;
use crate::gateway::listener::clients::Requesting;
use crate::telemetry::labels::PeerLabel;
use crate::telemetry::labels::route;
use crate::telemetry::line::ACCESS;
use crate::telemetry::metrics::happened::Asked;
use crate::telemetry::metrics::happened::Served;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request_id::RequestId;
use crate::wire::untrusted::Untrusted;

/// One request, until it is told. A browser that hangs up before the answer is told as well, without a status.
#[derive(Debug)]
pub(in crate::gateway) struct Record {
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
    app: Option<Arc<str>>,
    status: Option<StatusCode>,
    bytes: u64,
    ending: AnswerEnd,
    /// How long the head of an answer took that opened something else.
    switched_after: Option<Duration>,
    with_application: Option<WithApplication>,
    requesting: Option<Requesting>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerEnd {
    /// Where it should.
    Whole,
    /// One of the two sides went away.
    BrokenOff,
    /// A WebSocket on which nobody said anything for too long.
    Idle,
    /// With the session that it began with.
    SessionEnded,
}

impl AnswerEnd {
    /// One stable word for what is not well.
    fn reason(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::BrokenOff => Some("broken_off"),
            Self::Idle => Some("idle"),
            Self::SessionEnded => Some("session_ended"),
        }
    }
}

impl Record {
    /// Begins with the head of the request.
    pub(in crate::gateway) fn begin(
        (telemetry, own_paths): (&Arc<Telemetry>, &OwnPaths),
        head: &Parts,
        client: SocketAddr,
        id: &RequestId,
    ) -> Self {
        let path = head.uri.path().split(';').next().unwrap_or_default();
        let agent = || Some(untrusted(head.headers.get(USER_AGENT)?.as_bytes()));
        // Without a line, nobody reads them.
        let is_told = tracing::enabled!(target: ACCESS, Level::INFO);
        Self {
            telemetry: Arc::clone(telemetry),
            began: Instant::now(),
            method: head.method.clone(),
            path: path.to_owned(),
            route: route(own_paths, path),
            request: id.clone(),
            client,
            host: is_told.then(|| host_of(head)).flatten(),
            agent: is_told.then(agent).flatten(),
            app: None,
            status: None,
            bytes: 0,
            ending: AnswerEnd::BrokenOff,
            switched_after: None,
            with_application: None,
            requesting: None,
        }
    }

    /// Counts among the requests of its client until it is told.
    pub(in crate::gateway) fn of(mut self, requesting: Option<Requesting>) -> Self {
        self.requesting = requesting;
        self
    }

    /// The head of the answer is there.
    pub(in crate::gateway) fn answered(
        mut self,
        app: Option<&Arc<str>>,
        status: StatusCode,
        with_application: Option<WithApplication>,
    ) -> Self {
        self.app = app.cloned();
        self.status = Some(status);
        self.with_application = with_application;
        self
    }

    /// Another protocol was agreed to.
    pub(super) fn switched(mut self) -> Self {
        self.switched_after = Some(self.began.elapsed());
        self
    }

    /// So many bytes more went to the browser.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// It is over, in this way.
    pub(super) fn ended(&mut self, ending: AnswerEnd) {
        self.ending = ending;
    }

    /// Nobody reads the body of the answer to `HEAD`.
    pub(super) fn asked_for_a_head(&self) -> bool {
        self.method == Method::HEAD
    }

    fn tell(&self) {
        let elapsed = self.began.elapsed();
        let served = Served {
            method: &self.method,
            route: self.route,
            app: self.app.as_ref(),
            status: self.status.map(|status| status.as_u16()),
        };
        // Hours of a WebSocket say nothing about how fast an application answers.
        let answered_after = self.switched_after.unwrap_or(elapsed);
        self.telemetry.metrics.served(served, answered_after);
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
            outcome = if self.ending == AnswerEnd::Whole { "success" } else { "failure" },
            reason = self.ending.reason(),
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
    Some(untrusted(named))
}

fn untrusted(bytes: &[u8]) -> Untrusted {
    Untrusted::new(&String::from_utf8_lossy(bytes))
}

impl Drop for Record {
    fn drop(&mut self) {
        self.tell();
    }
}

/// A request that is with an application.
#[derive(Debug)]
pub(in crate::gateway) struct WithApplication {
    telemetry: Arc<Telemetry>,
    app: Arc<str>,
}

impl WithApplication {
    /// Until it is dropped.
    pub(in crate::gateway) fn begin(telemetry: &Arc<Telemetry>, app: &Arc<str>) -> Self {
        telemetry.metrics.begins(app);
        Self {
            telemetry: Arc::clone(telemetry),
            app: Arc::clone(app),
        }
    }
}

impl Drop for WithApplication {
    fn drop(&mut self) {
        self.telemetry.metrics.ends(&self.app);
    }
}

/// A question to an application, until the head of its answer.
#[derive(Debug)]
pub(in crate::gateway) struct Asking<'a> {
    telemetry: &'a Telemetry,
    app: &'a Arc<str>,
    began: Instant,
}

impl<'a> Asking<'a> {
    /// It is sent now.
    pub(in crate::gateway) fn begin(telemetry: &'a Telemetry, app: &'a Arc<str>) -> Self {
        Self {
            telemetry,
            app,
            began: Instant::now(),
        }
    }

    /// It was answered, or not.
    pub(in crate::gateway) fn ended<B>(self, answer: &Result<http::Response<B>, UpstreamError>) {
        let asked = match answer {
            Ok(answer) => Asked::Answered(answer.status().as_u16()),
            Err(error) => Asked::Unanswered(error.reason()),
        };
        let peer = PeerLabel::App(Arc::clone(self.app));
        self.telemetry.metrics.asked(peer, asked, self.began.elapsed());
    }
}
