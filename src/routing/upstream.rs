//! A validated upstream: where an application listens, and how long and how often we try.

use std::time::Duration;

use crate::wire::host::Host;

/// How the gateway speaks to one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Plain or encrypted, always verified when encrypted.
    pub scheme: UpstreamScheme,
    /// Host and port of the application server.
    pub authority: Host,
    /// Which `Host` the application sees. Key `host_header`; absent: the browser's.
    pub host_header: HostHeader,
    /// Bounds of time and number.
    pub limits: UpstreamLimits,
}

/// The scheme of an upstream's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamScheme {
    /// Plain HTTP/1.1.
    Http,
    /// HTTP/1.1 over TLS, the certificate verified against the system's roots.
    Https,
}

impl UpstreamScheme {
    /// `http` or `https`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Whose name the application hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostHeader {
    /// The `Host` of the browser, byte for byte.
    Browser,
    /// The authority of the upstream's URL.
    Upstream,
}

/// The bounds of one upstream. Each has a key of an app and a default; the defaults are in [`UpstreamLimits::default`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// How long a connection may take to open, TLS included. Key `connect_timeout`.
    pub connect_timeout: Duration,
    /// How long the application may take until the head of its answer, from the end of the request's head. Key
    /// `response_timeout`.
    pub response_timeout: Duration,
    /// How long either body may stand still. Key `idle_timeout`.
    pub idle_timeout: Duration,
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
            keep_alive: Duration::from_secs(1),
            max_connections: 256,
        }
    }
}
