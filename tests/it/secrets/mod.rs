//! Secrets and what they open, as an operator handles them: Redis, the way to the provider, rotations, the configuration.

pub(crate) mod outbound;
pub(crate) mod redis;
pub(crate) mod rotation;

use crate::support::gateway::Place;

/// A line of the configuration gets more before it.
fn before(text: &str, line: &str, more: &str) -> String {
    assert!(text.contains(line), "no {line:?} in\n{text}");
    text.replace(line, &format!("{more}{line}"))
}

/// What the URL of Redis is from now on.
fn redis_url(place: &Place, url: &str) {
    place.secret("redis_url", url);
}
