//! Every redirect URI of ours as one document (OpenID Connect Core 1.0, section 8.1): a provider wants it where one client
//! has several hosts, so that a person has one `sub` at all of them.

use http::HeaderValue;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::wire::response::Response;

/// The JSON array. The provider fetches it when the client is registered, and perhaps at each login.
pub fn answer(desk: &Desk) -> Result<Response, Failure> {
    let uris = serde_json::to_vec(&desk.redirect_uris)
        .map_err(|_unserialisable| Failure::Internal("the redirect URIs could not be written"))?;
    let mut response = Response::new(StatusCode::OK, "application/json", uris);
    response
        .headers
        .insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(response)
}
