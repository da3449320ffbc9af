//! Who may ask for a decision alone: a front proxy that comes from a listed address, or that knows a secret, or both.
//!
//! What it says about the browser's request is believed, so nobody is a caller unless the configuration says so.

use std::fmt;
use std::net::SocketAddr;

use http::HeaderMap;

use crate::secret::Secret;
use crate::wire::client_address::TrustedProxies;

/// The field of the secret. It does not begin like our own: those count as forged when a client sends them.
pub const SECRET: &str = "x-forward-auth-secret";

/// Key `forward_auth`. Each proof that is configured has to be given.
#[derive(Clone, Debug)]
pub struct Callers {
    /// Key `callers`. Empty: from anywhere, with the secret.
    pub addresses: TrustedProxies,
    /// Key `secret`: the current one and those before it. Empty: none is asked for.
    pub secrets: Vec<Secret>,
    /// Who else is believed about the client's address: the proxies in front of the caller, and the callers.
    pub proxies: TrustedProxies,
    /// Key `max_answer_head`: the longest head of an answer that they read; nginx has 4096 by default.
    pub max_answer_head: usize,
}

/// Somebody who proved to be a caller. The only way to one is [`Callers::prove`].
#[derive(Debug)]
pub struct ProvenCaller {
    client: SocketAddr,
}

/// Which proof was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// It comes from an address that is not listed.
    Address(SocketAddr),
    /// It does not know the secret.
    Secret(SocketAddr),
}

impl Unproven {
    /// Who it was.
    pub fn peer(self) -> SocketAddr {
        match self {
            Self::Address(peer) | Self::Secret(peer) => peer,
        }
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ip = self.peer().ip().to_canonical();
        match self {
            Self::Address(_) => write!(f, "{ip} is not in forward_auth.callers"),
            Self::Secret(_) => write!(
                f,
                "{ip} did not send the secret of forward_auth.secret in X-Forward-Auth-Secret"
            ),
        }
    }
}

impl Callers {
    /// Whether the sender of these fields is one.
    pub fn prove(&self, peer: SocketAddr, headers: &HeaderMap) -> Result<ProvenCaller, Unproven> {
        let by_address = !self.addresses.is_empty();
        if by_address && !self.addresses.trust(peer.ip()) {
            return Err(Unproven::Address(peer));
        }
        let by_secret = !self.secrets.is_empty();
        if !(by_address || by_secret) || (by_secret && !self.knows_a_secret(headers)) {
            return Err(Unproven::Secret(peer));
        }
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        Ok(ProvenCaller {
            client: self.proxies.client_named_by(peer, headers),
        })
    }

    fn knows_a_secret(&self, headers: &HeaderMap) -> bool {
        let mut said = headers.get_all(SECRET).iter();
        let (Some(said), None) = (said.next(), said.next()) else {
            return false;
        };
        let said = Secret::new(said.as_bytes());
        self.secrets.contains(&said)
    }
}

impl ProvenCaller {
    /// Whom it asks for: the first in `X-Forwarded-For`, from the right, who is no proxy of ours.
    pub fn client(&self) -> SocketAddr {
        self.client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.5:9";
    const STRANGER: &str = "203.0.113.9:9";

    fn callers(networks: &[&str], secrets: &[&str]) -> Callers {
        let networks = || TrustedProxies::new(networks.iter().map(|network| network.parse().unwrap()));
        Callers {
            addresses: networks(),
            secrets: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
            proxies: networks(),
            max_answer_head: 4096,
        }
    }

    fn proves(callers: &Callers, peer: &str, secrets: &[&str]) -> bool {
        let headers = secrets
            .iter()
            .map(|secret| (http::HeaderName::from_static(SECRET), secret.parse().unwrap()));
        callers.prove(peer.parse().unwrap(), &headers.collect()).is_ok()
    }

    #[test]
    fn each_proof_that_is_configured_has_to_be_given() {
        let (address, secret) = (callers(&["10.0.0.5/32"], &[]), callers(&[], &["new", "old"]));
        let both = callers(&["10.0.0.5/32"], &["new"]);
        assert!(proves(&address, PROXY, &[]) && proves(&address, "[::ffff:10.0.0.5]:9", &[]));
        assert!(!proves(&address, STRANGER, &["new"]));
        assert!(proves(&secret, STRANGER, &["new"]) && proves(&secret, STRANGER, &["old"]));
        for wrong in [
            &[][..],
            &[""],
            &["newer"],
            &["ne"],
            &["new", "new"],
            &["new", "old"],
        ] {
            assert!(!proves(&secret, STRANGER, wrong), "{wrong:?}");
        }
        assert!(proves(&both, PROXY, &["new"]));
        assert!(!proves(&both, PROXY, &[]) && !proves(&both, STRANGER, &["new"]));
        assert!(!proves(&callers(&[], &[]), PROXY, &[]));
    }

    #[test]
    fn the_client_is_whom_the_caller_names() {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-forwarded-for"),
            "1.1.1.1, 192.0.2.7".parse().unwrap(),
        )]);
        let caller = callers(&["10.0.0.5/32"], &[]).prove(PROXY.parse().unwrap(), &headers);
        assert_eq!(caller.unwrap().client().to_string(), "192.0.2.7:0");
    }
}
