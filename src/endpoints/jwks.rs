//! The public keys of the assertion, for every application to fetch.

use http::HeaderValue;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::wire::response::Response;

/// The JWK Set (RFC 7517). It may be kept for five minutes: a new key is published longer than that before it signs.
pub fn answer(desk: &Desk) -> Result<Response, Failure> {
    let set = serde_json::to_vec(&desk.assertions.keys().jwk_set());
    let set = set.map_err(|_unserialisable| Failure::Internal("the key set could not be written"))?;
    let mut response = Response::new(StatusCode::OK, "application/jwk-set+json", set);
    response
        .headers
        .insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(response)
}
