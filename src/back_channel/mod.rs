//! How we talk to a provider behind the person's back: no other room calls one.
//!
//! https with the machine's own roots or those of `[outbound]`, or plain http on loopback. Bounded in time and in size. A
//! redirect is an answer like any other and is never followed; no proxy is taken from the environment; a form is never sent
//! twice.

pub mod answer;
pub mod inspection;
pub mod road;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::Request;
use http::header::AUTHORIZATION;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::LengthLimitError;
use http_body_util::Limited;
use hyper_rustls::HttpsConnector;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioTimer;
use rustls::RootCertStore;
use tokio::time::Instant;

use crate::back_channel::answer::Answer;
use crate::back_channel::inspection::Inspection;
use crate::back_channel::inspection::InspectionError;
use crate::back_channel::road::Outbound;
use crate::back_channel::road::Road;
use crate::back_channel::road::RoadError;
use crate::telemetry::peer::Peer;
use crate::wire::provider_url::ProviderUrl;

/// How long a connection without work is kept (decision 26): long enough for userinfo to follow the tokens, and for one
/// login to follow another; short, since a form that meets the moment at which the other side closes is lost.
const IDLE_FOR: Duration = Duration::from_millis(500);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackChannelError {
    /// The machine's certificates or the TLS library cannot be used.
    #[error("TLS cannot be set up")]
    Tls(#[source] std::io::Error),
    /// The request could not be written down.
    #[error("the request is not valid")]
    Request(#[source] http::Error),
    /// No connection, a broken one, or a certificate that is not the provider's.
    #[error("the provider cannot be reached")]
    Connection(#[source] hyper_util::client::legacy::Error),
    /// The proxy of `[outbound]` is away, or makes no tunnel to the provider.
    #[error("the proxy cannot be reached, or does not let us through to the provider")]
    Proxy(#[source] hyper_util::client::legacy::Error),
    /// The answer broke off.
    #[error("the answer broke off")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is longer than what was asked for may be.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// No complete answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
}

impl BackChannelError {
    /// Whether nothing whole came from the other side: no connection, no end, or not in time.
    pub fn is_silence(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Proxy(_) | Self::Body(_) | Self::Timeout(_) => true,
            Self::Tls(_) | Self::Request(_) | Self::TooLong(_) => false,
        }
    }

    /// One stable word for metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Tls(_) => "tls",
            Self::Request(_) => "request",
            Self::Connection(_) => "connection",
            Self::Proxy(_) => "proxy",
            Self::Body(_) => "body",
            Self::TooLong(_) => "too_long",
            Self::Timeout(_) => "timeout",
        }
    }
}

/// What may be spent on one call.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From the first byte sent to the last one received.
    pub within: Duration,
    /// The longest body that is read, in bytes. Nothing is ever asked for compressed.
    pub at_most: usize,
}

/// What is sent, once.
#[derive(Clone, Default)]
pub struct Form {
    /// The fields, encoded.
    pub body: Vec<u8>,
    /// `Authorization`, if it goes there.
    pub authorization: Option<HeaderValue>,
}

/// Nothing of it: it holds a code and a secret.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").finish_non_exhaustive()
    }
}

type HttpClient = Client<HttpsConnector<Road>, Full<Bytes>>;

/// The way to all providers. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct BackChannel {
    /// Keeps connections. Where something in front of a provider mixes answers up, tokens are refused by the `nonce` of their
    /// login, a document by its issuer, and userinfo of somebody else by its `sub`.
    client: HttpClient,
    connector: HttpsConnector<Road>,
    road: Road,
    watch: Option<Watch>,
}

/// Who is told how calls go, and under which name.
#[derive(Clone, Debug)]
struct Watch {
    peer: Peer,
    endpoint: &'static str,
}

impl BackChannel {
    /// The straight way, believing whom the machine believes.
    pub fn new() -> Result<Self, BackChannelError> {
        Self::over(&Outbound::default())
    }

