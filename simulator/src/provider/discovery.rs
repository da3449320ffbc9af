//! Discovery (OpenID Connect Discovery 1.0) with the members that FranceConnect (low) publishes, and no other.

use serde_json::Value;
use serde_json::json;

use crate::provider::scopes::SCOPES;

/// The discovery document. It promises more than the provider accepts, as the real one does.
pub(crate) fn document(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let mut claims: Vec<&str> = SCOPES
        .iter()
        .flat_map(|(_, claims)| claims.iter().copied())
        .collect();
    claims.sort_unstable();
    claims.dedup();
    claims.extend(["acr", "amr", "auth_time", "iss", "sid"]);
    let scopes: Vec<&str> = SCOPES.iter().map(|(scope, _)| *scope).collect();
    json!({
        "acr_values_supported": ["eidas1"],
        "authorization_endpoint": at("/authorize"),
        "claims_parameter_supported": true,
        "claims_supported": claims,
        "code_challenge_methods_supported": ["S256"],
        "end_session_endpoint": at("/session/end"),
        "grant_types_supported": ["authorization_code"],
        "issuer": issuer,
        "jwks_uri": at("/jwks"),
        "authorization_response_iss_parameter_supported": true,
        "response_modes_supported": ["form_post", "fragment", "query"],
        "response_types_supported": ["code"],
        "scopes_supported": scopes,
        "subject_types_supported": ["pairwise"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256"],
        "token_endpoint": at("/token"),
        "id_token_signing_alg_values_supported": ["HS256", "ES256", "RS256"],
        "request_uri_parameter_supported": false,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": ["HS256", "ES256", "RS256"],
        "userinfo_endpoint": at("/userinfo"),
        "userinfo_signing_alg_values_supported": ["HS256", "ES256", "RS256"],
        "dpop_signing_alg_values_supported": ["ES256", "RS256"],
        "revocation_endpoint": at("/token/revocation"),
        "claim_types_supported": ["normal"],
    })
}
