//! What a browser may cost: the bounds that an operator may need to change. Each is a key of `[limits]`, and a row of the
//! table in `docs/operations.md` that says why it is what it is; the bounds that nobody should touch stand in that table too.
//!
//! A connection keeps the limits that it began with.

use std::time::Duration;

/// The limits of one listener. The default is that of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections of browsers at once; beyond them one is closed as it comes.
    pub max_connections: usize,
    /// The same of one client network.
    pub connections_per_client: usize,
    /// Requests of one client network that are under way at once; beyond them 429.
    pub requests_per_client: usize,
    /// For the whole head of a request, from its first byte; the first one of a connection has to begin within it too.
    pub head_timeout: Duration,
    /// How long a connection is kept after an answer without the first byte of another request.
    pub keep_alive: Duration,
    /// How long a browser may take no byte of what waits for it.
    pub write_timeout: Duration,
    /// Longest head of a request, in bytes; beyond it 431.
    pub max_head: usize,
    /// Most fields of a request; beyond it 431.
    pub max_fields: usize,
    /// Longest body of a request, in bytes, for an app that says nothing about it; beyond it 413.
    pub max_body: u64,
    /// Longest form that an endpoint of ours reads, in bytes; beyond it 413.
    pub max_form: usize,
    /// How slowly a body may come.
    pub body: BodyPace,
    /// What holds for HTTP/2 alone.
    pub http2: Http2Limits,
}

/// A body may keep us waiting for `grace` in all, and for a second more with each `rate` bytes that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyPace {
    /// Key `body_grace`.
    pub grace: Duration,
    /// Key `body_rate`: bytes a second.
    pub rate: u64,
}

/// The bounds of one HTTP/2 connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http2Limits {
    /// Requests at once, as the browser is told; it has to wait with the next.
    pub streams: u32,
    /// Requests that a browser may take back unanswered within 30 seconds; beyond them the connection ends.
    pub resets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            connections_per_client: 512,
            requests_per_client: 128,
            head_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            write_timeout: Duration::from_mins(1),
            max_head: 32 * 1024,
            max_fields: 100,
            max_body: 1 << 30,
            max_form: 16 * 1024,
            body: BodyPace::default(),
            http2: Http2Limits::default(),
        }
    }
}

impl Default for BodyPace {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(20),
            rate: 500,
        }
    }
}

impl Default for Http2Limits {
    fn default() -> Self {
        Self {
            streams: 100,
            resets: 200,
        }
    }
}

impl BodyPace {
    /// How long a body of which so many bytes came may have kept us waiting.
    pub(in crate::gateway) fn allowance(&self, bytes: u64) -> Duration {
        let more = bytes.checked_div(self.rate).unwrap_or(u64::MAX);
        self.grace.saturating_add(Duration::from_secs(more))
    }
}
