//! The `Connection` field: what a head says about its own connection (RFC 9110, section 7.6.1).

use http::HeaderMap;
use http::HeaderValue;
use http::header::CONNECTION;

/// Its words, as they are written: options of the connection, and names of fields that belong to it.
pub fn words(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|word| !word.is_empty())
}

/// Says that nothing follows on this connection.
pub fn close(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}
