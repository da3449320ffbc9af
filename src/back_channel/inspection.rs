//! Who answers at the other end of TLS, and whether we would believe it: for an operator who asks why nothing works.
//!
//! Where the certificate is not believed, a second handshake looks at it without believing anybody. Nothing is ever sent on
//! that connection.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use rustls::CertificateError;
use rustls::DigitallySignedStruct;
use rustls::SignatureScheme;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use tokio::net::TcpStream;
use tower_service::Service as _;

use crate::back_channel::road::Road;
use crate::wire::certificate::Certificate;
use crate::wire::provider_url::ProviderUrl;

/// For one handshake, a connection included.
const WITHIN: Duration = Duration::from_secs(5);

/// Why nothing can be said about a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectionError {
    /// The address cannot be asked for.
    #[error("the address is not valid")]
    Address(#[source] http::uri::InvalidUri),
    /// The TLS library cannot be used.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// No connection, or no TLS on it.
    #[error("no connection")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// No handshake in time.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
}

/// What a server shows, and what we think of it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The certificate of the server itself, if it could be read.
    pub certificate: Option<Certificate>,
    /// How many certificates came with it.
    pub intermediates: usize,
    /// Why a call would refuse it; `None` where it would not.
    pub distrust: Option<Distrust>,
}

/// Why a certificate is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// Nobody vouches for it whom this machine trusts.
    UnknownIssuer,
    /// It is for other names.
    OtherName,
    /// Something else.
    Other(String),
}

type Tls = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Looks at the server at `uri`: with the connector of every call, then without belief.
pub(super) async fn inspect(
    mut believing: HttpsConnector<Road>,
    road: Road,
    url: &ProviderUrl,
) -> Result<Inspection, InspectionError> {
    let uri: Uri = url.as_str().parse().map_err(InspectionError::Address)?;
    let failed = match within(believing.call(uri.clone())).await? {
        Ok(stream) => return Ok(inspection(&stream, None)),
        Err(error) => error,
    };
    let Some(distrust) = distrust(failed.as_ref()) else {
        return Err(InspectionError::Unreachable(failed));
    };
    let mut unbelieving = HttpsConnectorBuilder::new()
        .with_tls_config(looking()?)
        .https_only()
        .enable_http1()
        .wrap_connector(road);
    Ok(match within(unbelieving.call(uri)).await? {
        Ok(stream) => inspection(&stream, Some(distrust)),
        Err(_gone_by_now) => Inspection {
            certificate: None,
            intermediates: 0,
            distrust: Some(distrust),
        },
    })
}

async fn within<T>(call: impl Future<Output = T>) -> Result<T, InspectionError> {
    let answered = tokio::time::timeout(WITHIN, call).await;
    answered.map_err(|_elapsed| InspectionError::Timeout(WITHIN))
}

fn inspection(stream: &Tls, distrust: Option<Distrust>) -> Inspection {
    let chain = match stream {
        MaybeHttpsStream::Https(stream) => stream.inner().get_ref().1.peer_certificates(),
        MaybeHttpsStream::Http(_) => None,
    };
    let chain = chain.unwrap_or_default();
    Inspection {
        certificate: chain.first().and_then(|first| Certificate::read(first)),
        intermediates: chain.len().saturating_sub(1),
        distrust,
    }
}

/// The certificate as the reason for a failure.
fn distrust(error: &(dyn Error + 'static)) -> Option<Distrust> {
    match tls_error(error)? {
        rustls::Error::InvalidCertificate(why) => Some(match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Distrust::NotYetValid
            }
            CertificateError::UnknownIssuer => Distrust::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Distrust::OtherName
            }
            other => Distrust::Other(other.to_string()),
        }),
        _ => None,
    }
}

/// The error of TLS inside others. An `io::Error` does not name what it wraps as its source.
fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(|error| error.get_ref());
    match wrapped {
        Some(wrapped) => tls_error(wrapped),
        None => error.source().and_then(tls_error),
    }
}

fn looking() -> Result<rustls::ClientConfig, InspectionError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(InspectionError::Tls)?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Looking(provider)))
        .with_no_client_auth())
}

/// Believes nobody and refuses nobody, so that a certificate can be looked at.
#[derive(Debug)]
struct Looking(Arc<CryptoProvider>);

impl ServerCertVerifier for Looking {
    fn verify_server_cert(
        &self,
        _server: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
