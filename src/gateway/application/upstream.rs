//! Sends a request to its application: which server, a kept connection or a new one, and the one repetition.
//!
//! Where no byte of a request had left, it goes elsewhere whatever it is: to a new connection, or to another server if none
//! can be opened to this one. A request that died on a kept connection before any byte of the answer came is sent once more
//! on a new one if it is idempotent and has no body. Otherwise never: an application might do a thing twice.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http::Response;
use http::StatusCode;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::gateway::application::answer_stream::AnswerStream;
use crate::gateway::application::ask::NoAnswer;
use crate::gateway::application::ask::Patience;
use crate::gateway::application::choice;
use crate::gateway::application::choice::Turns;
use crate::gateway::application::connect::Connection;
use crate::gateway::application::pool::Place;
use crate::gateway::application::pool::Pool;
use crate::gateway::application::servers::Servers;
use crate::gateway::application::servers::Table;
use crate::gateway::application::upstream_error::UpstreamError;
use crate::gateway::application::upstream_request;
use crate::gateway::body::request_body::RequestBody;
use crate::gateway::listener::clients::Requesting;
use crate::pipeline::Forward;
use crate::routing::app::App;
use crate::routing::upstream::Upstream;

/// The pools of one thread: a connection lives and dies on the thread that opened it.
#[derive(Debug)]
pub(in crate::gateway) struct Upstreams {
    servers: Arc<Servers>,
    pools: Table<Pool>,
}

/// A request on its way, and what may still be done for it.
struct Sending<'a> {
    forward: &'a Forward,
    client: &'a Requesting,
    patience: Patience,
    repetition: Repetition,
}

/// Whether a request may be sent once more that died with a kept connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repetition {
    /// It is idempotent and has no body.
    Once,
    /// It is not, or it was sent once more already.
    Never,
}

/// Why a server gave no answer.
enum Missed {
    /// No connection: nothing was sent, and another server may be tried.
    Unsent(UpstreamError, Box<Request<RequestBody>>),
    /// Anything else.
    Failed(UpstreamError),
}

impl Upstreams {
    /// No pool yet; each comes with the first request for its upstream.
    pub(in crate::gateway) fn new(servers: Arc<Servers>) -> Self {
        Self {
            servers,
            pools: Table::default(),
        }
    }

    /// The answer of the application to a request of this client, once its head is there.
    pub(in crate::gateway) async fn send(
        &self,
        forward: &Forward,
        body: RequestBody,
        client: &Requesting,
    ) -> Result<Response<AnswerStream>, UpstreamError> {
        let ranked;
        let servers = match forward.app.upstreams() {
            one @ ([] | [_]) => one,
            _several => {
                ranked = choice::ranked(forward);
                &ranked
            }
        };
        let mut turns = Turns::of(servers);
        // Where there is no choice, nobody asks.
        let is_up =
            |server: &Arc<Upstream>| servers.len() == 1 || self.pool(&forward.app, server).may_be_tried();
        let mut server = turns
            .next(is_up)
            .ok_or_else(|| UpstreamError::Connect("no server is configured".into()))?;
        let limits = &server.limits;
        let body = body.may_idle(limits.idle_timeout);
        let mut sending = Sending::of((forward, client), server, &body);
        let request = upstream_request::build(forward, server, body);
        let mut request = Box::new(request.map_err(UpstreamError::Unwritable)?);
        let mut within = limits.connect_timeout;
        // The first choice may take all of it; whoever is tried in its place, as long again together.
        let mut further = None;
        loop {
            let pool = self.pool(&forward.app, server);
            let error = match sending.attempt((server, pool), request, within).await {
                Ok(answer) => return Ok(answer),
                Err(Missed::Failed(error)) => {
                    if servers.len() > 1 {
                        tell(forward, server);
                    }
                    return Err(error);
                }
                Err(Missed::Unsent(error, unsent)) => {
                    request = unsent;
                    error
                }
            };
            let end = *further.get_or_insert_with(|| Instant::now() + server.limits.connect_timeout);
            within = end.saturating_duration_since(Instant::now());
            server = match turns.next(is_up) {
                Some(next) if !within.is_zero() => next,
                _ => return Err(error),
            };
            upstream_request::readdress(&mut request, forward, server).map_err(UpstreamError::Unwritable)?;
        }
    }

