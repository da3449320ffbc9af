//! TLS around the tests: a certificate authority made with openssl, a way into TLS for clients that speak none, and one
//! out of it for servers that speak none.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::TlsConnector;

/// A certificate authority of one test.
#[derive(Debug)]
pub(crate) struct Authority(TempDir);

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) cert_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

/// From when until when, in the words of `openssl ca`.
pub(crate) const LONG: (&str, &str) = ("20200101000000Z", "20991231235959Z");
/// Over since 2021.
pub(crate) const EXPIRED: (&str, &str) = ("20200101000000Z", "20210101000000Z");

const NEW_KEY: &str = "-new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config configuration";

const CONFIGURATION: &str = "[ca]\ndefault_ca = own\n[own]\ndir = .\ndatabase = index\nnew_certs_dir = .\n\
    certificate = ca.pem\nprivate_key = ca.key\nrand_serial = yes\ndefault_md = sha256\npolicy = policy\n\
    unique_subject = no\ncopy_extensions = copy\n[policy]\ncommonName = supplied\n[req]\n\
    distinguished_name = name\n[name]\n";

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self(TempDir::new().unwrap());
        fs::write(authority.path("configuration"), CONFIGURATION).unwrap();
        fs::write(authority.path("index"), "").unwrap();
        authority.openssl(&format!(
            "req -x509 {NEW_KEY} -subj /CN=authority -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem"
        ));
        authority
    }

    /// A certificate with these names, such as `DNS:localhost,IP:127.0.0.1`.
    pub(crate) fn issue(&self, file: &str, names: &str, (from, until): (&str, &str)) -> Pair {
        self.openssl(&format!(
            "req {NEW_KEY} -subj /CN=leaf -addext subjectAltName={names} -keyout {file}.key -out {file}.csr"
        ));
        self.openssl(&format!(
            "ca -batch -notext -config configuration -in {file}.csr -out {file}.pem -startdate {from} -enddate {until}"
        ));
        self.pair(file)
    }

    /// A certificate that nobody else signed.
    pub(crate) fn self_signed(&self, file: &str, names: &str) -> Pair {
        self.openssl(&format!(
            "req -x509 {NEW_KEY} -subj /CN=leaf -addext subjectAltName={names} -keyout {file}.key -out {file}.pem"
        ));
        self.pair(file)
    }

    fn pair(&self, file: &str) -> Pair {
        Pair {
            cert_file: self.path(&format!("{file}.pem")),
            key_file: self.path(&format!("{file}.key")),
        }
    }

    /// The certificate of the authority itself.
    pub(crate) fn root(&self) -> PathBuf {
        self.path("ca.pem")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// What a client believes who believes this authority alone.
    pub(crate) fn client(&self, alpn: &str) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(self.root()).unwrap())
            .unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        config
    }

    /// Runs openssl in the folder of the authority, with words that hold no space.
    pub(crate) fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let output = command
            .current_dir(self.0.path())
            .args(arguments.split(' '))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {said}");
    }
}

impl Pair {
    /// The words of the configuration.
    pub(crate) fn configured(&self) -> String {
        let shown = |path: &Path| path.display().to_string();
        format!(
            "tls = {{ cert_file = {:?}, key_file = {:?} }}",
            shown(&self.cert_file),
            shown(&self.key_file)
        )
    }
}

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
