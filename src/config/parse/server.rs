//! `server`: where the process listens, whom it believes, how it ends.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::settings::ServerSettings;
use crate::config::settings::TlsFiles;
use crate::config::surroundings::Surroundings;
use crate::gateway::listener::Hsts;
use crate::wire::own_paths::OwnPaths;

/// Of 107 bytes; the rest is for the name that a socket has until it is ours alone.
const LONGEST_SOCKET: usize = 95;

/// Reads the table.
pub fn server(
    raw: Option<raw::Server>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<ServerSettings> {
    let key = Key::ROOT.name("server");
    let raw = raw?;
    let listen = address(&key.name("listen"), raw.listen, findings);
    let own_paths = own_paths(
        &key.name("reserved_prefix"),
        raw.reserved_prefix.as_deref(),
        findings,
    );
    let monitor_listen = address(&key.name("monitor_listen"), raw.monitor_listen, findings);
    if let (Some(ours), Some(monitor)) = (listen, monitor_listen)
        && ours == monitor
    {
        findings.error(
            Code::Listen,
            &key.name("monitor_listen"),
            format!("`{monitor}` is where browsers are served"),
            "give probes and metrics a port of their own: \"127.0.0.1:9090\"",
        );
    }
    let trusted_proxies = words::elements(&key.name("trusted_proxies"), raw.trusted_proxies, findings);
    let trusted_proxies = trusted_proxies
        .into_iter()
        .filter_map(|(key, text)| network(&key, &text, findings))
        .collect();
    let shutdown_delay = within(
        &key.name("shutdown_delay"),
        raw.shutdown_delay,
        Duration::ZERO,
        findings,
    );
    let drain_timeout = within(
        &key.name("drain_timeout"),
        raw.drain_timeout,
        Duration::from_secs(1),
        findings,
    );
    let tls = raw
        .tls
        .and_then(|raw| tls(&key.name("tls"), raw, surroundings, findings));
    Some(ServerSettings {
        listen: listen?,
        own_paths: own_paths?,
        monitor_listen,
        admin_socket: match raw.admin_socket {
            Some(path) => Some(admin_socket(
                &key.name("admin_socket"),
                surroundings.resolve(&path),
                findings,
            )?),
            None => None,
        },
        trusted_proxies,
        shutdown_delay: shutdown_delay?,
        drain_timeout: drain_timeout?,
        tls,
        hsts: hsts(raw.hsts.as_deref()),
    })
}

/// A path in one spelling: it becomes part of what is registered at providers, byte for byte.
fn own_paths(key: &Key, text: Option<&str>, findings: &mut Findings) -> Option<OwnPaths> {
    let text = text?;
    let own_paths = OwnPaths::parse(text);
    if own_paths.is_none() {
        findings.error(
            Code::ReservedPrefix,
            key,
            format!(
                "`{}` is no path that the gateway can keep for itself",
                bounded(text)
            ),
            "write a slash and a name of letters, digits, -, ., _ and ~, of 64 bytes at most: \"/_guichet\"",
        );
    }
    own_paths
}

/// The schema let no other word pass.
fn hsts(word: Option<&str>) -> Hsts {
    match word {
        Some("subdomains") => Hsts::Subdomains,
        Some("off") => Hsts::Off,
        _ => Hsts::Host,
    }
}

/// An IP address and a port.
pub fn address(key: &Key, text: Option<String>, findings: &mut Findings) -> Option<SocketAddr> {
    let text = text?;
    let address = text.parse();
    if address.is_err() {
        let problem = format!("`{}` is no address to listen on", bounded(&text));
        let help = "write an IP address and a port: \"0.0.0.0:8080\", \"127.0.0.1:8080\", \"[::]:8080\"";
        findings.error(Code::Listen, key, problem, help);
    }
    address.ok()
}

/// A file with a name that the system can bind.
fn admin_socket(key: &Key, path: PathBuf, findings: &mut Findings) -> Option<PathBuf> {
    let length = path.as_os_str().len();
    if length <= LONGEST_SOCKET && path.file_name().is_some() {
        return Some(path);
    }
    let problem = if length > LONGEST_SOCKET {
        format!("the path has {length} bytes, and that of a socket at most {LONGEST_SOCKET}")
    } else {
        "the path names no file".to_owned()
    };
    findings.error(
        Code::SocketPath,
        key,
        problem,
        "write a short one, in a folder of this user alone: \"/run/guichet/admin.sock\"",
    );
    None
}

/// Somebody in particular. A network of everybody would let every client say who it is.
pub fn network(key: &Key, text: &str, findings: &mut Findings) -> Option<IpNet> {
    let network = text
        .parse::<IpNet>()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    match network {
        Some(network) if network.prefix_len() > 0 => Some(network.trunc()),
        Some(_everybody) => {
            let problem = format!("`{}` trusts everybody", bounded(text));
            let help = "list the proxies themselves: \"10.0.0.5\", \"10.0.0.0/24\"";
            findings.error(Code::TrustedProxy, key, problem, help);
            None
        }
        None => {
            let problem = format!("`{}` is no address and no network", bounded(text));
            let help = "write an IP address or a network: \"10.0.0.5\", \"10.0.0.0/24\", \"fd00::/8\"";
            findings.error(Code::TrustedProxy, key, problem, help);
            None
        }
    }
}

fn within(key: &Key, text: Option<String>, least: Duration, findings: &mut Findings) -> Option<Duration> {
    words::duration(key, text, (least, Duration::from_mins(10)), findings)
}

fn tls(key: &Key, raw: raw::Tls, surroundings: &Surroundings, findings: &mut Findings) -> Option<TlsFiles> {
    let cert_file = findings.required(
        &key.name("cert_file"),
        raw.cert_file,
        "cert_file = \"tls/cert.pem\"",
    );
    let key_file = findings.required(&key.name("key_file"), raw.key_file, "key_file = \"tls/key.pem\"");
    Some(TlsFiles {
        cert_file: surroundings.resolve(&cert_file?),
        key_file: surroundings.resolve(&key_file?),
    })
}
