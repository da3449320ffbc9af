//! One connection of a browser: TLS where there is a certificate, then HTTP/1.1 or HTTP/2, and the orderly end.

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

use crate::gateway::bounds;
use crate::gateway::client_stream::ClientStream;
use crate::gateway::decide::Decide;
use crate::gateway::ending;
use crate::gateway::exchange::Exchange;
use crate::gateway::http2;
use crate::gateway::listener::Caller;
use crate::gateway::tls::Spoken;

/// How long the last exchanges may take when the process ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one connection to its end. Once `shutdown` turns true, the exchange that is under way is the last one; on a
/// connection that comes later still, the first one is.
pub(super) async fn serve<D: Decide, S>(
    exchange: Arc<Exchange<D>>,
    stream: S,
    caller: Caller,
    shutdown: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let stream = ClientStream::new(stream);
    let ended = match &caller.rules.certificate {
        None => plain(exchange, stream, caller, shutdown).await,
        Some(certificate) => match certificate.accept(stream).await {
            Ok((stream, Spoken::Http1)) => plain(exchange, stream, caller, shutdown).await,
            Ok((stream, Spoken::Http2)) => http2::serve(exchange, stream, caller, shutdown).await,
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

/// HTTP/1.1.
///
/// A browser that closes its side is gone (`half_close` stays off): its exchange is dropped, and the application is free.
/// `Date` is added where an application sent none, as RFC 9110, section 6.6.1, asks.
async fn plain<D: Decide, S>(
    exchange: Arc<Exchange<D>>,
    stream: S,
    caller: Caller,
    mut shutdown: watch::Receiver<bool>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let answer = service_fn(move |request| {
        let (exchange, caller) = (Arc::clone(&exchange), caller.clone());
        async move { exchange.answer(&caller, request).await }
    });
    let late = *shutdown.borrow();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds::HEAD_TIMEOUT)
        .max_headers(bounds::MOST_FIELDS)
        .max_header_size(bounds::LONGEST_HEAD)
        .max_buf_size(bounds::LONGEST_HEAD)
        .keep_alive(!late)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    let ending = async {
        if late {
            // Its one exchange ends it.
            std::future::pending::<()>().await;
        }
        ending::ends(&mut shutdown).await;
    };
    tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

/// Tells every connection that holds a receiver that its exchange is the last one, and waits for those exchanges.
pub(super) async fn drain(connections: &watch::Sender<bool>) {
    connections.send_replace(true);
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.closed())
        .await
        .is_err()
    {
        tracing::warn!("exchanges were cut off: they took longer than the time to drain");
    }
}
