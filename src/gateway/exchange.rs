//! One request: read its head, ask the pipeline, answer or forward.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header::ALLOW;
use http::header::EXPECT;
use http::request::Parts;
use http_body::Body;
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use crate::endpoints::ends_session::AgreedSignOut;
use crate::endpoints::failure::Failure;
use crate::gateway::answer::access_line::Asking;
use crate::gateway::answer::access_line::Record;
use crate::gateway::answer::access_line::WithApplication;
use crate::gateway::answer::answer_body::AnswerBody;
use crate::gateway::answer::recorded_body::RecordedBody;
use crate::gateway::answer::sign_out;
use crate::gateway::answer::upgrade;
use crate::gateway::answer::vigil::Lookout;
use crate::gateway::answer::vigil::Vigil;
use crate::gateway::application::answer_stream::AnswerStream;
use crate::gateway::application::app_cookies;
use crate::gateway::application::location;
use crate::gateway::application::upstream::Upstreams;
use crate::gateway::application::upstream_response;
use crate::gateway::body::body_error::BodyError;
use crate::gateway::body::request_body::Expectation;
use crate::gateway::body::request_body::RequestBody;
use crate::gateway::decide::Decide;
use crate::gateway::listener::Caller;
use crate::gateway::listener::clients::Clients;
use crate::gateway::listener::clients::Requesting;
use crate::gateway::live::Live;
use crate::gateway::whole;
use crate::gateway::whole::BrokeOff;
use crate::pipeline::Forward;
use crate::pipeline::Outcome;
use crate::routing::app::App;
use crate::seal;
use crate::telemetry::audit::event::Source;
use crate::telemetry::limit_label::LimitLabel;
use crate::wire::client_address::Provenance;
use crate::wire::connection;
use crate::wire::framing;
use crate::wire::request::Request;
use crate::wire::request::RequestError;
use crate::wire::request::SERVED_METHODS;
use crate::wire::request_id::RequestId;
use crate::wire::response::Response;

/// How long a form for us may take.
const FORM_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers requests, with the connections to applications of one thread.
#[derive(Debug)]
pub(super) struct Exchange<D> {
    live: Arc<Live<D>>,
    upstreams: Upstreams,
    clients: Arc<Clients>,
}

/// How much there is of the head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadRead {
    /// All of it.
    Whole,
    /// Longer than it may be, or with more fields; some may be missing. It is answered, and nothing else.
    TooLong,
}

/// An answer, and whose it is for the log.
struct Answered {
    response: http::Response<AnswerBody>,
    app: Option<Arc<App>>,
    with_application: Option<WithApplication>,
}

/// What is known of a request before it is read: all that a refusal needs.
#[derive(Clone, Copy)]
struct Received<'a> {
    head: &'a Parts,
    provenance: Provenance,
    /// The reference under which it is answered.
    id: &'a RequestId,
}

/// What comes after the head of a request.
struct Rest<'a> {
    body: RequestBody,
    /// The connection, should it switch to another protocol.
    upgrade: OnUpgrade,
    /// Counts it among those of its client.
    requesting: &'a Requesting,
}

/// What is left of the connection after an answer of ours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Afterwards {
    /// The request was read to its end.
    Stays,
    /// Its end was not read, or is not known.
    Closes,
}

impl Afterwards {
    fn of(body: &RequestBody) -> Self {
        if body.is_end_stream() {
            Self::Stays
        } else {
            Self::Closes
        }
    }
}

impl<D: Decide> Exchange<D> {
    /// Everything that one thread needs.
    pub(super) fn new(live: Arc<Live<D>>, upstreams: Upstreams, clients: Arc<Clients>) -> Self {
        Self {
            live,
            upstreams,
            clients,
        }
    }

    /// Who is connected.
    pub(super) fn clients(&self) -> &Arc<Clients> {
        &self.clients
    }

    /// A connection was ended by one of its limits.
    pub(super) fn limit_reached(&self, limit: LimitLabel, peer: SocketAddr) {
        self.live.load().telemetry().metrics.limited(limit);
        let (limit, client) = (limit.key(), peer.ip().to_canonical());
        tracing::info!(limit, %client, "a connection was ended: it reached a limit");
    }

