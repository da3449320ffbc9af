//! One field of a head.

use http::HeaderName;
use http::HeaderValue;

/// What HTTP/1.1 writes around name and value: colon, space, line end.
const AROUND: usize = 4;

/// What fields take in a head of HTTP/1.1, in bytes.
pub fn size_of<'a>(fields: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>) -> usize {
    fields
        .map(|(name, value)| name.as_str().len() + value.len() + AROUND)
        .sum()
}
