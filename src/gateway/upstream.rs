//! Sends a request to its application: a kept connection or a new one, and the one retry.
//!
//! A request that died on a kept connection before any byte of the answer came is sent once more on a new one if it is
//! idempotent and has no body; one of which no byte had left goes to a new one in any case. Otherwise never: an application
//! might do a thing twice.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;

use http::Response;
use http::StatusCode;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::sync::Semaphore;

use crate::gateway::answer_stream::AnswerStream;
use crate::gateway::ask::NoAnswer;
use crate::gateway::ask::Patience;
use crate::gateway::connect::Connection;
use crate::gateway::connect::Connector;
use crate::gateway::pool::Place;
use crate::gateway::pool::Pool;
use crate::gateway::request_body::RequestBody;
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
        let upstream = &forward.upstream;
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
    Ok(answer.map(|incoming| {
        let back = pool.map(|pool| (connection, pool));
        AnswerStream::new(incoming, upstream.limits.idle_timeout, back, place)
    }))
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
