//! The certificate that browsers see: read from its files, judged before it is served, offered with the versions, suites
//! and groups that ANSSI accepts (Recommandations de sécurité relatives à TLS, v1.2, 2020-03-26).
//!
//! A session ticket opens only under the certificate and for the name (SNI) that it was made for: its key is made with
//! the certificate and ends with it. There is one certificate and one policy for every host, and no certificate of a
//! client, so a resumed session can never stand for a check that another host demands.

use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::SupportedCipherSuite;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::crypto::aws_lc_rs::cipher_suite;
use rustls::crypto::aws_lc_rs::kx_group;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::sign::SingleCertAndKey;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::bounded_file;
use crate::bounded_file::BoundedFile;
use crate::bounded_file::BoundedFileError;
use crate::bounded_file::Exposure;
use crate::wire::certificate::Certificate;

/// More than any chain has; a mistaken path to something large is not read into memory.
const LONGEST_FILE: u64 = 1024 * 1024;
/// How long a browser may take for its part of the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Forward secrecy and authenticated encryption, in the order in which we prefer them.
const SUITES: [SupportedCipherSuite; 9] = [
    cipher_suite::TLS13_AES_256_GCM_SHA384,
    cipher_suite::TLS13_AES_128_GCM_SHA256,
    cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];
/// The first is X25519 joined with ML-KEM: what is recorded today stays closed to a quantum computer of tomorrow.
const GROUPS: [&dyn SupportedKxGroup; 4] = [
    kx_group::X25519MLKEM768,
    kx_group::X25519,
    kx_group::SECP256R1,
    kx_group::SECP384R1,
];

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("the file `{}` cannot be read", path.display())]
    Unreadable {
        /// Which of the two.
        which: TlsFile,
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: BoundedFileError,
    },
    /// The first file holds no certificate in PEM.
    #[error("there is no certificate in PEM in `{}`", .0.display())]
    NoCertificate(PathBuf),
    /// A certificate of the chain is none.
    #[error("certificate {number} of `{}` cannot be read", path.display())]
    Certificate {
        /// Counted from 1, in the order of the file.
        number: usize,
        /// The file.
        path: PathBuf,
    },
    /// The second file holds no private key in PEM, or an encrypted one.
    #[error("there is no private key in PEM in `{}`, or a password protects it", .0.display())]
    NoKey(PathBuf),
    /// A key of a kind or length that no browser accepts.
    #[error("the private key cannot be used")]
    Key,
    /// The certificate is about another key.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
    /// The system gives no random bytes for session tickets.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// Which file an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFile {
    /// The chain.
    Certificate,
    /// The private key.
    Key,
}

/// A certificate whose key we have, ready to be served.
#[derive(Clone)]
pub struct ServerCertificate {
    config: Arc<ServerConfig>,
    leaf: CertificateDer<'static>,
    says: Certificate,
    exposure: Exposure,
}

impl TlsError {
    /// The file that has to be mended.
    pub fn file(&self) -> TlsFile {
        match self {
            Self::Unreadable { which, .. } => *which,
            Self::NoKey(_) | Self::Key | Self::Mismatch => TlsFile::Key,
            Self::NoCertificate(_) | Self::Certificate { .. } | Self::Setup(_) => TlsFile::Certificate,
        }
    }
}

impl ServerCertificate {
    /// Reads the chain, the certificate itself first, and its key.
    pub fn load(cert_file: &Path, key_file: &Path) -> Result<Self, TlsError> {
        let chain = chain(cert_file)?;
        let mut read = Vec::with_capacity(chain.len());
        for (index, certificate) in chain.iter().enumerate() {
            read.push(
                Certificate::read(certificate).ok_or_else(|| TlsError::Certificate {
                    number: index + 1,
                    path: cert_file.to_owned(),
                })?,
            );
        }
        let leaf = chain.first().cloned().zip(read.into_iter().next());
        let (leaf, says) = leaf.ok_or_else(|| TlsError::NoCertificate(cert_file.to_owned()))?;
        let (key, exposure) = key(key_file)?;
        Ok(Self {
            config: Arc::new(server_config(chain, key)?),
            leaf,
            says,
            exposure,
        })
    }

    /// What stands in it.
    pub fn says(&self) -> &Certificate {
        &self.says
    }

    /// Who else can read its key.
    pub fn exposure(&self) -> Exposure {
        self.exposure
    }

    /// Whether it is for this host: a name or an address, without a port (RFC 9525).
    pub fn is_for(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).to_owned();
        let (Ok(leaf), Ok(name)) = (
            ParsedCertificate::try_from(&self.leaf),
            ServerName::try_from(host),
        ) else {
            return false;
        };
        verify_server_name(&leaf, &name).is_ok()
    }

    /// The handshake with one browser, and what it chose to speak.
    pub(in crate::gateway) async fn accept<S>(&self, stream: S) -> io::Result<(TlsStream<S>, Spoken)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let handshake = TlsAcceptor::from(Arc::clone(&self.config)).accept(stream);
        let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake)
            .await
            .map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
        let spoken = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Spoken::Http2,
            _ => Spoken::Http1,
        };
        Ok((stream, spoken))
    }
}

/// What a browser speaks on a connection (RFC 7301).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Spoken {
    /// HTTP/1.1, also where nothing was agreed.
    Http1,
    /// HTTP/2.
    Http2,
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCertificate")
            .field("says", &self.says)
            .field("exposure", &self.exposure)
            .finish_non_exhaustive()
    }
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsError> {
    let provider = CryptoProvider {
        cipher_suites: SUITES.to_vec(),
        kx_groups: GROUPS.to_vec(),
        ..rustls::crypto::aws_lc_rs::default_provider()
    };
    let key = CertifiedKey::from_der(chain, key, &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch,
        _ => TlsError::Key,
    })?;
    let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&versions)
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
    config.ignore_client_order = true;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = Ticketer::new().map_err(TlsError::Setup)?;
    Ok(config)
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path, TlsFile::Certificate)?.bytes;
    let mut chain = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        chain.push(certificate.map_err(|_not_pem| TlsError::Certificate {
            number: chain.len() + 1,
            path: path.to_owned(),
        })?);
    }
    Ok(chain)
}

/// The error of the parser is left out: it quotes the line that it stumbled over.
fn key(path: &Path) -> Result<(PrivateKeyDer<'static>, Exposure), TlsError> {
    let BoundedFile {
        bytes: text,
        exposure,
    } = read(path, TlsFile::Key)?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_no_key| TlsError::NoKey(path.to_owned()))?;
    Ok((key, exposure))
}

fn read(path: &Path, which: TlsFile) -> Result<BoundedFile, TlsError> {
    bounded_file::read(path, LONGEST_FILE).map_err(|cause| TlsError::Unreadable {
        which,
        path: path.to_owned(),
        cause,
    })
}
