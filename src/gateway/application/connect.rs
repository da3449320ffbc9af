//! A new connection to a server of an application: TCP or a Unix socket, TLS where its URL says so, and hyper's client on it.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use http::Uri;
use hyper::client::conn::http1;
use hyper_rustls::HttpsConnector;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tower_service::Service as _;

use crate::gateway::application::heard::Heard;
use crate::gateway::application::heard::Listening;
use crate::gateway::application::upstream_error::UpstreamError;
use crate::gateway::body::request_body::RequestBody;
use crate::routing::upstream::Address;
use crate::routing::upstream::Upstream;
use crate::wire::authorities::Authorities;
use crate::wire::scheme::Scheme;

/// Most bytes of an answer that wait in memory for the browser; also bounds the head of the answer.
const BUFFER: usize = 64 * 1024;

type Cause = Box<dyn std::error::Error + Send + Sync>;
type Tcp = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections to servers for which the same authorities may vouch: those of one upstream, or the system's. They are
/// read once, when the first encrypted upstream is asked; `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the system's.
#[derive(Debug, Default)]
pub(super) struct Connector {
    encrypted: OnceLock<HttpsConnector<HttpConnector>>,
}

/// A connection that is ready for a request.
#[derive(Debug)]
pub(super) struct Connection {
    /// hyper's end of it.
    pub(super) sender: http1::SendRequest<RequestBody>,
    /// How much the application ever said on it.
    pub(super) heard: Heard,
}

impl Connector {
    /// Opens a connection in time, and lets it run in a task of its own.
    pub(super) async fn open(
        &self,
        upstream: &Upstream,
        within: Duration,
    ) -> Result<Connection, UpstreamError> {
        match &upstream.address {
            Address::Origin { scheme, authority } => {
                let uri = Uri::builder()
                    .scheme(scheme.as_str())
                    .authority(authority.as_str())
                    .path_and_query("/")
                    .build()
                    .map_err(UpstreamError::Unwritable)?;
                let stream = self.tcp(*scheme, upstream.authorities.as_ref(), uri);
                speak(TokioIo::new(in_time(within, stream).await?)).await
            }
            Address::Socket(path) => {
                let stream = async { Ok(UnixStream::connect(path).await?) };
                speak(in_time(within, stream).await?).await
            }
        }
    }

    async fn tcp(&self, scheme: Scheme, authorities: Option<&Authorities>, uri: Uri) -> Result<Tcp, Cause> {
        match scheme {
            Scheme::Http => Ok(MaybeHttpsStream::Http(plain().call(uri).await?)),
            Scheme::Https => self.encrypted(authorities)?.call(uri).await,
        }
    }

    fn encrypted(&self, authorities: Option<&Authorities>) -> Result<HttpsConnector<HttpConnector>, Cause> {
        if let Some(connector) = self.encrypted.get() {
            return Ok(connector.clone());
        }
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let builder = match authorities {
            None => HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?,
            Some(authorities) => HttpsConnectorBuilder::new().with_tls_config(
                ClientConfig::builder_with_provider(Arc::new(provider))
                    .with_safe_default_protocol_versions()?
                    .with_root_certificates(authorities.roots())
                    .with_no_client_auth(),
            ),
        };
        let connector = builder.https_only().enable_http1().wrap_connector(plain());
        Ok(self.encrypted.get_or_init(|| connector).clone())
    }
}

fn plain() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

async fn in_time<S>(
    within: Duration,
    stream: impl Future<Output = Result<S, Cause>>,
) -> Result<S, UpstreamError> {
    tokio::time::timeout(within, stream)
        .await
        .map_err(|_elapsed| UpstreamError::ConnectTimeout)?
        .map_err(UpstreamError::Connect)
}

async fn speak<S>(stream: S) -> Result<Connection, UpstreamError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let heard = Heard::default();
    let stream = Listening::new(stream, heard.clone());
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| UpstreamError::Connect(error.into()))?;
    drop(tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "a connection to an application ended");
        }
    }));
    Ok(Connection { sender, heard })
}
