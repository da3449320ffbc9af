//! What a listener goes by: its certificate ([`tls`]), whom it believes about clients, what a browser may cost ([`limits`]),
//! and what it says about itself. A reload replaces it whole; a connection keeps what it began with. Who is connected, and
//! with how much, is counted in `clients`.

pub mod certificate_flaw;
pub(super) mod clients;
pub mod limits;
pub mod tls;

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use http::HeaderMap;
use http::HeaderValue;

use crate::gateway::listener::clients::Clients;
use crate::gateway::listener::clients::Connected;
use crate::gateway::listener::clients::Full;
use crate::gateway::listener::clients::Requesting;
use crate::gateway::listener::limits::Limits;
use crate::gateway::listener::tls::ServerCertificate;
use crate::gateway::live::Live;
use crate::wire::client_address::Arrival;
use crate::wire::client_address::Provenance;
use crate::wire::client_address::TrustedProxies;
use crate::wire::client_network::ClientNetwork;

/// The rules of one listener. The default is a plain one that believes nobody.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Absent: plain http.
    pub certificate: Option<ServerCertificate>,
    /// Whose `X-Forwarded-*` are believed.
    pub trusted_proxies: TrustedProxies,
    /// Where it listens: who comes from there is this machine itself. Absent: nobody.
    pub own_address: Option<IpAddr>,
    /// What every answer says about https.
    pub hsts: Hsts,
    /// What a browser may cost.
    pub limits: Limits,
}

/// `Strict-Transport-Security` (RFC 6797): browsers do not come in the open again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hsts {
    /// Nothing is said.
    #[default]
    Off,
    /// For the host that answers.
    Host,
    /// For that host and every name below it.
    Subdomains,
}

impl Hsts {
    /// A year, as ASVS 5.0, 3.4.1 asks for.
    fn value(self) -> Option<HeaderValue> {
        match self {
            Self::Off => None,
            Self::Host => Some(HeaderValue::from_static("max-age=31536000")),
            Self::Subdomains => Some(HeaderValue::from_static("max-age=31536000; includeSubDomains")),
        }
    }
}

/// Who connected, and the rules that held at that moment.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    peer: SocketAddr,
    pub(super) rules: Arc<Rules>,
    connected: Arc<Connected>,
}

impl Caller {
    /// Someone who connects now, unless the listener is full, or full of them.
    pub(super) fn connect(
        peer: SocketAddr,
        rules: &Live<Rules>,
        clients: &Arc<Clients>,
    ) -> Result<Self, Full> {
        let rules = rules.load();
        let proxy = rules.trusted_proxies.trust(peer.ip().to_canonical());
        let network = (!proxy).then(|| ClientNetwork::of(peer.ip()));
        let connected = Arc::new(clients.connect(network, &rules.limits)?);
        Ok(Self {
            peer,
            rules,
            connected,
        })
    }

    /// Another request for this client, unless as many as may be are under way.
    pub(super) fn request(&self, client: SocketAddr) -> Option<Requesting> {
        let network = ClientNetwork::of(client.ip());
        self.connected.request(network, &self.rules.limits)
    }

    /// Who has the connection.
    pub(super) fn connected(&self) -> &Arc<Connected> {
        &self.connected
    }

    /// The other end of the connection.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Who sent this head, and how it came.
    pub(super) fn provenance(&self, headers: &HeaderMap) -> Provenance {
        Provenance {
            peer: self.peer,
            client: self.rules.trusted_proxies.client_of(self.peer, headers),
            arrival: self.arrival(headers),
        }
    }

    fn arrival(&self, headers: &HeaderMap) -> Arrival {
        let rules = &self.rules;
        if rules.certificate.is_some() {
            return Arrival::AsPublished;
        }
        rules
            .trusted_proxies
            .arrival(self.peer, rules.own_address, headers)
    }

    /// Says what every answer says. What an application says about itself stays.
    pub(super) fn sign(&self, headers: &mut HeaderMap) {
        if let Some(value) = self.rules.hsts.value() {
            headers
                .entry(http::header::STRICT_TRANSPORT_SECURITY)
                .or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(peer: &str, rules: Rules) -> Caller {
        let peer = SocketAddr::new(peer.parse().unwrap(), 9);
        Caller::connect(peer, &Live::new(Arc::new(rules)), &Arc::default()).unwrap()
    }

    fn arrival(peer: &str, own_address: Option<IpAddr>) -> Arrival {
        let rules = Rules {
            trusted_proxies: TrustedProxies::new(["10.0.0.5/32".parse().unwrap()]),
            own_address,
            ..Rules::default()
        };
        caller(peer, rules).arrival(&HeaderMap::new())
    }

    #[test]
    fn a_health_check_that_asks_the_address_that_is_listened_on_is_this_machine() {
        let own = "10.0.0.2".parse().ok();
        assert_eq!(arrival("10.0.0.2", own), Arrival::AsPublished);
        assert_eq!(arrival("10.0.0.2", None), Arrival::InTheOpen);
        assert_eq!(arrival("10.0.0.3", own), Arrival::InTheOpen);
        assert_eq!(arrival("10.0.0.5", own), Arrival::AsPublished);
    }

    #[test]
    fn a_proxy_on_the_own_address_is_a_proxy() {
        let rules = Rules {
            trusted_proxies: TrustedProxies::new(["10.0.0.5/32".parse().unwrap()]),
            own_address: "10.0.0.5".parse().ok(),
            ..Rules::default()
        };
        let caller = caller("10.0.0.5", rules);
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-forwarded-proto"),
            HeaderValue::from_static("http"),
        )]);
        assert_eq!(caller.arrival(&headers), Arrival::InTheOpen);
    }
}
