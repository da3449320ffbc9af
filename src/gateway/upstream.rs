//! Sends a request to its application and brings the head of the answer: timers, bounds, and the one retry.
//!
//! A request that died on a kept connection before any byte of the answer came is sent once more on a new one if it is
//! idempotent and has no body; one of which no byte had left goes to a new one in any case. Otherwise never: an application
//! might do a thing twice.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::Version;
use http::header::CONTENT_LENGTH;
use http::header::TRANSFER_ENCODING;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::gateway::body_error::BodyError;
use crate::gateway::connect::Connection;
use crate::gateway::connect::Connector;
use crate::gateway::idle::Idle;
use crate::gateway::pool::Place;
use crate::gateway::pool::Pool;
use crate::gateway::request_body::Fault;
use crate::gateway::request_body::RequestBody;
use crate::gateway::request_body::Upload;
use crate::gateway::upstream_error::UpstreamError;
use crate::gateway::upstream_request;
use crate::pipeline::Forward;
use crate::routing::upstream::Upstream;

/// What the threads have in common: the bounds of each upstream, and the roots of TLS.
#[derive(Debug, Default)]
pub(super) struct Shared {
    connector: Connector,
    places: Table<Semaphore>,
}

/// The pools of one thread: a connection lives and dies on the thread that opened it.
#[derive(Debug)]
pub(super) struct Upstreams {
    shared: Arc<Shared>,
    pools: Table<Pool>,
}

impl Upstreams {
    /// No pool yet; each comes with the first request for its upstream.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            pools: Table::default(),
        }
    }

    /// The answer of the application, once its head is there.
    pub(super) async fn send(
        &self,
        forward: &Forward,
        body: RequestBody,
    ) -> Result<Response<AnswerStream>, UpstreamError> {
        let upstream = &forward.app.upstream;
        let pool = self.pool(upstream);
        let place = pool.enter()?;
        let body = body.may_idle(upstream.limits.idle_timeout);
        let upload = body.upload();
        let repeatable = body.is_end_stream() && forward.request.method.is_idempotent();
        let request = upstream_request::build(forward, body).map_err(UpstreamError::Unwritable)?;
        let patience = Patience {
            response_timeout: upstream.limits.response_timeout,
            upload,
            method: forward.request.method.clone(),
        };

        let request = match pool.take() {
            None => request,
            Some(kept) => match patience.ask(kept, request).await {
                Ok(answered) => {
                    let back = patience.afterwards(&answered.1, &pool);
                    return finish(answered, back, place, upstream);
                }
                Err(NoAnswer::Unsent(request)) => *request,
                Err(NoAnswer::Died(_)) if repeatable => {
                    tracing::debug!("idle connection closed by the application; sent again on a new one");
                    let nothing = RequestBody::none();
                    upstream_request::build(forward, nothing).map_err(UpstreamError::Unwritable)?
                }
                Err(NoAnswer::Died(error)) => return Err(UpstreamError::IdleClosed(error)),
                Err(NoAnswer::Failed(error)) => return Err(error),
            },
        };
        let fresh = self.shared.connector.open(upstream).await?;
        match patience.ask(fresh, request).await {
            Ok(answered) => {
                let back = patience.afterwards(&answered.1, &pool);
                finish(answered, back, place, upstream)
            }
            Err(NoAnswer::Unsent(_)) => Err(UpstreamError::Connect("closed at once".into())),
            Err(NoAnswer::Died(error)) => Err(UpstreamError::Closed(error)),
            Err(NoAnswer::Failed(error)) => Err(error),
        }
    }

    fn pool(&self, upstream: &Arc<Upstream>) -> Arc<Pool> {
        self.pools.get(upstream, || {
            let places = self
                .shared
                .places
                .get(upstream, || Semaphore::new(upstream.limits.max_connections));
            Pool::new(upstream.limits.keep_alive, places)
        })
    }
}

fn finish(
    (connection, answer): (Connection, Response<Incoming>),
    pool: Option<Arc<Pool>>,
    place: Place,
    upstream: &Upstream,
) -> Result<Response<AnswerStream>, UpstreamError> {
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(UpstreamError::SwitchedProtocols);
    }
    Ok(answer.map(|incoming| AnswerStream {
        incoming,
        idle: Idle::new(upstream.limits.idle_timeout),
        end: End::NotYet,
        back: pool.map(|pool| (connection, pool)),
        _place: place,
    }))
}

/// How long an answer is waited for.
struct Patience {
    response_timeout: Duration,
    upload: Option<Arc<Upload>>,
    method: Method,
}

enum NoAnswer {
    /// No byte of it had left.
    Unsent(Box<Request<RequestBody>>),
    /// The connection ended before any byte of an answer came.
    Died(hyper::Error),
    /// Anything else.
    Failed(UpstreamError),
}