    fn pool(&self, app: &App, upstream: &Arc<Upstream>) -> Arc<Pool> {
        self.pools.get(upstream, || {
            Pool::new(upstream.limits.keep_alive, self.servers.get(app, upstream))
        })
    }
}

/// With whom a request ended without an answer, for whoever looks for its number; why, is said by the next line.
fn tell(forward: &Forward, server: &Upstream) {
    tracing::info!(
        app = &*forward.app.name,
        request = forward.request.id.as_str(),
        upstream = %server.address,
        "the request was with this server"
    );
}

impl<'a> Sending<'a> {
    fn of((forward, client): (&'a Forward, &'a Requesting), server: &Upstream, body: &RequestBody) -> Self {
        let repetition = if body.is_end_stream() && forward.request.method.is_idempotent() {
            Repetition::Once
        } else {
            Repetition::Never
        };
        Self {
            forward,
            client,
            patience: Patience {
                response_timeout: server.limits.response_timeout,
                end: server.limits.total_timeout.map(|within| Instant::now() + within),
                upload: body.upload(),
                method: forward.request.method.clone(),
            },
            repetition,
        }
    }

    /// Asks one server: over a kept connection if there is one, then over a new one where that may be.
    async fn attempt(
        &mut self,
        (server, pool): (&Upstream, Arc<Pool>),
        request: Box<Request<RequestBody>>,
        within: Duration,
    ) -> Result<Response<AnswerStream>, Missed> {
        let mut place = pool.enter().map_err(Missed::Failed)?;
        let request = match pool.take() {
            None => request,
            Some(kept) => match self.patience.ask(kept, request, (&mut place, self.client)).await {
                Ok(answered) => {
                    pool.answered();
                    return self
                        .finish(answered, &pool, place, server)
                        .map_err(Missed::Failed);
                }
                Err(NoAnswer::Unsent(request)) => request,
                Err(NoAnswer::Died(error)) => self.once_more(server, error).map_err(Missed::Failed)?,
                Err(NoAnswer::Failed(error)) => return Err(Missed::Failed(error)),
            },
        };
        let fresh = match Box::pin(pool.open(server, within)).await {
            Ok(fresh) => fresh,
            Err(error) => return Err(Missed::Unsent(error, request)),
        };
        match self.patience.ask(fresh, request, (&mut place, self.client)).await {
            Ok(answered) => self
                .finish(answered, &pool, place, server)
                .map_err(Missed::Failed),
            Err(NoAnswer::Unsent(request)) => Err(Missed::Unsent(
                UpstreamError::Connect("closed at once".into()),
                request,
            )),
            Err(NoAnswer::Died(error)) => Err(Missed::Failed(UpstreamError::Closed(error))),
            Err(NoAnswer::Failed(error)) => Err(Missed::Failed(error)),
        }
    }

    /// The same request again, if it may be.
    fn once_more(
        &mut self,
        server: &Upstream,
        error: hyper::Error,
    ) -> Result<Box<Request<RequestBody>>, UpstreamError> {
        if self.repetition == Repetition::Never {
            return Err(UpstreamError::IdleClosed(error));
        }
        self.repetition = Repetition::Never;
        tracing::debug!("idle connection closed by the application; sent again on a new one");
        let nothing = RequestBody::none();
        let request = upstream_request::build(self.forward, server, nothing);
        request.map(Box::new).map_err(UpstreamError::Unwritable)
    }

    fn finish(
        &self,
        (connection, answer): (Connection, Response<Incoming>),
        pool: &Arc<Pool>,
        place: Place,
        server: &Upstream,
    ) -> Result<Response<AnswerStream>, UpstreamError> {
        let idle_timeout = match (&self.forward.request.handshake, answer.status()) {
            (Some(handshake), StatusCode::SWITCHING_PROTOCOLS)
                if handshake.is_agreed_to(answer.headers()) =>
            {
                server.limits.websocket_idle_timeout
            }
            (_, StatusCode::SWITCHING_PROTOCOLS) => return Err(UpstreamError::SwitchedProtocols),
            _ => server.limits.idle_timeout,
        };
        let back = self.patience.afterwards(&answer, pool);
        // Nobody follows a handshake: what the application makes of the bytes after it is its affair.
        let back = back.filter(|_| self.forward.request.handshake.is_none());
        let back = back.map(|pool| (connection, pool));
        let bounds = (idle_timeout, self.patience.end);
        Ok(answer.map(|incoming| AnswerStream::new(incoming, bounds, back, place)))
    }
}
