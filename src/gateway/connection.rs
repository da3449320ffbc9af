//! One connection of a browser: hyper's server on a stream, its bounds, and its orderly end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::sync::watch;

use crate::gateway::client_stream::ClientStream;
use crate::gateway::decide::Decide;
use crate::gateway::exchange::Exchange;

/// For the whole head of a request, from the moment when the connection is ready for it: so it is also how long a
/// connection is kept between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Most fields of a request; beyond it 431.
const MOST_FIELDS: usize = 100;
/// Longest head of a request, and most of a body that waits in memory; beyond it 431. A browser with all of its cookies
/// for a site stays under half of it.
const BUFFER: usize = 32 * 1024;
/// How long the last exchanges may take when the process ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one connection to its end. Once `shutdown` turns true, the exchange that is under way is the last one; on a
/// connection that comes later still, the first one is.
///
/// A browser that closes its side is gone (`half_close` stays off): its exchange is dropped, and the application is free.
/// `Date` is added where an application sent none, as RFC 9110, section 6.6.1, asks.
pub(in crate::gateway) async fn serve<D: Decide, S>(
    exchange: Arc<Exchange<D>>,
    stream: S,
    client: SocketAddr,
    mut shutdown: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let answer = service_fn(move |request| {
        let exchange = Arc::clone(&exchange);
        async move { exchange.answer(client, request).await }
    });
    let late = *shutdown.borrow();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MOST_FIELDS)
        .max_buf_size(BUFFER)
        .keep_alive(!late)
        .serve_connection(TokioIo::new(ClientStream::new(stream)), answer);
    let mut connection = pin!(connection);
    let ending = async {
        match shutdown.wait_for(|ends| *ends && !late).await.map(drop) {
            Ok(()) => {}
            // Nobody is left who could say it.
            Err(_gone) => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a browser's connection ended");
    }
}

/// Tells every connection that holds a receiver that its exchange is the last one, and waits for those exchanges.
pub(in crate::gateway) async fn drain(connections: &watch::Sender<bool>) {
    connections.send_replace(true);
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.closed())
        .await
        .is_err()
    {
        tracing::warn!("exchanges were cut off: they took longer than the time to drain");
    }
}
