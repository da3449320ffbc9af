//! The public keys of the assertion, for every application to fetch.

use http::HeaderValue;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::identity_headers::signing_keys::PUBLISHED_FOR;
use crate::wire::response::Response;

/// The JWK Set (RFC 7517). It may be kept for a while: a new key is published longer than that before it signs.
pub fn answer(desk: &Desk) -> Result<Response, Failure> {
    let set = serde_json::to_vec(&desk.assertions.keys().jwk_set());
    let set = set.map_err(|_unserialisable| Failure::Internal("the key set could not be written"))?;
    let cacheable = format!("public, max-age={}", PUBLISHED_FOR.as_secs());
    let cacheable = HeaderValue::from_str(&cacheable)
        .map_err(|_not_a_value| Failure::Internal("the key set could not be described"))?;
    let mut response = Response::new(StatusCode::OK, "application/jwk-set+json", set);
    response.headers.insert(CACHE_CONTROL, cacheable);
    Ok(response)
}
