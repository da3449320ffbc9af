//! Nobody is believed about addresses who is not a proxy of ours.

use std::net::IpAddr;
use std::net::SocketAddr;

use guichet::wire::client_address::Arrival;
use guichet::wire::client_address::TrustedProxies;
use guichet::wire::host::Host;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use ipnet::IpNet;
use openidconnect::url::Host as BrowsersHost;
use openidconnect::url::Url;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The proxies of the operator.
const PROXIES: [&str; 3] = ["10.0.0.0/8", "fd00::/8", "192.0.2.7/32"];
/// Whoever comes from here is nobody's proxy.
const STRANGER: &str = "203.0.113.9";

/// The first line is the address of the peer (a stranger's, if it is none), each other line a field. A stranger stays who they
/// are whatever they say; whom a proxy names is the first, from the right, that is no proxy; and what is said left of that
/// changes nothing.
pub fn forwarded_headers(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let peer = lines
        .next()
        .and_then(|line| str::from_utf8(line).ok()?.parse().ok());
    let peer = peer.unwrap_or_else(|| STRANGER.parse().unwrap());
    let headers: HeaderMap = lines.filter_map(field).collect();
    let proxies = TrustedProxies::new(PROXIES.map(|network| network.parse().unwrap()));
    client(&proxies, SocketAddr::new(peer, 9), &headers);
    for host in headers.get_all("host") {
        if let Ok(text) = host.to_str() {
            authority(text);
        }
    }
}

fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let value = value.get(1..)?.trim_ascii();
    Some((
        HeaderName::from_bytes(name).ok()?,
        HeaderValue::from_bytes(value).ok()?,
    ))
}

fn client(proxies: &TrustedProxies, peer: SocketAddr, headers: &HeaderMap) {
    let client = proxies.client_of(peer, headers);
    let itself = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    if !is_proxy(peer.ip()) {
        assert_eq!(client, itself, "a stranger was believed");
        let here = peer.ip().to_canonical().is_loopback();
        let arrival = proxies.arrival(peer, None, headers);
        assert_eq!(
            arrival == Arrival::AsPublished,
            here,
            "a stranger went past the proxies"
        );
        return;
    }
    let fields = headers.get_all(X_FORWARDED_FOR).iter();
    let named = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b','));
    let named: Vec<Option<SocketAddr>> = named.map(node).collect();
    let right = named
        .iter()
        .rposition(|name| name.is_none_or(|name| !is_proxy(name.ip())));
    let expected = match right.map(|at| named[at]) {
        Some(Some(address)) => address,
        Some(None) => itself,
        // None but proxies, from which something runs itself.
        None => named.first().map_or(itself, |name| name.unwrap()),
    };
    assert_eq!(client, expected, "among {named:?}");
    if right.is_some() {
        let said = ["10.0.0.1", "127.0.0.1", "evil", "\u{e9}", "10.0.0.1, evil, ,"];
        for left in said {
            let mut all: HeaderMap = HeaderMap::new();
            all.append(X_FORWARDED_FOR, HeaderValue::from_bytes(left.as_bytes()).unwrap());
            for (name, value) in headers {
                all.append(name, value.clone());
            }
            assert_eq!(proxies.client_of(peer, &all), client, "{left:?} was believed");
        }
    }
}

/// An address, with or without a port; one of IPv6 with a port stands between brackets.
fn node(name: &[u8]) -> Option<SocketAddr> {
    let name = str::from_utf8(name.trim_ascii()).ok()?;
    let (address, port) = match (name.rsplit_once(':'), name.strip_prefix('[')) {
        (_, Some(rest)) => {
            let (address, port) = rest.split_once(']')?;
            let address = IpAddr::V6(address.parse().ok()?);
            match port {
                "" => (address, None),
                port => (address, Some(port.strip_prefix(':')?)),
            }
        }
        (Some((address, port)), None) if !address.contains(':') => {
            (IpAddr::V4(address.parse().ok()?), Some(port))
        }
        _ => (name.parse().ok()?, None),
    };
    let digits = |port: &&str| port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.map_or(Some(0), |port| Some(port).filter(digits)?.parse().ok())?;
    Some(SocketAddr::new(address.to_canonical(), port))
}

fn is_proxy(address: IpAddr) -> bool {
    let address = address.to_canonical();
    PROXIES
        .iter()
        .any(|network| network.parse::<IpNet>().unwrap().contains(&address))
}

/// Whom we are asked for is whom a browser would have asked.
fn authority(text: &str) {
    let Ok(host) = Host::parse(text) else { return };
    assert_eq!(host.as_str(), text.to_ascii_lowercase());
    let said = match host.port() {
        Some(port) => format!("{}:{port}", host.name()),
        None => host.name().to_owned(),
    };
    assert!(
        said.len() <= text.len(),
        "{text:?} has more in it than it says: {said:?}"
    );
    // A browser refuses some names, and writes some numbers and names of other alphabets otherwise.
    let Ok(url) = Url::parse(&format!("http://{text}/")) else {
        return;
    };
    assert_eq!(
        (url.username(), url.path(), url.query()),
        ("", "/", None),
        "{text:?}"
    );
    assert_eq!(url.port(), host.port().filter(|port| *port != 80), "{text:?}");
    if let Some(BrowsersHost::Domain(name)) = url.host() {
        assert_eq!(name, host.name(), "{text:?}");
    }
}
