//! `guichet healthcheck`: does the gateway that this configuration starts answer? For images that have no other program.
//!
//! One request of its own words over a plain connection to this machine. It asks the monitor whether the process is alive,
//! where there is one; else for the public keys. Neither needs a store or a provider: what is down elsewhere restarts nobody.

use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::config;
use crate::config::glance::Speaks;
use crate::monitor::listener::LIVEZ;
use crate::wire::host::Host;
use crate::wire::own_paths::OwnPath;

/// Shorter than the patience of anybody who starts a health check.
const PATIENCE: Duration = Duration::from_secs(2);

const WELL: &[u8] = b"HTTP/1.1 200 ";

/// Asks.
pub fn healthcheck(config: &Path, streams: &mut Streams<'_>) -> Exit {
    let glance = match config::glance(config) {
        Ok(glance) => glance,
        Err(errors) => return streams.say_unusable(&errors),
    };
    let (Some(listen), Some(host)) = (glance.listen, glance.host) else {
        streams.say_error("the configuration does not say where the gateway answers; see `guichet check`");
        return Exit::InvalidConfiguration;
    };
    let (address, path) = match (glance.monitor_listen, glance.speaks) {
        (Some(monitor), _) => (reachable(monitor), LIVEZ.to_owned()),
        (None, Speaks::Plain) => (reachable(listen), glance.own_paths.path(OwnPath::Jwks)),
        (None, Speaks::Tls) => {
            streams.say_error_with_help(
                "the listener speaks TLS, and there is no monitor to ask",
                "set server.monitor_listen, for example \"127.0.0.1:9090\"",
            );
            return Exit::InvalidConfiguration;
        }
    };
    match ask(address, &host, &path) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            streams.say_error(format_args!("no good answer from {address}: {error}"));
            Exit::Failure
        }
    }
}

/// Who listens everywhere is asked here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr, host: &Host, path: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut begins = [0; WELL.len()];
    stream.read_exact(&mut begins)?;
    if begins == WELL {
        Ok(())
    } else {
        Err(io::Error::other("it is not 200"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        let reachable = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(reachable("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(reachable("[::]:8080"), "[::1]:8080");
        assert_eq!(reachable("192.0.2.1:8080"), "192.0.2.1:8080");
    }
}
