//! The application server of an app, and the bounds of speaking to it.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded_url;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::settings::ServerSettings;
use crate::config::url;
use crate::routing::app::App;
use crate::routing::upstream::HostHeader;
use crate::routing::upstream::Upstream;
use crate::routing::upstream::UpstreamLimits;
use crate::routing::upstream::UpstreamScheme;
use crate::wire::host::Host;

const SHORT: Duration = Duration::from_millis(10);
const HOUR: Duration = Duration::from_hours(1);

/// Reads the keys of an app that are about its server.
pub fn upstream(app: &Key, raw: &mut raw::App, findings: &mut Findings) -> Option<Upstream> {
    let address = address(&app.name("upstreams"), raw.upstreams.take(), findings);
    let mut duration = |name: &str, text: &mut Option<String>, most: Duration| {
        words::duration(&app.name(name), text.take(), (SHORT, most), findings)
    };
    let connect_timeout = duration("connect_timeout", &mut raw.connect_timeout, HOUR);
    let response_timeout = duration("response_timeout", &mut raw.response_timeout, HOUR);
    let idle_timeout = duration("idle_timeout", &mut raw.idle_timeout, HOUR);
    let keep_alive = duration("keep_alive", &mut raw.keep_alive, HOUR);
    let (scheme, authority) = address?;
    Some(Upstream {
        scheme,
        authority,
        host_header: match raw.host_header.take()?.as_str() {
            "upstream" => HostHeader::Upstream,
            _ => HostHeader::Browser,
        },
        limits: UpstreamLimits {
            connect_timeout: connect_timeout?,
            response_timeout: response_timeout?,
            idle_timeout: idle_timeout?,
            keep_alive: keep_alive?,
            max_connections: usize::try_from(raw.max_connections?).ok()?,
        },
    })
}

/// Whether an application is the gateway itself: each request would go round until no connection is left.
pub fn report_loops(server: &ServerSettings, apps: &[App], findings: &mut Findings) {
    for app in apps {
        let Some(upstream) = app.upstream() else {
            continue;
        };
        let authority = &upstream.authority;
        let ours = [Some(server.listen), server.monitor_listen];
        if ours.into_iter().flatten().any(|ours| leads_to(upstream, ours)) {
            let key = Key::ROOT
                .name("apps")
                .item(app.position)
                .name("upstreams")
                .item(0);
            findings.error(
                Code::UpstreamIsOurs,
                &key,
                format!("`{authority}` is where the gateway itself listens"),
                "name the application's own address and port; the gateway's are server.listen and server.monitor_listen",
            );
        }
    }
}

fn leads_to(upstream: &Upstream, ours: SocketAddr) -> bool {
    let usual = match upstream.scheme {
        UpstreamScheme::Http => 80,
        UpstreamScheme::Https => 443,
    };
    let host = &upstream.authority;
    if ours.port() == 0 || host.port().unwrap_or(usual) != ours.port() {
        return false;
    }
    match host.name().trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) if ours.ip().is_unspecified() => {
            (ip.is_loopback() || ip.is_unspecified()) && (ip.is_ipv4() || ours.is_ipv6())
        }
        Ok(ip) => ip == ours.ip(),
        Err(_name) => host.is_loopback() && (ours.ip().is_loopback() || ours.ip().is_unspecified()),
    }
}

fn address(key: &Key, list: Option<Vec<String>>, findings: &mut Findings) -> Option<(UpstreamScheme, Host)> {
    let list = list.filter(|list| !list.is_empty());
    let list = findings.required(key, list, "upstreams = [\"http://127.0.0.1:8080\"]")?;
    if list.len() > 1 {
        let problem = format!("an app has one upstream, here are {}", list.len());
        findings.error(
            Code::Upstreams,
            key,
            problem,
            "put a balancer in front of several servers",
        );
        return None;
    }
    let (key, text) = words::elements(key, Some(list), findings).pop()?;
    let parts = match url::parse_origin(&text) {
        Ok(parts) => parts,
        Err(error) => {
            let help = "write scheme, host and port and nothing else: \"http://127.0.0.1:8080\"";
            findings.error(Code::Url, &key, format!("`{}` {error}", bounded_url(&text)), help);
            return None;
        }
    };
    if parts.scheme == "http" && !parts.host.is_loopback() {
        findings.warning(
            Code::UpstreamInTheOpen,
            &key,
            format!("identity headers travel to `{}` in the open", bounded_url(&text)),
            "write https:// if that server has TLS, or make sure that nobody else is on the way",
        );
    }
    let scheme = match parts.scheme {
        "https" => UpstreamScheme::Https,
        _ => UpstreamScheme::Http,
    };
    Some((scheme, parts.host))
}
