//! A validated upstream: where one server of an application listens, and how long and how often we try.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::wire::authorities::Authorities;
use crate::wire::host::Host;
use crate::wire::scheme::Scheme;
use crate::wire::target::RequestTarget;

/// One server of an application, and how the gateway speaks to it. Connections are kept under the whole of it: a server of
/// which anything changed is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Where it listens.
    pub address: Address,
    /// Who may vouch for it. Key `ca_file`; absent: whom the machine believes.
    pub authorities: Option<Authorities>,
    /// Which `Host` the application sees. Key `host_header`; absent: the browser's.
    pub host_header: HostHeader,
    /// How it is asked whether it is well. Key `health`; absent: it is not asked.
    pub health: Option<HealthCheck>,
    /// Bounds of time and number.
    pub limits: UpstreamLimits,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// On a host and a port.
    Origin {
        /// HTTP/1.1 in the open; or over TLS, the certificate verified against the name in the URL.
        scheme: Scheme,
        /// Host and port, without a port that the scheme has by default.
        authority: Host,
    },
    /// On a Unix socket of this machine, in plain HTTP/1.1.
    Socket(PathBuf),
}

impl Address {
    /// Host and port; a socket has none.
    pub fn authority(&self) -> Option<&Host> {
        match self {
            Self::Origin { authority, .. } => Some(authority),
            Self::Socket(_) => None,
        }
    }
}

/// As in the file: `http://127.0.0.1:8080`, `unix:/run/application.sock`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin { scheme, authority } => write!(f, "{scheme}://{authority}"),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Whose name the application hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostHeader {
    /// The `Host` of the browser, byte for byte.
    Browser,
    /// The authority of the upstream's URL. Never of a socket, which has none.
    Upstream,
}

/// How a server is asked whether it is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// What it is asked for. Key `health.path`.
    pub target: RequestTarget,
    /// From one answer to the next question. Key `health.interval`.
    pub interval: Duration,
}

/// The bounds of one upstream. Each has a key of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// How long a connection may take to open, TLS included. Key `connect_timeout`.
    pub connect_timeout: Duration,
    /// How long the application may take until the head of its answer, from the end of the request's head. Key
    /// `response_timeout`.
    pub response_timeout: Duration,
    /// How long either body may stand still. Key `idle_timeout`.
    pub idle_timeout: Duration,
    /// How long an exchange may take altogether, from the first byte that is sent to the last one that comes. Key
    /// `total_timeout`; absent: as long as something moves, for what is long and moves is a download.
    pub total_timeout: Option<Duration>,
    /// How long neither side of a WebSocket may say anything. Key `websocket_idle_timeout`.
    pub websocket_idle_timeout: Duration,
    /// How long an unused connection is kept. Application servers close theirs after 2 to 5 s; one that is being closed
    /// while we write on it costs somebody a request. Key `keep_alive`.
    pub keep_alive: Duration,
    /// Most connections that are in use at once; beyond them 503. Key `max_connections`.
    pub max_connections: usize,
}

impl Default for UpstreamLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_mins(1),
            idle_timeout: Duration::from_mins(1),
            total_timeout: None,
            websocket_idle_timeout: Duration::from_hours(1),
            keep_alive: Duration::from_secs(1),
            max_connections: 256,
        }
    }
}

impl Upstream {
    /// A server at a host and port, as it is when nothing else is said about it.
    pub fn at(scheme: Scheme, authority: Host) -> Self {
        Self {
            address: Address::Origin { scheme, authority },
            authorities: None,
            host_header: HostHeader::Browser,
            health: None,
            limits: UpstreamLimits::default(),
        }
    }
}
