//! What stands in a compact JWS, without a look at its signature.

use guichet::seal::from_base64url;
use serde_json::Value;

/// Its header.
pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

/// Its claims.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index);
    let bytes = from_base64url(part.unwrap_or_else(|| panic!("no JWS: {token}"))).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