    /// The answer to one request, and its line in the access log: never a query, a field or a body.
    pub(super) async fn answer(
        &self,
        caller: &Caller,
        mut request: http::Request<Incoming>,
        head_read: HeadRead,
    ) -> Result<http::Response<RecordedBody>, Infallible> {
        let upgrade = hyper::upgrade::on(&mut request);
        let (head, incoming) = request.into_parts();
        let Ok(id) = seal::random_number().map(RequestId::of) else {
            tracing::error!("no random bytes from the system");
            let mut response = http::Response::new(RecordedBody::unrecorded(Bytes::new()));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return Ok(response);
        };
        let decide = self.live.load();
        let provenance = caller.provenance(&head.headers);
        let telling = (decide.telemetry(), decide.own_paths());
        let record = Record::begin(telling, &head, provenance.client, &id);
        let body = RequestBody::new(incoming, expectation(&head), &caller.rules.limits);
        let requesting = caller.request(provenance.client);
        let received = Received {
            head: &head,
            provenance,
            id: &id,
        };
        let mut answered = match (head_read, &requesting) {
            (HeadRead::TooLong, _) => refused(&*decide, received, &Failure::HeadTooLong),
            (HeadRead::Whole, None) => refused(&*decide, received, &Failure::TooManyRequests),
            (HeadRead::Whole, Some(requesting)) => {
                let longest_form = caller.rules.limits.max_form;
                let rest = Rest {
                    body,
                    upgrade,
                    requesting,
                };
                let deciding = pin!(self.decided(&decide, received, rest, longest_form));
                match whole::or_broken_off(deciding).await {
                    Ok(answered) => answered,
                    Err(BrokeOff) => broken_off(&*decide, received),
                }
            }
        };
        caller.sign(answered.response.headers_mut());
        let app = answered.app.as_ref().map(|app| &app.name);
        let record = record.answered(app, answered.response.status(), answered.with_application);
        let record = record.of(requesting);
        Ok(answered.response.map(|body| RecordedBody::new(body, record)))
    }

    async fn decided(
        &self,
        decide: &Arc<D>,
        received: Received<'_>,
        rest: Rest<'_>,
        longest_form: usize,
    ) -> Answered {
        let Received { head, provenance, id } = received;
        let Rest { body, .. } = rest;
        let refuse = |failure: &Failure| refused(&**decide, received, failure);
        if let Err(error) = framing::refuse_ambiguous(&head.headers) {
            body.abandon();
            return refuse(&Failure::BadRequest(error.into()));
        }
        // Before the head is read as a browser's: `Host`, address and length are the proxy's, and no body of it is waited for.
        if decide.own_paths().is_forward_auth(head.uri.path()) {
            let answer = Box::pin(decide.decide_alone(head, provenance.peer, id)).await;
            return Answered::own(answer, Afterwards::of(&body));
        }
        let mut request = match Request::parse(head, provenance, id.clone()) {
            Ok(request) => Box::new(request),
            Err(RequestError::AboutTheServer) => {
                return Answered::own(about_the_server(), Afterwards::of(&body));
            }
            Err(error) => return refuse(&Failure::BadRequest(error)),
        };
        let mut body = Some(body);
        if decide.wants_form(&request)
            && let Some(form) = body.take()
        {
            match Box::pin(read_form(form, longest_form)).await {
                Ok(form) => request.form = form,
                Err(failure) => return refuse(&failure),
            }
        }
        let body = body.unwrap_or_else(RequestBody::none);
        let afterwards = Afterwards::of(&body);
        match Arc::clone(decide).handle(request).await {
            Outcome::Answer(answer) => Answered::own(answer, afterwards),
            Outcome::Forward(forward) => {
                let rest = Rest { body, ..rest };
                self.forwarded(&**decide, forward, rest, afterwards).await
            }
        }
    }