    /// This way. Where no authorities are named the machine's are read: without a single one https fails and loopback works.
    pub fn over(outbound: &Outbound) -> Result<Self, BackChannelError> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let builder = HttpsConnectorBuilder::new();
        let builder = match &outbound.authorities {
            Some(authorities) => builder.with_tls_config(believing(authorities.roots())?),
            None => match builder.with_provider_and_native_roots(provider) {
                Ok(builder) => builder,
                Err(no_roots) if no_roots.kind() == std::io::ErrorKind::NotFound => {
                    HttpsConnectorBuilder::new().with_tls_config(believing(Arc::new(RootCertStore::empty()))?)
                }
                Err(error) => return Err(BackChannelError::Tls(error)),
            },
        };
        let road = Road::new(outbound.proxy.as_ref());
        let connector = builder
            .https_or_http()
            .enable_http1()
            .wrap_connector(road.clone());
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_FOR)
            // What met a dead connection before anything of it left goes on another; what left is never sent again.
            .retry_canceled_requests(true)
            .build(connector.clone());
        Ok(Self {
            client,
            connector,
            road,
            watch: None,
        })
    }

    /// The same connections; `peer` is told how each call goes.
    #[must_use]
    pub fn watched_by(self, peer: Peer) -> Self {
        let watch = Some(Watch { peer, endpoint: "" });
        Self { watch, ..self }
    }

    /// The same connections; calls are told under the name of this endpoint.
    #[must_use]
    pub fn at(&self, endpoint: &'static str) -> Self {
        let mut at = self.clone();
        if let Some(watch) = &mut at.watch {
            watch.endpoint = endpoint;
        }
        at
    }

    /// Who is told how calls go, if somebody is.
    pub fn peer(&self) -> Option<&Peer> {
        self.watch.as_ref().map(|watch| &watch.peer)
    }

    /// Asks for a document at `url`.
    pub async fn get(
        &self,
        url: &ProviderUrl,
        headers: &[(http::HeaderName, HeaderValue)],
        bounds: Bounds,
    ) -> Result<Answer, BackChannelError> {
        let mut request = Request::get(url.as_str())
            .body(Full::default())
            .map_err(BackChannelError::Request)?;
        request.headers_mut().extend(headers.iter().cloned());
        self.watched(self.exchange(request, bounds)).await
    }

    /// Who answers at an https address, and whether a call would believe it. Nothing is asked.
    pub async fn inspect(&self, url: &ProviderUrl) -> Result<Inspection, InspectionError> {
        inspection::inspect(self.connector.clone(), self.road.clone(), url).await
    }

    /// Sends a form to `url` (RFC 6749, appendix B), once.
    pub async fn post_form(
        &self,
        url: &ProviderUrl,
        form: Form,
        bounds: Bounds,
    ) -> Result<Answer, BackChannelError> {
        let mut request = Request::post(url.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(http::header::ACCEPT, "application/json")
            .body(Full::new(Bytes::from(form.body)))
            .map_err(BackChannelError::Request)?;
        if let Some(authorization) = form.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization);
        }
        self.watched(self.exchange(request, bounds)).await
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        bounds: Bounds,
    ) -> Result<Answer, BackChannelError> {
        let exchange = async {
            let response = self.client.request(request).await.map_err(no_connection)?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, bounds.at_most)
                .collect()
                .await
                .map_err(|error| no_body(error, bounds))?;
            Ok(Answer::new(head.status, &head.headers, body.to_bytes().to_vec()))
        };
        tokio::time::timeout(bounds.within, exchange)
            .await
            .unwrap_or(Err(BackChannelError::Timeout(bounds.within)))
    }

    async fn watched(
        &self,
        call: impl Future<Output = Result<Answer, BackChannelError>>,
    ) -> Result<Answer, BackChannelError> {
        let began = Instant::now();
        let answer = call.await;
        if let Some(Watch { peer, endpoint }) = &self.watch {
            let elapsed = began.elapsed();
            match &answer {
                Ok(answer) => {
                    peer.answered(endpoint, answer.status().as_u16(), answer.date(), elapsed);
                }
                Err(error) => peer.unanswered(endpoint, error.reason(), elapsed),
            }
        }
        answer
    }
}

fn no_connection(error: hyper_util::client::legacy::Error) -> BackChannelError {
    if RoadError::is_the_proxy_behind(&error) {
        BackChannelError::Proxy(error)
    } else {
        BackChannelError::Connection(error)
    }
}

fn no_body(error: Box<dyn std::error::Error + Send + Sync>, bounds: Bounds) -> BackChannelError {
    if error.is::<LengthLimitError>() {
        BackChannelError::TooLong(bounds.at_most)
    } else {
        BackChannelError::Body(error)
    }
}

/// A configuration that believes these, and nobody else.
fn believing(roots: Arc<RootCertStore>) -> Result<rustls::ClientConfig, BackChannelError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| BackChannelError::Tls(std::io::Error::other(error)))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests;
