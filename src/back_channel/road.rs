//! The road to a provider: straight, or in a tunnel through the organisation's proxy; and who may vouch for its end.
//!
//! Whatever goes through a proxy goes through `CONNECT` (RFC 9110, section 9.3.6), plain http on loopback too: the proxy sees a
//! host and a port, and TLS is between the provider and us.

use std::error::Error;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::wire::authorities::Authorities;

/// How long a connection may take to come up; a part of the time that the whole call has.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// How providers are reached.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// Through whom. Absent: straight.
    pub proxy: Option<Proxy>,
    /// Who may vouch for a provider. Absent: whom the machine believes.
    pub authorities: Option<Authorities>,
}

/// A proxy that makes tunnels.
#[derive(Clone, Debug)]
pub struct Proxy {
    address: Uri,
    /// The value of `Proxy-Authorization`, marked as sensitive: it is not shown.
    login: Option<HeaderValue>,
}

impl Proxy {
    /// `http://host:port`, nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let address: Uri = text.parse().ok()?;
        let is_whole = address.scheme_str() == Some("http")
            && address.port_u16().is_some_and(|port| port != 0)
            && address.host().is_some_and(|host| !host.is_empty())
            && address.path_and_query().is_none_or(|rest| rest.as_str() == "/")
            && !text.contains(['@', '#']);
        is_whole.then_some(Self { address, login: None })
    }

    /// The same with `user:password` (RFC 7617).
    pub fn with_login(self, login: &Secret) -> Option<Self> {
        let text = login.expose_str()?;
        if !text.contains(':') || text.chars().any(char::is_control) {
            return None;
        }
        let encoded = Zeroizing::new(format!("Basic {}", STANDARD.encode(text)));
        let mut login = HeaderValue::from_str(&encoded).ok()?;
        login.set_sensitive(true);
        Some(Self {
            login: Some(login),
            ..self
        })
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoadError {
    /// The provider, or its name, cannot be reached.
    #[error("no connection")]
    Straight(#[source] Box<dyn Error + Send + Sync>),
    /// The proxy cannot be reached, or makes no tunnel to this provider.
    #[error("no tunnel through the proxy")]
    Proxy(#[source] Box<dyn Error + Send + Sync>),
}

impl RoadError {
    /// Whether this is why something else failed.
    pub(super) fn is_the_proxy_behind(error: &(dyn Error + 'static)) -> bool {
        let mut causes = std::iter::successors(Some(error), |error| Error::source(*error));
        causes.any(|cause| matches!(cause.downcast_ref(), Some(Self::Proxy(_))))
    }
}

/// Makes connections.
#[derive(Clone, Debug)]
pub(super) enum Road {
    Straight(HttpConnector),
    Tunnel(Tunnel<HttpConnector>),
}

impl Road {
    pub(super) fn new(proxy: Option<&Proxy>) -> Self {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT_WITHIN));
        let Some(proxy) = proxy else {
            return Self::Straight(connector);
        };
        let tunnel = Tunnel::new(proxy.address.clone(), connector);
        Self::Tunnel(match &proxy.login {
            Some(login) => tunnel.with_auth(login.clone()),
            None => tunnel,
        })
    }
}

impl Service<Uri> for Road {
    type Response = TokioIo<TcpStream>;
    type Error = RoadError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, RoadError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), RoadError>> {
        match self {
            Self::Straight(road) => road
                .poll_ready(context)
                .map_err(|error| RoadError::Straight(error.into())),
            Self::Tunnel(road) => road
                .poll_ready(context)
                .map_err(|error| RoadError::Proxy(error.into())),
        }
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        match self {
            Self::Straight(road) => {
                let connection = road.call(to);
                Box::pin(async {
                    connection
                        .await
                        .map_err(|error| RoadError::Straight(error.into()))
                })
            }
            Self::Tunnel(road) => {
                let tunnel = road.call(to);
                Box::pin(async { tunnel.await.map_err(|error| RoadError::Proxy(error.into())) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_scheme_a_host_and_a_port() {
        for good in [
            "http://proxy.example:3128",
            "http://127.0.0.1:8888/",
            "http://[::1]:3128",
        ] {
            assert!(Proxy::parse(good).is_some(), "{good}");
        }
        for bad in [
            "proxy.example:3128",
            "http://proxy.example",
            "https://proxy.example:3128",
            "socks5://proxy.example:1080",
            "http://proxy.example:0",
            "http://proxy.example:3128/way",
            "http://proxy.example:3128/?a",
            "http://user:password@proxy.example:3128",
            "http://:3128",
            "",
        ] {
            assert!(Proxy::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_login_for_the_proxy_has_a_colon_and_is_not_shown() {
        let proxy = || Proxy::parse("http://127.0.0.1:3128").unwrap();
        for bad in ["user", "us\ner:password", ""] {
            assert!(proxy().with_login(&Secret::new(bad)).is_none(), "{bad:?}");
        }
        let shown = format!("{:?}", proxy().with_login(&Secret::new("user:hunter2")).unwrap());
        assert!(
            !shown.contains("hunter2") && !shown.contains("dXNlcjpodW50ZXIy"),
            "{shown}"
        );
    }
}