    async fn forwarded(
        &self,
        decide: &D,
        forward: Box<Forward>,
        rest: Rest<'_>,
        afterwards: Afterwards,
    ) -> Answered {
        let body = rest.body.at_most(forward.app.max_body);
        if body.says_too_much() {
            return Answered {
                app: Some(Arc::clone(&forward.app)),
                ..Answered::own(decide.fail(&forward, &Failure::BodyTooLong), Afterwards::Closes)
            };
        }
        let telemetry = decide.telemetry();
        let app = Arc::clone(&forward.app);
        let with_application = WithApplication::begin(telemetry, &forward.app.name);
        let sent = Asking::begin(telemetry, &forward.app.name);
        let sign_out = decide.signs_out(&forward);
        let answer = self.upstreams.send(&forward, body, rest.requesting).await;
        let said = answer.as_ref().ok().map(http::Response::status);
        let sign_out = sign_out.and_then(|sign_out| sign_out.answered(said));
        sent.ended(&answer);
        let answered = match answer {
            Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                Answered::of(upgrade::switch(forward, answer, rest.upgrade, self.lookout()))
            }
            Ok(answer) => Answered::of(self.relayed(forward, sign_out, answer).await),
            Err(error) => {
                tracing::warn!(
                    app = &*forward.app.name,
                    request = forward.request.id.as_str(),
                    reason = error.chain(),
                    "no answer from the application"
                );
                Answered::own(decide.fail(&forward, &error.failure()), afterwards)
            }
        };
        Answered {
            app: Some(app),
            with_application: Some(with_application),
            ..answered
        }
    }

    /// The application's answer for the browser.
    async fn relayed(
        &self,
        forward: Box<Forward>,
        sign_out: Option<AgreedSignOut>,
        answer: http::Response<AnswerStream>,
    ) -> http::Response<AnswerBody> {
        let mut response = upstream_response::relay(answer, forward.cache, AnswerBody::relayed);
        app_cookies::towards_browser(&forward, response.headers_mut());
        location::make_public(&forward, response.headers_mut());
        if let Some(sign_out) = sign_out {
            response = sign_out::follow_up(sign_out, response).await;
        }
        response.map(|body| body.watched(|| Vigil::over(self.lookout(), forward)))
    }

    fn lookout(&self) -> Arc<dyn Lookout> {
        Arc::<Live<D>>::clone(&self.live)
    }
}

impl Answered {
    fn of(response: http::Response<AnswerBody>) -> Self {
        Self {
            response,
            app: None,
            with_application: None,
        }
    }

    fn own(answer: Response, afterwards: Afterwards) -> Self {
        let mut response = http::Response::new(AnswerBody::Own(Full::new(answer.body)));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        if afterwards == Afterwards::Closes {
            connection::close(response.headers_mut());
        }
        Self::of(response)
    }
}

/// A head that is no request, a form that cannot be read, or one too many: each is worth an event.
fn refused<D: Decide>(decide: &D, received: Received<'_>, failure: &Failure) -> Answered {
    let source = Source::unread(received.id, received.provenance.client);
    decide.telemetry().audit(&source, &failure.event(None));
    Answered::own(
        decide.refuse(received.head, received.id, failure),
        Afterwards::Closes,
    )
}

/// The answer where the gateway itself broke off: an application that was asked is not waited for any more.
fn broken_off<D: Decide>(decide: &D, received: Received<'_>) -> Answered {
    decide.telemetry().metrics.panicked();
    let failure = Failure::Internal("the answer broke off in the middle: a defect of the gateway");
    Answered::own(
        decide.refuse(received.head, received.id, &failure),
        Afterwards::Closes,
    )
}

/// What the server can do at all (RFC 9110, section 9.3.7): which methods, whatever a path then says.
fn about_the_server() -> Response {
    Response {
        status: StatusCode::NO_CONTENT,
        headers: HeaderMap::from_iter([(ALLOW, HeaderValue::from_static(SERVED_METHODS))]),
        body: Bytes::new(),
    }
}

/// Read by `Request::parse` as well, which refuses every other expectation.
fn expectation(head: &Parts) -> Expectation {
    if head.headers.contains_key(EXPECT) {
        Expectation::Continue
    } else {
        Expectation::None
    }
}

async fn read_form(body: RequestBody, longest: usize) -> Result<Bytes, Failure> {
    let body = body.at_most(u64::try_from(longest).ok());
    if body.says_too_much() {
        return Err(Failure::FormTooLong);
    }
    match tokio::time::timeout(FORM_TIMEOUT, body.collect()).await {
        Ok(Ok(form)) => Ok(form.to_bytes()),
        Ok(Err(BodyError::TooLong)) => Err(Failure::FormTooLong),
        Ok(Err(BodyError::Slow)) => Err(Failure::BodyTooSlow),
        Ok(Err(BodyError::Still)) | Err(_) => Err(Failure::BodyStill),
        Ok(Err(_)) => Err(Failure::BadRequestBody),
    }
}