impl Patience {
    /// Where the connection goes after the answer. An application that answers without reading a body may take it for the
    /// next request: what one visitor sent would be answered to another. So nobody follows a body.
    ///
    /// Nor an answer of which the application may send content all the same where none belongs (RFC 9112, section 6.3): that
    /// would be read as the answer to whoever comes next. Nor an answer in HTTP/1.0: hyper would speak that from then on, and
    /// leave away a body whose length is not known.
    fn afterwards(&self, answer: &Response<Incoming>, pool: &Arc<Pool>) -> Option<Arc<Pool>> {
        let is_over = self.upload.is_none() && self.method != Method::HEAD && !says_too_much(answer);
        (is_over && answer.version() == Version::HTTP_11).then(|| Arc::clone(pool))
    }

    async fn ask(
        &self,
        mut connection: Connection,
        request: Request<RequestBody>,
    ) -> Result<(Connection, Response<Incoming>), NoAnswer> {
        let heard_before = connection.heard.bytes();
        let answer = {
            let sending = connection.sender.try_send_request(request);
            tokio::select! {
                answer = sending => answer,
                () = self.ends() => return Err(NoAnswer::Failed(UpstreamError::ResponseTimeout)),
            }
        };
        let mut failed = match answer {
            Ok(answer) => return Ok((connection, answer)),
            Err(failed) => failed,
        };
        if let Some(request) = failed.take_message() {
            return Err(NoAnswer::Unsent(Box::new(request)));
        }
        let error = failed.into_error();
        match self.upload.as_ref().and_then(|upload| upload.fault()) {
            Some(Fault::Broken) => return Err(NoAnswer::Failed(UpstreamError::RequestBodyBroken)),
            Some(Fault::Still) => return Err(NoAnswer::Failed(UpstreamError::RequestBodyStill)),
            None => {}
        }
        Err(if error.is_parse() {
            NoAnswer::Failed(UpstreamError::Invalid(error))
        } else if connection.heard.bytes() == heard_before {
            NoAnswer::Died(error)
        } else {
            NoAnswer::Failed(UpstreamError::Closed(error))
        })
    }

    /// `response_timeout` after the head was sent, or after the last part of the body: a long upload that moves is no
    /// delay of the application.
    async fn ends(&self) {
        let asked_at = Instant::now();
        loop {
            let moved_at = self.upload.as_ref().map_or(asked_at, |upload| upload.moved_at());
            let end = moved_at.max(asked_at) + self.response_timeout;
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

/// Whether an answer that has no content announces some.
fn says_too_much<B>(answer: &Response<B>) -> bool {
    let has_none = matches!(answer.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = answer.headers().get(CONTENT_LENGTH);
    has_none
        && (length.is_some_and(|length| length != "0") || answer.headers().contains_key(TRANSFER_ENCODING))
}

/// The body of an answer. When it was read to its end, the connection goes back to its pool; otherwise it is closed.
#[derive(Debug)]
pub(super) struct AnswerStream {
    incoming: Incoming,
    idle: Idle,
    end: End,
    back: Option<(Connection, Arc<Pool>)>,
    _place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    NotYet,
    Reached,
    TooEarly,
}

impl Body for AnswerStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if this.end != End::NotYet {
            return Poll::Ready(None);
        }
        loop {
            return match Pin::new(&mut this.incoming).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) if frame.is_data() => {
                    this.idle.moved();
                    Poll::Ready(Some(Ok(frame)))
                }
                // Trailers: the end comes after them.
                Poll::Ready(Some(Ok(_))) => continue,
                Poll::Ready(Some(Err(error))) => this.cut(BodyError::Broken(error)),
                Poll::Ready(None) => {
                    this.end = End::Reached;
                    Poll::Ready(None)
                }
                Poll::Pending => {
                    std::task::ready!(this.idle.poll_still(cx));
                    this.cut(BodyError::Still)
                }
            };
        }
    }

    fn is_end_stream(&self) -> bool {
        self.end == End::Reached || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl AnswerStream {
    fn cut(&mut self, error: BodyError) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        tracing::warn!(%error, "the answer of an application ended too early");
        self.end = End::TooEarly;
        Poll::Ready(Some(Err(error)))
    }
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        if let (true, Some((connection, pool))) = (self.is_end_stream(), self.back.take()) {
            pool.put(connection);
        }
    }
}

/// One value for each upstream that is still configured. Few entries, found by address.
#[derive(Debug)]
struct Table<T>(Mutex<Vec<(Weak<Upstream>, Arc<T>)>>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Table<T> {
    fn get(&self, upstream: &Arc<Upstream>, make: impl FnOnce() -> T) -> Arc<T> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Arc::as_ptr(upstream);
        if let Some((_, value)) = entries.iter().find(|(each, _)| std::ptr::eq(each.as_ptr(), key)) {
            return Arc::clone(value);
        }
        entries.retain(|(each, _)| each.strong_count() > 0);
        let value = Arc::new(make());
        entries.push((Arc::downgrade(upstream), Arc::clone(&value)));
        value
    }
}
