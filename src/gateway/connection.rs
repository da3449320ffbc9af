//! One connection of a browser: hyper's server on a stream, its bounds, and its orderly end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::Version;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

use crate::gateway::client_stream::ClientStream;
use crate::gateway::decide::Decide;
use crate::gateway::exchange::Exchange;
use crate::lifecycle::Phase;
use crate::lifecycle::UnderWay;

/// For the whole head of a request, from the moment when the connection is ready for it: so it is also how long a
/// connection is kept between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Most fields of a request; beyond it 431.
const MOST_FIELDS: usize = 100;
/// Longest head of a request, beyond it 431, and most of a body that waits in memory. A browser with all of its cookies
/// for a site stays under half of it.
const LONGEST_HEAD: usize = 32 * 1024;

/// Serves one connection to its end. While the gateway leaves, each answer says that it is the last one here: a
/// connection that was closed without a word would lose the request that is on its way. Once the gateway drains, the
/// exchange under way is the last one; on a connection that comes later still, the first one is.
///
/// A browser that closes its side is gone (`half_close` stays off): its exchange is dropped, and the application is free.
/// `Date` is added where an application sent none, as RFC 9110, section 6.6.1, asks.
pub(super) async fn serve<D: Decide, S>(
    exchange: Arc<Exchange<D>>,
    stream: S,
    client: SocketAddr,
    mut under_way: UnderWay,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let seen = under_way.clone();
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let (exchange, seen) = (Arc::clone(&exchange), seen.clone());
        async move {
            let version = request.version();
            let mut answer = exchange.answer(client, request).await;
            if let Ok(answer) = &mut answer
                && version <= Version::HTTP_11
                && seen.phase() >= Phase::Leaving
            {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(CONNECTION, close);
            }
            answer
        }
    });
    let late = under_way.phase() >= Phase::Draining;
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MOST_FIELDS)
        .max_header_size(LONGEST_HEAD)
        .max_buf_size(LONGEST_HEAD)
        .keep_alive(!late)
        .serve_connection(TokioIo::new(ClientStream::new(stream)), answer);
    let mut connection = pin!(connection);
    let draining = async {
        if late {
            std::future::pending::<()>().await;
        } else {
            under_way.reached(Phase::Draining).await;
        }
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = draining => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a browser's connection ended");
    }
}
