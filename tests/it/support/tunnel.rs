//! A way into TLS for clients that speak none, and one out of it for servers that speak none.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use rustls::ClientConfig;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::TlsConnector;

use super::authority::Pair;

/// A port on which bytes come in and leave at another; it ends with its owner.
#[derive(Debug)]
pub(crate) struct Tunnel {
    address: SocketAddr,
    _end: oneshot::Sender<()>,
}

impl Tunnel {
    /// For clients without TLS: what they say is said to `server` in TLS, by somebody who asks for `name` (SNI).
    pub(crate) fn into_tls(server: SocketAddr, client: ClientConfig, name: &str) -> Self {
        let connector = TlsConnector::from(Arc::new(client));
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Self::start(move |plain| {
            let (connector, name) = (connector.clone(), name.clone());
            async move {
                let server = TcpStream::connect(server).await?;
                relay(plain, connector.connect(name, server).await?).await
            }
        })
    }

    /// For a server without TLS: whoever shakes hands gets through to it.
    pub(crate) fn out_of_tls(server: SocketAddr, pair: &Pair) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain = CertificateDer::pem_file_iter(&pair.cert_file).unwrap();
        let key = PrivateKeyDer::from_pem_file(&pair.key_file).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.map(Result::unwrap).collect(), key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start(move |encrypted| {
            let acceptor = acceptor.clone();
            async move {
                let encrypted = acceptor.accept(encrypted).await?;
                relay(encrypted, TcpStream::connect(server).await?).await
            }
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn start<F>(each: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                let accept = async {
                    while let Ok((stream, _)) = listener.accept().await {
                        // A connection that ends badly ends for both sides: that is what a test sees.
                        drop(tokio::spawn(each(stream)));
                    }
                };
                tokio::select! {
                    () = accept => {}
                    _ = ended => {}
                }
            });
        });
        Self { address, _end: end }
    }
}

async fn relay<A, B>(mut one: A, mut other: B) -> std::io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    copy_bidirectional(&mut one, &mut other).await.map(drop)
}
