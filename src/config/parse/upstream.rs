//! The servers of an app, and the bounds of speaking to them.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::key::bounded_url;
use crate::config::parse::files;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::settings::ServerSettings;
use crate::config::surroundings::Surroundings;
use crate::config::url;
use crate::routing::app::App;
use crate::routing::upstream::Address;
use crate::routing::upstream::HealthCheck;
use crate::routing::upstream::HostHeader;
use crate::routing::upstream::Upstream;
use crate::routing::upstream::UpstreamLimits;
use crate::wire::host::Host;
use crate::wire::scheme::Scheme;
use crate::wire::target::RequestTarget;

const SHORT: Duration = Duration::from_millis(10);
/// More often than that a health check is a load.
const OFTEN: Duration = Duration::from_millis(100);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Of 108 bytes, the last of which ends it.
const LONGEST_SOCKET: usize = 107;

/// Reads the keys of an app that are about its servers.
pub fn upstreams(
    app: &Key,
    raw: &mut raw::App,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Vec<Arc<Upstream>>> {
    let addresses = addresses(&app.name("upstreams"), raw.upstreams.take(), findings);
    let limits = limits(app, raw, findings);
    let health_key = app.name("health");
    let health = raw.health.take().map(|raw| health(&health_key, raw, findings));
    let ca_key = app.name("ca_file");
    let is_named = raw.ca_file.is_some();
    let authorities = files::authorities(&ca_key, raw.ca_file.take(), surroundings, findings);
    let host_header = match raw.host_header.take()?.as_str() {
        "upstream" => HostHeader::Upstream,
        _ => HostHeader::Browser,
    };
    let addresses = addresses?;
    if is_named && !addresses.iter().any(is_encrypted) {
        findings.error(
            Code::UpstreamTls,
            &ca_key,
            "`ca_file` is given, and no upstream is https",
            "write https:// before the upstream if that server has TLS, or leave `ca_file` away",
        );
    }
    if host_header == HostHeader::Upstream && addresses.iter().any(|address| address.authority().is_none()) {
        findings.error(
            Code::Upstreams,
            &app.name("host_header"),
            "a Unix socket has no host that the application could be told",
            "leave `host_header` away: the application then hears the browser's",
        );
    }
    let health = match health {
        Some(read) => Some(read?),
        None => None,
    };
    let (authorities, limits) = (authorities?, limits?);
    let upstream = |address| {
        Arc::new(Upstream {
            address,
            authorities: authorities.clone(),
            host_header,
            health: health.clone(),
            limits: limits.clone(),
        })
    };
    Some(addresses.into_iter().map(upstream).collect())
}

fn is_encrypted(address: &Address) -> bool {
    matches!(
        address,
        Address::Origin {
            scheme: Scheme::Https,
            ..
        }
    )
}

fn limits(app: &Key, raw: &mut raw::App, findings: &mut Findings) -> Option<UpstreamLimits> {
    let websocket_key = app.name("websocket_idle_timeout");
    let websocket = words::duration(
        &websocket_key,
        raw.websocket_idle_timeout.take(),
        (SHORT, DAY),
        findings,
    );
    let mut duration = |name: &str, text: &mut Option<String>| {
        words::duration(&app.name(name), text.take(), (SHORT, HOUR), findings)
    };
    let connect_timeout = duration("connect_timeout", &mut raw.connect_timeout);
    let response_timeout = duration("response_timeout", &mut raw.response_timeout);
    let idle_timeout = duration("idle_timeout", &mut raw.idle_timeout);
    let keep_alive = duration("keep_alive", &mut raw.keep_alive);
    let is_bounded = raw.total_timeout.is_some();
    let total_timeout = duration("total_timeout", &mut raw.total_timeout);
    if is_bounded {
        total_timeout?;
    }
    Some(UpstreamLimits {
        connect_timeout: connect_timeout?,
        response_timeout: response_timeout?,
        idle_timeout: idle_timeout?,
        total_timeout,
        websocket_idle_timeout: websocket?,
        keep_alive: keep_alive?,
        max_connections: usize::try_from(raw.max_connections?).ok()?,
    })
}

fn health(key: &Key, raw: raw::Health, findings: &mut Findings) -> Option<HealthCheck> {
    let path_key = key.name("path");
    let interval = words::duration(&key.name("interval"), raw.interval, (OFTEN, HOUR), findings);
    let path = findings.required(&path_key, raw.path, "path = \"/healthz\"")?;
    match RequestTarget::parse(&path) {
        Ok(target) => Some(HealthCheck {
            target,
            interval: interval?,
        }),
        Err(error) => {
            let problem = format!("`{}` cannot be asked for: {error}", bounded(&path));
            let help = "write a path of the application that answers 200 while it is well: \"/healthz\"";
            findings.error(Code::Path, &path_key, problem, help);
            None
        }
    }
}

/// Whether an application is the gateway itself: each request would go round until no connection is left.
pub fn report_loops(server: &ServerSettings, apps: &[App], findings: &mut Findings) {
    let listens = [Some(server.listen), server.monitor_listen];
    let is_ours = |address: &Address| match address {
        Address::Origin { scheme, authority } => {
            let mut listens = listens.into_iter().flatten();
            listens.any(|ours| leads_to(*scheme, authority, ours))
        }
        Address::Socket(path) => server.admin_socket.as_ref() == Some(path),
    };
    for app in apps {
        let key = Key::ROOT.name("apps").item(app.position).name("upstreams");
        for (index, upstream) in app.upstreams().iter().enumerate() {
            if is_ours(&upstream.address) {
                findings.error(
                    Code::UpstreamIsOurs,
                    &key.item(index),
                    format!("`{}` is where the gateway itself listens", upstream.address),
                    "name the application's own address; the gateway's are server.listen, server.monitor_listen and \
                     server.admin_socket",
                );
            }
        }
    }
}

fn leads_to(scheme: Scheme, host: &Host, ours: SocketAddr) -> bool {
    if ours.port() == 0 || host.port_for(scheme) != ours.port() {
        return false;
    }
    let listens = ours.ip().to_canonical();
    let Some(target) = host.address().map(connected_to) else {
        return host.is_this_machine() && (listens.is_loopback() || listens.is_unspecified());
    };
    if listens.is_unspecified() {
        target.is_loopback() && (target.is_ipv4() || listens.is_ipv6())
    } else {
        target == listens
    }
}

/// Where no address in particular is named the system connects to this machine.
fn connected_to(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

fn addresses(key: &Key, list: Option<Vec<String>>, findings: &mut Findings) -> Option<Vec<Address>> {
    let list = list.filter(|list| !list.is_empty());
    let list = findings.required(key, list, "upstreams = [\"http://127.0.0.1:9000\"]")?;
    let count = list.len();
    let mut addresses: Vec<Address> = Vec::new();
    for (key, text) in words::elements(key, Some(list), findings) {
        let Some(address) = address(&key, &text, findings) else {
            continue;
        };
        if addresses.contains(&address) {
            let problem = format!("`{address}` is there twice");
            findings.error(Code::Upstreams, &key, problem, "name each server once");
        }
        addresses.push(address);
    }
    (addresses.len() == count).then_some(addresses)
}

fn address(key: &Key, text: &str, findings: &mut Findings) -> Option<Address> {
    if let Some(path) = text.strip_prefix("unix:") {
        return socket(key, path, findings);
    }
    let parts = match url::parse_origin(text) {
        Ok(parts) => parts,
        Err(error) => {
            findings.error(
                Code::Url,
                key,
                format!("`{}` {error}", bounded_url(text)),
                mend(text),
            );
            return None;
        }
    };
    if parts.scheme == Scheme::Http && !parts.host.is_this_machine() {
        findings.warning(
            Code::UpstreamInTheOpen,
            key,
            format!("identity headers travel to `{}` in the open", bounded_url(text)),
            "write https:// if that server has TLS, or make sure that nobody else is on the way",
        );
    }
    Some(Address::Origin {
        scheme: parts.scheme,
        authority: parts.host,
    })
}

/// What to write in the place of what is no address: the same server, if only the scheme is missing.
fn mend(text: &str) -> String {
    let with_scheme = format!("http://{text}");
    let example = match url::parse_origin(&with_scheme) {
        Ok(_) => bounded_url(&with_scheme),
        Err(_) => "http://127.0.0.1:9000".to_owned(),
    };
    format!(
        "write scheme, host and port and nothing else: \"{example}\"; or a socket: \"unix:/run/application.sock\""
    )
}

fn socket(key: &Key, path: &str, findings: &mut Findings) -> Option<Address> {
    let problem = if !path.starts_with('/') || path.ends_with('/') {
        format!("`{}` is not the whole path of a socket", bounded(path))
    } else if path.chars().any(char::is_control) {
        "the path of the socket has a control character".to_owned()
    } else if path.len() > LONGEST_SOCKET {
        format!(
            "the path has {} bytes, and that of a socket at most {LONGEST_SOCKET}",
            path.len()
        )
    } else {
        return Some(Address::Socket(PathBuf::from(path)));
    };
    let help = "begin at the root, as the application's server does: \"unix:/run/application.sock\"";
    findings.error(Code::SocketPath, key, problem, help);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lacks_its_scheme_alone_is_shown_with_it() {
        assert!(mend("app.internal:3000").contains("\"http://app.internal:3000\""));
        for text in [
            "app.internal:3000/x",
            "someone:s3cret@app.internal",
            "ftp://app.internal",
            "",
        ] {
            assert!(mend(text).contains("\"http://127.0.0.1:9000\""), "{text}");
        }
    }
}
