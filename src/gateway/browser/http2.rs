//! One HTTP/2 connection of a browser (RFC 9113): hyper's server on a stream, its bounds, and its orderly end.
//!
//! hyper refuses what is malformed: fields of a connection, `te` other than `trailers`, a length that the content does not
//! have, pseudo-fields out of order. `CONNECT` in its extended form is not offered.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::COOKIE;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

use crate::gateway::browser::frame_meter::FrameMeter;
use crate::gateway::browser::frame_meter::Reached;
use crate::gateway::browser::frame_meter::meter::HeadBounds;
use crate::gateway::browser::streams::HeldBody;
use crate::gateway::browser::streams::Streams;
use crate::gateway::decide::Decide;
use crate::gateway::exchange::Exchange;
use crate::gateway::exchange::HeadRead;
use crate::gateway::listener::Caller;
use crate::gateway::listener::limits::Limits;
use crate::gateway::read_through::ReadThrough;
use crate::lifecycle::Phase;
use crate::lifecycle::UnderWay;
use crate::telemetry::limit_label::LimitLabel;
use crate::wire::field;

/// Most of one body, and of all of them, that a browser sends before an application read it.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Most of one answer that waits in memory for the browser.
const SEND_BUFFER: usize = 64 * 1024;
/// Streams that a browser opened and reset before we looked at them (CVE-2023-44487).
const MOST_RESET_AT_ONCE: usize = 20;
/// How often a browser has to show that it is there, and how long it may take.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// Longest list of fields that is read at all, each with 32 bytes of its own; beyond it the engine's bare 431. Longer than
/// `max_head`, so that whoever has planted cookies can be told of them: one connection reads one such list at a time, and
/// [`FrameMeter`] bounds what is dear about them, the number of fields and that of long lists.
const LONGEST_LIST: u32 = 512 * 1024;
/// More cookies than any browser keeps for one site.
const MOST_COOKIES: usize = 400;
/// What every request says about itself (RFC 9113, section 8.3.1).
const PSEUDO_FIELDS: usize = 4;
/// How long after its last answer a browser may take to go, once it was told to.
const TIME_TO_GO: Duration = Duration::from_secs(5);

/// Serves one connection to its end. Once the gateway leaves, the browser is told (GOAWAY) that no new request is taken,
/// and those that are under way are answered; on a connection that comes later still, its first ones are.
pub(in crate::gateway) async fn serve<D: Decide, S>(
    exchange: Arc<Exchange<D>>,
    stream: S,
    caller: Caller,
    mut under_way: UnderWay,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let streams = Arc::new(Streams::default());
    let opened = Arc::clone(&streams);
    let (rules, told, peer) = (Arc::clone(&caller.rules), Arc::clone(&exchange), caller.peer());
    let limits = &rules.limits;
    let (stream, reached) = metered(stream, &caller);
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let open = opened.open();
        let (exchange, caller) = (Arc::clone(&exchange), caller.clone());
        async move {
            let head_read = judge(request.headers(), &caller.rules.limits);
            let answer = exchange.answer(&caller, request, head_read).await?;
            Ok::<_, Infallible>(answer.map(|body| HeldBody::new(body, open)))
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2.streams)
        .max_header_list_size(LONGEST_LIST)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(MOST_RESET_AT_ONCE)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    let late = under_way.phase() >= Phase::Draining;
    let leaving = async {
        under_way.reached(Phase::Leaving).await;
        tokio::select! {
            () = streams.begun() => {}
            () = under_way.reached(Phase::Draining), if !late => {}
        }
    };
    tokio::select! {
        ended = connection.as_mut() => {
            reached.limit().into_iter().for_each(|limit| told.limit_reached(limit, peer));
            return ended;
        }
        () = leaving => {}
        () = streams.none_for(limits.head_timeout, limits.keep_alive) => {}
        () = streams.all_stand_still(limits.write_timeout) => {
            told.limit_reached(LimitLabel::WriteTimeout, peer);
            tracing::debug!("a browser reads none of its answers");
            return Ok(());
        }
        () = streams.abandoned_too_often(limits.http2.resets) => {
            told.limit_reached(LimitLabel::Http2Resets, peer);
            tracing::debug!("a browser takes its requests back all the time");
            return Ok(());
        }
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        ended = connection => ended,
        // It was told, it was answered, and does not go.
        () = streams.none_for(TIME_TO_GO, TIME_TO_GO) => Ok(()),
    }
}

/// The stream as hyper reads it, and the limit that ended it. Of fields so many are read at all as there may be, each cookie for
/// itself, and the pseudo-fields.
fn metered<S>(stream: S, caller: &Caller) -> (ReadThrough<S, FrameMeter>, Reached) {
    let (limits, reached) = (&caller.rules.limits, Reached::default());
    let bounds = HeadBounds {
        fields: limits.max_fields + MOST_COOKIES + PSEUDO_FIELDS,
        length: limits.max_head,
        time: limits.head_timeout,
        client: Arc::clone(caller.connected()),
    };
    let meter = FrameMeter::new(bounds, reached.clone());
    (ReadThrough::new(stream, meter), reached)
}

/// Whether a head keeps within its bounds. A browser sends each cookie as a field of its own (RFC 9113, section 8.2.3);
/// together they are one, but there is an end to their number: each costs us more memory than it has bytes.
fn judge(headers: &HeaderMap, limits: &Limits) -> HeadRead {
    let cookies = headers.get_all(COOKIE).iter().count();
    let fields = headers.len() - cookies.saturating_sub(1);
    let bytes = field::size_of(headers.iter());
    if fields > limits.max_fields || cookies > MOST_COOKIES || bytes > limits.max_head {
        HeadRead::TooLong
    } else {
        HeadRead::Whole
    }
}
