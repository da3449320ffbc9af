//! Who asks: the peer of the connection, or whom the proxies in front name if the operator listed them.
//!
//! `X-Forwarded-For` is the one field that is read; `Forwarded` (RFC 7239) and its many neighbours are not. What cannot be
//! read leads to the peer, who is known for certain.

use std::net::IpAddr;
use std::net::SocketAddr;

use http::HeaderMap;
use http::HeaderName;
use ipnet::IpNet;
use ipnet::Ipv4Net;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The proxies whose `X-Forwarded-*` are believed. Nobody, unless listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// How a request came to a listener without TLS, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing says that the browser spoke in the open.
    AsPublished,
    /// Past the proxies that are listed, or one of them says that the browser spoke plain http.
    InTheOpen,
}

/// What the connection knows of a request, and its head cannot say: who asks, and how it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Who holds the other end of the connection.
    pub peer: SocketAddr,
    /// Whom the answer is for: the peer of the connection, or whom a trusted proxy named; then the port is 0, unless it was
    /// named as well.
    pub client: SocketAddr,
    /// Whether it came as the site is published.
    pub arrival: Arrival,
}

impl Provenance {
    /// Of a request that nobody doubts came as it should.
    pub const fn as_published(client: SocketAddr) -> Self {
        Self {
            peer: client,
            client,
            arrival: Arrival::AsPublished,
        }
    }
}

