//! One connection of a browser: TLS where there is a certificate, then HTTP/1.1 or HTTP/2, and the orderly end.

use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use http::Version;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use crate::gateway::answer::recorded_body::RecordedBody;
use crate::gateway::answer::tunnel::RecordedTunnel;
use crate::gateway::browser::client_stream::ClientStream;
use crate::gateway::browser::head_clock::HeadTimer;
use crate::gateway::browser::http2;
use crate::gateway::browser::long_head;
use crate::gateway::browser::long_head::HeadCutter;
use crate::gateway::browser::request_bytes::RequestBytes;
use crate::gateway::browser::request_bytes::SharedState;
use crate::gateway::browser::socket::Presence;
use crate::gateway::browser::socket::Socket;
use crate::gateway::decide::Decide;
use crate::gateway::exchange::Exchange;
use crate::gateway::exchange::HeadRead;
use crate::gateway::listener::Caller;
use crate::gateway::listener::limits::Limits;
use crate::gateway::listener::tls::Spoken;
use crate::gateway::read_through::ReadThrough;
use crate::lifecycle::Phase;
use crate::lifecycle::UnderWay;
use crate::telemetry::limit_label::LimitLabel;
use crate::wire::connection;

/// Serves one connection to its end.
pub(in crate::gateway) async fn serve<D: Decide>(
    exchange: Arc<Exchange<D>>,
    stream: TcpStream,
    caller: Caller,
    under_way: UnderWay,
) {
    let (stream, presence) = Socket::watched(stream);
    let stream = ClientStream::new(stream, caller.rules.limits.write_timeout);
    let ended = match &caller.rules.certificate {
        None => plain(exchange, (stream, presence), caller, under_way).await,
        Some(certificate) => match Box::pin(certificate.accept(stream)).await {
            Ok((stream, Spoken::Http1)) => plain(exchange, (stream, presence), caller, under_way).await,
            Ok((stream, Spoken::Http2)) => Box::pin(http2::serve(exchange, stream, caller, under_way)).await,
            Err(error) => {
                tracing::debug!(%error, "no TLS with a browser");
                return;
            }
        },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a browser's connection ended");
    }
}

/// HTTP/1.1. While the gateway leaves, each answer says that it is the last one here: a connection that was closed without
/// a word would lose the request that is on its way. Once the gateway drains, the exchange under way is the last one; on a
/// connection that comes later still, the first one is. A browser of the time before HTTP/1.1 is answered once: what it sends
/// after a head without a length may be a body to it, and a request to others.
///
/// A browser that closes its side is gone (`half_close` stays off), whatever of its bytes waits: its exchange is dropped.
/// A connection that an answer switched to another protocol is a tunnel from there on, to its end.
///
/// `Date` is added where an application sent none, as RFC 9110, section 6.6.1, asks.
async fn plain<D: Decide, S>(
    exchange: Arc<Exchange<D>>,
    (stream, presence): (S, Presence),
    caller: Caller,
    mut under_way: UnderWay,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &Arc::clone(&caller.rules).limits;
    let (stream, SharedState { opaque, clock, long }) = read_strictly(stream, limits);
    let timer = HeadTimer::new(Arc::clone(&clock), limits);
    let switched = Arc::new(Mutex::new(None));
    let switching = Arc::clone(&switched);
    let (seen, told, peer) = (under_way.clone(), Arc::clone(&exchange), caller.peer());
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let (exchange, caller, seen) = (Arc::clone(&exchange), caller.clone(), seen.clone());
        let (switching, opaque, version) = (Arc::clone(&switching), opaque.clone(), request.version());
        let head_read = if long.is_cut() {
            HeadRead::TooLong
        } else {
            HeadRead::Whole
        };
        // hyper keeps the place of an exchange for as long as the connection lasts: a pointer's, and not a whole exchange's.
        Box::pin(async move {
            let mut answer = exchange.answer(&caller, request, head_read).await;
            if let Ok(answer) = &mut answer
                && let Some(tunnel) = complete(answer, version, seen.phase())
            {
                opaque.begin();
                *lock(&switching) = Some(tunnel);
            }
            answer
        })
    });
    let late = under_way.phase() >= Phase::Draining;
    let connection = http1::Builder::new()
        .header_read_timeout(timer.longest())
        .timer(timer)
        .max_headers(limits.max_fields)
        .max_header_size(longest_head(limits))
        .max_buf_size(longest_head(limits))
        .keep_alive(!late)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = under_way.reached(Phase::Draining), if !late => {
                connection.as_mut().graceful_shutdown();
                connection.as_mut().await
            }
        }
    };
    let ended = tokio::select! {
        biased;
        ended = served => ended,
        () = presence.gone() => return Ok(()),
    };
    if clock.is_late() {
        told.limit_reached(LimitLabel::HeadTimeout, peer);
    }
    let tunnel = lock(&switched).take();
    if let Some(tunnel) = tunnel {
        Box::pin(tunnel.run()).await;
    }
    ended
}

/// The stream as hyper reads it, and what is known about it.
fn read_strictly<S>(
    stream: S,
    limits: &Limits,
) -> (ReadThrough<ReadThrough<S, RequestBytes>, HeadCutter>, SharedState) {
    let around = SharedState::default();
    let bytes = RequestBytes::new(around.clone(), (longest_head(limits), limits.max_fields));
    let (clock, long) = (Arc::clone(&around.clock), Arc::clone(&around.long));
    let cutter = HeadCutter::new(clock, long, limits.max_head);
    (ReadThrough::new(ReadThrough::new(stream, bytes), cutter), around)
}

/// hyper takes a head of `max_head`, or one that was cut, with an end of ours.
fn longest_head(limits: &Limits) -> usize {
    limits.max_head + long_head::LONGEST_END
}

fn lock(tunnel: &Mutex<Option<RecordedTunnel>>) -> MutexGuard<'_, Option<RecordedTunnel>> {
    tunnel.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says where an answer is the last one; or takes from it the other protocol that it switches to.
fn complete(
    answer: &mut http::Response<RecordedBody>,
    asked_in: Version,
    phase: Phase,
) -> Option<RecordedTunnel> {
    let switched = answer.body_mut().switch();
    if switched.is_none() && (phase >= Phase::Leaving || asked_in == Version::HTTP_10) {
        connection::close(answer.headers_mut());
    }
    switched
}
