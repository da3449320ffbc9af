//! Discovery (OpenID Connect Discovery 1.0) with the members that FranceConnect publishes, and no other.

use serde_json::Value;
use serde_json::json;

use crate::provider::profile::Profile;
use crate::provider::profile::ResponseForm;
use crate::provider::profile::UserinfoForm;

/// The discovery document. It promises more than the provider accepts, as the real ones do.
pub(crate) fn document(profile: &Profile, issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let scopes: Vec<&str> = profile.scopes.iter().map(|(scope, _)| *scope).collect();
    let clients = &profile.clients;
    let mut document = json!({
        "acr_values_supported": profile.levels.served,
        "authorization_endpoint": at("/authorize"),
        "claims_parameter_supported": profile.request.knows("claims"),
        "claims_supported": claims_of(profile),
        "code_challenge_methods_supported": ["S256"],
        "end_session_endpoint": at("/session/end"),
        "grant_types_supported": ["authorization_code"],
        "issuer": issuer,
        "jwks_uri": at("/jwks"),
        "authorization_response_iss_parameter_supported":
            profile.answers.response == ResponseForm::NamesItsIssuer,
        "response_modes_supported": ["form_post", "fragment", "query"],
        "response_types_supported": ["code"],
        "scopes_supported": scopes,
        "subject_types_supported": ["pairwise"],
        "token_endpoint_auth_methods_supported": clients.announced_authentication,
        "token_endpoint_auth_signing_alg_values_supported": clients.assertion_signing,
        "token_endpoint": at("/token"),
        "id_token_signing_alg_values_supported": clients.announced_signing,
        "request_uri_parameter_supported": false,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": clients.announced_signing,
        "userinfo_endpoint": at("/userinfo"),
        "dpop_signing_alg_values_supported": ["ES256", "RS256"],
        "revocation_endpoint": at("/token/revocation"),
        "claim_types_supported": ["normal"],
    });
    if profile.answers.userinfo == UserinfoForm::Signed {
        announce(
            &mut document,
            "userinfo_signing_alg_values_supported",
            clients.announced_signing,
        );
    }
    if !clients.encryption.is_empty() {
        for message in ["id_token", "userinfo"] {
            announce(
                &mut document,
                &format!("{message}_encryption_alg_values_supported"),
                clients.encryption,
            );
            announce(
                &mut document,
                &format!("{message}_encryption_enc_values_supported"),
                &["A256GCM"],
            );
        }
    }
    document
}

/// Every claim to which a scope leads, and those of an ID token.
fn claims_of(profile: &Profile) -> Vec<&'static str> {
    let all = profile
        .scopes
        .iter()
        .flat_map(|(_, claims)| claims.iter().copied());
    let mut claims: Vec<&str> = all.collect();
    claims.sort_unstable();
    claims.dedup();
    claims.extend(["acr", "amr", "auth_time", "iss", "sid"]);
    claims
}

fn announce(document: &mut Value, member: &str, values: &[&str]) {
    if let Some(members) = document.as_object_mut() {
        members.insert(member.to_owned(), json!(values));
    }
}
