//! A gateway before several servers of one application, and visitors that it tells apart by their addresses.

use std::fmt::Display;

use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::gateway::Place;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;
use crate::support::raw::exchange;
use crate::support::upstream::Received;
use crate::support::upstream::Upstream;
use crate::support::usual;

/// The executable, and the servers of its application `urbanisme`. Servers go after it.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) gateway: Executable,
    pub(super) servers: Vec<Upstream>,
}

impl Stage {
    /// So many servers; `keys` is what the app says besides.
    pub(super) fn of(count: usize, keys: &str) -> Self {
        let servers: Vec<Upstream> = (0..count).map(|_| Upstream::start()).collect();
        let urls: Vec<String> = servers.iter().map(Upstream::url).collect();
        let gateway = gateway(&urls, keys);
        Self { gateway, servers }
    }

    /// A request of a visitor at a public page.
    pub(super) fn ask(&self, visitor: usize, method: &str, fields: &str, body: &str) -> Answer {
        asked(&self.gateway, visitor, method, fields, body)
    }

    /// Which of the servers answers this visitor, by number; it receives one request.
    pub(super) fn server_of(&self, visitor: usize) -> usize {
        self.forget();
        assert_eq!(self.ask(visitor, "GET", "", "").status, 200);
        let served: Vec<usize> = self.received().into_iter().map(|(server, _)| server).collect();
        assert_eq!(served.len(), 1, "{served:?}");
        served[0]
    }

    /// A visitor whose server is this one.
    pub(super) fn visitor_of(&self, server: usize) -> usize {
        (0..100)
            .find(|visitor| self.server_of(*visitor) == server)
            .expect("it has no visitor")
    }

    /// Everything that the servers received, but the questions about their health.
    pub(super) fn received(&self) -> Vec<(usize, Received)> {
        let of = |(number, server): (usize, &Upstream)| {
            let received = server.received().into_iter();
            let received = received.filter(|received| !received.request_line().contains("/healthz"));
            received.map(|received| (number, received)).collect::<Vec<_>>()
        };
        self.servers.iter().enumerate().flat_map(of).collect()
    }

    pub(super) fn forget(&self) {
        self.servers.iter().for_each(Upstream::forget);
    }

    /// The value of a number at the monitor.
    pub(super) fn is_up(&self, server: usize) -> Option<bool> {
        let url = self.servers[server].url();
        let name = format!("guichet_upstream_up{{app=\"urbanisme\",upstream=\"{url}\"}} ");
        let metrics = monitored(&self.gateway, "/metrics").text();
        let value = metrics
            .lines()
            .find_map(|line| line.strip_prefix(name.as_str()))?
            .to_owned();
        Some(value == "1")
    }
}

/// Visitors are told apart by `X-Forwarded-For`; there is a monitor.
pub(super) fn gateway(upstreams: &[impl Display], keys: &str) -> Executable {
    let urls: Vec<String> = upstreams.iter().map(|url| format!("\"{url}\"")).collect();
    let upstreams = format!("upstreams = [{}]\n{keys}\n", urls.join(", "));
    Executable::start(&Start {
        edit: &|place, usual| edited(place, usual, &upstreams),
        ..Start::default()
    })
}

/// The usual configuration with these keys of the app.
pub(super) fn edited(place: &Place, usual: &str, upstreams: &str) -> String {
    let line = usual::upstreams(usual);
    let monitor = monitor_of(place.port());
    usual.replace(line, upstreams).replace(
        "[server]",
        &format!("[server]\ntrusted_proxies = [\"127.0.0.1\"]\nmonitor_listen = \"{monitor}\""),
    )
}

/// Another address of this machine, so that the port is free if the other one is.
fn monitor_of(port: u16) -> String {
    format!("127.0.0.2:{port}")
}

/// An answer of the monitor.
pub(super) fn monitored(gateway: &Executable, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n");
    exchange(monitor_of(gateway.place().port()).parse().unwrap(), request)
}

/// A request of a visitor at a public page.
pub(super) fn asked(gateway: &Executable, visitor: usize, method: &str, fields: &str, body: &str) -> Answer {
    let host = gateway.place().host();
    let request = format!(
        "{method} /public/{visitor} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 192.0.2.{visitor}\r\n{fields}\r\n{body}"
    );
    let mut client = RawClient::connect(gateway.address());
    client.send(request).try_answer(method).unwrap()
}
