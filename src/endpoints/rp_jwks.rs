//! Our own public keys at the providers, for a provider to fetch: those for which it encrypts what it tells us, and the one
//! that signs the client's assertions.
//!
//! A provider takes the first key that fits. So the key in use is the first, and one that follows is appended.

use http::HeaderValue;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::jose::jwk_set::JwkSet;
use crate::jose::jwk_set::PublicJwk;
use crate::oidc::client_keys::PUBLISHED_FOR;
use crate::wire::response::Response;

/// The JWK Set (RFC 7517) of every entry, each key once.
pub fn answer(desk: &Desk) -> Result<Response, Failure> {
    let mut keys: Vec<&PublicJwk> = Vec::new();
    for party in desk.providers.values() {
        for key in party.settings().published_keys() {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    let set = serde_json::to_vec(&JwkSet { keys });
    let set = set.map_err(|_unserialisable| Failure::Internal("the key set could not be written"))?;
    let cacheable = format!("public, max-age={}", PUBLISHED_FOR.as_secs());
    let cacheable = HeaderValue::from_str(&cacheable)
        .map_err(|_not_a_value| Failure::Internal("the key set could not be described"))?;
    let mut response = Response::new(StatusCode::OK, "application/jwk-set+json", set);
    response.headers.insert(CACHE_CONTROL, cacheable);
    Ok(response)
}
