//! A new connection to an application: TCP, TLS where its URL says so, and hyper's client on it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;

use http::Uri;
use hyper::client::conn::http1;
use hyper_rustls::HttpsConnector;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tower_service::Service as _;

use crate::gateway::request_body::RequestBody;
use crate::gateway::upstream_error::UpstreamError;
use crate::routing::upstream::Upstream;
use crate::routing::upstream::UpstreamScheme;

/// Most bytes of an answer that wait in memory for the browser; also bounds the head of the answer.
const BUFFER: usize = 64 * 1024;

type Cause = Box<dyn std::error::Error + Send + Sync>;
type Tcp = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections. The system's roots are read once, when the first encrypted upstream is asked; `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` replace them.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Connector {
    encrypted: OnceLock<HttpsConnector<HttpConnector>>,
}

/// A connection that is ready for a request.
#[derive(Debug)]
pub(in crate::gateway) struct Connection {
    /// hyper's end of it.
    pub(in crate::gateway) sender: http1::SendRequest<RequestBody>,
    /// How much the application ever said on it.
    pub(in crate::gateway) heard: Heard,
}

impl Connector {
    /// Opens a connection within `connect_timeout`, and lets it run in a task of its own.
    pub(in crate::gateway) async fn open(&self, upstream: &Upstream) -> Result<Connection, UpstreamError> {
        let stream = tokio::time::timeout(upstream.limits.connect_timeout, self.stream(upstream))
            .await
            .map_err(|_elapsed| UpstreamError::ConnectTimeout)?
            .map_err(UpstreamError::Connect)?;
        let heard = Heard::default();
        let stream = Listening {
            stream: TokioIo::new(stream),
            heard: heard.clone(),
        };
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(BUFFER)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| UpstreamError::Connect(error.into()))?;
        drop(tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to an application ended");
            }
        }));
        Ok(Connection { sender, heard })
    }

    async fn stream(&self, upstream: &Upstream) -> Result<Tcp, Cause> {
        let uri = Uri::builder()
            .scheme(upstream.scheme.as_str())
            .authority(upstream.authority.as_str())
            .path_and_query("/")
            .build()?;
        match upstream.scheme {
            UpstreamScheme::Http => Ok(MaybeHttpsStream::Http(plain().call(uri).await?)),
            UpstreamScheme::Https => self.encrypted()?.call(uri).await,
        }
    }

    fn encrypted(&self) -> Result<HttpsConnector<HttpConnector>, Cause> {
        if let Some(connector) = self.encrypted.get() {
            return Ok(connector.clone());
        }
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
            .https_only()
            .enable_http1()
            .wrap_connector(plain());
        Ok(self.encrypted.get_or_init(|| connector).clone())
    }
}

fn plain() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

/// Counts what an application says on a connection, below HTTP and above TLS. hyper reports a connection that died before
/// the answer and one that died in its first line alike; only the first may be tried again.
#[derive(Clone, Debug, Default)]
pub(in crate::gateway) struct Heard(Arc<AtomicU64>);

impl Heard {
    /// Bytes so far.
    pub(in crate::gateway) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

struct Listening<S> {
    stream: S,
    heard: Heard,
}

impl<S: AsyncRead + Unpin> AsyncRead for Listening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let came = buffer.filled().len().saturating_sub(before);
        if came > 0 {
            self.heard.0.fetch_add(came as u64, Ordering::Release);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