impl TrustedProxies {
    /// These networks. An IPv4 network in its IPv6 spelling is an IPv4 network.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().map(canonical).collect())
    }

    /// Whom the answer is for. Walks `X-Forwarded-For` from its right end, where each proxy adds whom it saw, to the first
    /// address that is no proxy of ours. What stands further left was said by that client, and is not looked at.
    ///
    /// The port is 0 where a proxy named the client by an address only, as nearly all do. Azure Application Gateway writes
    /// `IP:port`.
    pub fn client_of(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        if !self.trust(peer.ip()) {
            return peer;
        }
        self.client_named_by(peer, headers)
    }

    /// The same for a peer who is believed whoever is listed: it proved itself in another way.
    pub fn client_named_by(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let mut client = peer;
        for field in headers.get_all(X_FORWARDED_FOR).iter().rev() {
            for named in field.as_bytes().rsplit(|byte| *byte == b',') {
                let Some(named) = address(named) else {
                    return peer;
                };
                client = SocketAddr::new(named.ip().to_canonical(), named.port());
                if !self.trust(client.ip()) {
                    return client;
                }
            }
        }
        client
    }

    /// Whether a listener without TLS should take the request for one that came by TLS to a proxy in front.
    ///
    /// Without a list nothing is known. This machine itself, on loopback or by its `own` address, is always allowed if it is
    /// no proxy: what runs here may ask how we are. A proxy that says both words stands behind another one that ended TLS.
    pub fn arrival(&self, peer: SocketAddr, own: Option<IpAddr>, headers: &HeaderMap) -> Arrival {
        let peer = peer.ip().to_canonical();
        if self.0.is_empty() {
            return Arrival::AsPublished;
        }
        if !self.trust(peer) {
            return if peer.is_loopback() || own == Some(peer) {
                Arrival::AsPublished
            } else {
                Arrival::InTheOpen
            };
        }
        let fields = headers.get_all(X_FORWARDED_PROTO).iter();
        let mut words = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b','));
        let said = headers.contains_key(X_FORWARDED_PROTO);
        if said && words.all(|word| word.trim_ascii().eq_ignore_ascii_case(b"http")) {
            Arrival::InTheOpen
        } else {
            Arrival::AsPublished
        }
    }

    /// Whether everybody in a network is.
    pub fn trust_all_of(&self, network: IpNet) -> bool {
        let network = canonical(network);
        self.0.iter().any(|ours| ours.contains(&network))
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is one of theirs.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Each part by itself: what stands left of the address that is looked for is a stranger's, and may be no text at all. An
/// address with its port, or one of IPv6 between brackets, is an address as well (RFC 7239, section 6).
fn address(named: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(named.trim_ascii()).ok()?;
    let alone = |text: &str| text.parse().ok().map(|address| SocketAddr::new(address, 0));
    let bracketed = || {
        let inside = text.strip_prefix('[')?.strip_suffix(']')?;
        inside
            .parse()
            .ok()
            .map(|address| SocketAddr::new(IpAddr::V6(address), 0))
    };
    // A zone (`%1`) means something on one machine only.
    let with_port = || text.parse().ok().filter(|_| !text.contains('%'));
    alone(text).or_else(with_port).or_else(bracketed)
}

/// `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match network.addr().to_canonical() {
        IpAddr::V4(address) => network
            .prefix_len()
            .checked_sub(96)
            .and_then(|length| Ipv4Net::new(address, length).ok()),
        IpAddr::V6(_) => None,
    };
    match (network, mapped) {
        (IpNet::V6(_), Some(mapped)) => mapped.into(),
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &[&str]) -> TrustedProxies {
        TrustedProxies::new(networks.iter().map(|network| network.parse().unwrap()))
    }

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    fn client(networks: &[&str], peer: &str, values: &[&str]) -> String {
        let headers = headers(&X_FORWARDED_FOR, values);
        let peer = SocketAddr::new(peer.parse().unwrap(), 9);
        proxies(networks).client_of(peer, &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_who_is_not_listed() {
        assert_eq!(client(&[], "127.0.0.1", &["6.6.6.6"]), "127.0.0.1:9");
        assert_eq!(
            client(&["10.0.0.0/8"], "203.0.113.9", &["127.0.0.1"]),
            "203.0.113.9:9"
        );
    }

    #[test]
    fn the_client_is_the_first_from_the_right_who_is_no_proxy_of_ours() {
        let named = |values: &[&str]| client(&["10.0.0.0/8"], "10.0.0.1", values);
        assert_eq!(named(&["1.1.1.1, 6.6.6.6, 10.0.0.2"]), "6.6.6.6:0");
        assert_eq!(named(&["1.1.1.1", "6.6.6.6", "10.0.0.2"]), "6.6.6.6:0");
        assert_eq!(named(&["evil, 6.6.6.6"]), "6.6.6.6:0");
        assert_eq!(named(&["\u{e9}, 6.6.6.6, 10.0.0.2"]), "6.6.6.6:0");
        assert_eq!(named(&["\u{e9}", "6.6.6.6"]), "6.6.6.6:0");
        assert_eq!(named(&["10.0.0.3, 10.0.0.2"]), "10.0.0.3:0");
        assert_eq!(named(&["2001:db8::1"]), "[2001:db8::1]:0");
        assert_eq!(named(&["1.1.1.1, 6.6.6.6:443, 10.0.0.2:1"]), "6.6.6.6:443");
        assert_eq!(named(&["[2001:db8::1]:443"]), "[2001:db8::1]:443");
        assert_eq!(named(&["[2001:db8::1]"]), "[2001:db8::1]:0");
        assert_eq!(named(&["[::ffff:6.6.6.6]:9"]), "6.6.6.6:9");
        assert_eq!(named(&[]), "10.0.0.1:9");
    }

    #[test]
    fn what_is_no_address_leads_to_the_peer() {
        for garbage in [
            "unknown",
            "_hidden",
            "1.2.3.4:",
            "1.2.3.4:65536",
            "[1.2.3.4]",
            "[::1",
            "[::1]:",
            "[fe80::1%1]:9",
            "0x7f.1",
            "127.1",
            "010.0.0.1",
            "6.6.6.6,",
            "",
            "1.2.3.4 5.6.7.8",
            "\u{e9}",
        ] {
            let found = client(&["10.0.0.0/8"], "10.0.0.1", &[garbage]);
            assert_eq!(found, "10.0.0.1:9", "{garbage}");
        }
    }

    #[test]
    fn an_ipv4_address_is_one_in_either_spelling() {
        assert_eq!(
            client(&["10.0.0.1/32"], "::ffff:10.0.0.1", &["6.6.6.6"]),
            "6.6.6.6:0"
        );
        assert_eq!(
            client(&["::ffff:10.0.0.0/104"], "10.0.0.1", &["6.6.6.6"]),
            "6.6.6.6:0"
        );
        assert_eq!(
            client(
                &["10.0.0.0/8", "127.0.0.0/8"],
                "10.0.0.1",
                &["6.6.6.6, ::ffff:127.0.0.1"]
            ),
            "6.6.6.6:0"
        );
    }

    #[test]
    fn a_network_is_trusted_as_a_whole_or_not() {
        let all_of =
            |networks: &[&str], network: &str| proxies(networks).trust_all_of(network.parse().unwrap());
        assert!(all_of(&["10.0.0.0/8"], "10.1.0.0/16") && all_of(&["10.0.0.5/32"], "10.0.0.5/32"));
        assert!(
            all_of(&["10.0.0.0/8"], "::ffff:10.0.0.5/128") && all_of(&["::ffff:10.0.0.0/104"], "10.0.0.5/32")
        );
        assert!(!all_of(&[], "10.0.0.5/32") && !all_of(&["10.0.0.0/16"], "10.0.0.0/8"));
    }

    #[test]
    fn in_the_open_came_who_went_around_the_proxies_or_spoke_plain_http_to_them() {
        let arrival = |networks: &[&str], peer: &str, said: &[&str]| {
            let headers = headers(&X_FORWARDED_PROTO, said);
            proxies(networks).arrival(SocketAddr::new(peer.parse().unwrap(), 9), None, &headers)
        };
        let listed = &["10.0.0.1/32"];
        assert_eq!(arrival(listed, "10.0.0.1", &["https"]), Arrival::AsPublished);
        assert_eq!(arrival(listed, "10.0.0.1", &[]), Arrival::AsPublished);
        assert_eq!(
            arrival(listed, "10.0.0.1", &["https, http"]),
            Arrival::AsPublished
        );
        assert_eq!(arrival(listed, "10.0.0.1", &["HTTP"]), Arrival::InTheOpen);
        assert_eq!(arrival(listed, "203.0.113.9", &["https"]), Arrival::InTheOpen);
        assert_eq!(arrival(listed, "127.0.0.1", &[]), Arrival::AsPublished);
        assert_eq!(arrival(&[], "203.0.113.9", &["http"]), Arrival::AsPublished);
    }
}
