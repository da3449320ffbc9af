//! What an ID token says (OpenID Connect Core 1.0, section 3.1.3.7).

use serde_json::json;

use super::lie::Ends::SignedIn;
use super::lie::Row;
use super::lie::header;
use super::lie::on;
use super::lie::payload;
use super::lie::refused;
use crate::cases;
use crate::support::provider::Alg;
use crate::support::scene::Scene;
use crate::support::scene::Store;

fn set(name: &str, to: &serde_json::Value) -> serde_json::Value {
    payload(&json!([{ "set": name, "to": to }]))
}

/// The true issuer, but for this.
fn issuer(from: &str, to: &str) -> serde_json::Value {
    set("iss", &json!({ "$": "issuer", "replace": [from, to] }))
}

fn raw(name: &str, text: &str) -> serde_json::Value {
    payload(&json!([{ "set": name, "raw": text }]))
}

fn without(name: &str) -> serde_json::Value {
    payload(&json!([{ "delete": name }]))
}

cases! {
    Row, run = |row| on(&Scene::start(Alg::Es256, Store::Redis), row), rows = [
        Row {
            ids: &["T215"],
            sentence: "a token of another issuer is refused, byte for byte",
            inputs: || vec![
                (set("iss", &json!("https://evil.example")), refused("iss_mismatch")),
                (issuer("/api/v2", "/api/v2/"), refused("iss_mismatch")),
                (issuer("/api/v2", "/API/v2"), refused("iss_mismatch")),
                (issuer("http:", "HTTP:"), refused("iss_mismatch")),
                (issuer("http:", "https:"), refused("iss_mismatch")),
                (issuer("127.0.0.1", "localhost"), refused("iss_mismatch")),
                (issuer("/api/v2", ""), refused("iss_mismatch")),
                (without("iss"), refused("claim_missing")),
            ],
        },
        Row {
            ids: &["T216"],
            sentence: "a token without a subject is refused",
            inputs: || vec![
                (without("sub"), refused("claim_missing")),
                (set("sub", &json!("")), refused("sub_invalid")),
                (set("sub", &json!(null)), refused("claim_malformed")),
                (set("sub", &json!(7)), refused("claim_malformed")),
                (set("sub", &json!("x".repeat(256))), refused("sub_invalid")),
            ],
        },
        Row {
            ids: &["T217"],
            sentence: "a token for somebody else is refused",
            inputs: || vec![
                (set("aud", &json!("other")), refused("aud_mismatch")),
                (set("aud", &json!([])), refused("claim_missing")),
                (set("aud", &json!(["other"])), refused("aud_mismatch")),
                (set("aud", &json!("tests-extra")), refused("aud_mismatch")),
                (without("aud"), refused("claim_missing")),
            ],
        },
        Row {
            ids: &["T218"],
            sentence: "a token for us and somebody else, or by order of somebody else, is refused",
            inputs: || vec![
                (set("aud", &json!(["tests", "other"])), refused("aud_mismatch")),
                (
                    payload(&json!([{ "set": "aud", "to": ["tests", "other"] }, { "set": "azp", "to": "other" }])),
                    refused("aud_mismatch"),
                ),
                (
                    payload(&json!([{ "set": "aud", "to": ["tests", "other"] }, { "set": "azp", "to": "tests" }])),
                    refused("aud_mismatch"),
                ),
                (set("azp", &json!("other")), refused("azp_mismatch")),
                (set("azp", &json!("tests")), SignedIn),
                (set("aud", &json!(["tests"])), SignedIn),
            ],
        },
        Row {
            ids: &["T219"],
            sentence: "a token that does not say when it was made is refused",
            inputs: || vec![(without("iat"), refused("claim_missing"))],
        },
        Row {
            ids: &["T221"],
            sentence: "a token without an end, with one of another form, or past it is refused",
            inputs: || vec![
                (without("exp"), refused("claim_missing")),
                (set("exp", &json!({ "$": "now", "plus": -3600 })), refused("clock_expired")),
                (set("exp", &json!("9999999999")), refused("claim_malformed")),
                (raw("exp", "1e300"), refused("claim_malformed")),
                (raw("exp", "-1"), refused("claim_malformed")),
                (raw("exp", "9223372036854775808"), refused("claim_malformed")),
                (raw("exp", "1.5"), refused("clock_expired")),
                (raw("exp", "9999999999.5"), SignedIn),
            ],
        },
        Row {
            ids: &["T222"],
            sentence: "a token that is not valid yet, or says so in another form, is refused",
            inputs: || vec![
                (set("nbf", &json!("99999999999")), refused("claim_malformed")),
                (set("nbf", &json!({ "$": "now", "plus": 3600 })), refused("clock")),
                (set("iat", &json!({ "$": "now", "plus": 3600 })), refused("clock")),
            ],
        },
        Row {
            ids: &["T223"],
            sentence: "a token that answers another authorization request is refused",
            inputs: || vec![
                (without("nonce"), refused("claim_missing")),
                (set("nonce", &json!("0".repeat(64))), refused("nonce_mismatch")),
                (set("nonce", &json!("")), refused("nonce_mismatch")),
                (set("nonce", &json!(["a"])), refused("claim_malformed")),
                (set("nonce", &json!({ "$": "previous", "name": "nonce" })), refused("nonce_mismatch")),
            ],
        },
        Row {
            ids: &["T246"],
            sentence: "an at_hash that does not fit the access token is refused, one that fits is not",
            inputs: || vec![
                (set("at_hash", &json!("AAAAAAAAAAAAAAAAAAAAAA")), refused("at_hash_mismatch")),
                (set("at_hash", &json!({ "$": "at_hash" })), SignedIn),
            ],
        },
        Row {
            ids: &["T247"],
            sentence: "hashes of other flows are not read",
            inputs: || vec![(set("c_hash", &json!("AAAA")), SignedIn), (set("s_hash", &json!("AAAA")), SignedIn)],
        },
        Row {
            ids: &["T249"],
            sentence: "max_age is never asked for, so a token may leave auth_time out; one of another form is refused",
            inputs: || vec![
                (without("auth_time"), SignedIn),
                (set("auth_time", &json!("yesterday")), refused("claim_malformed")),
            ],
        },
        Row {
            ids: &["T250"],
            sentence: "a level that nobody knows, or none, is refused",
            inputs: || vec![
                (set("acr", &json!("eidas0")), refused("acr_unknown")),
                (set("acr", &json!("eidas22")), refused("acr_unknown")),
                (set("acr", &json!("EIDAS1")), refused("acr_unknown")),
                (without("acr"), refused("claim_missing")),
                (set("acr", &json!("eidas3")), SignedIn),
            ],
        },
        Row {
            ids: &["T251"],
            sentence: "methods of authentication of another form are refused",
            inputs: || vec![
                (set("amr", &json!("pwd")), refused("claim_malformed")),
                (set("amr", &json!(null)), refused("claim_malformed")),
                (set("amr", &json!(["fc", 1])), refused("claim_malformed")),
                (set("amr", &json!(["fc", "pwd"])), SignedIn),
            ],
        },
        Row {
            ids: &["T242"],
            sentence: "a member that stands twice is refused",
            inputs: || vec![
                (payload(&json!([{ "append": "\"sub\":\"evil\"" }])), refused("token_malformed")),
                (header(&json!([{ "append": "\"alg\":\"ES256\"" }])), refused("token_malformed")),
            ],
        },
        Row {
            ids: &["T243"],
            sentence: "what is no JSON in UTF-8 is refused",
            inputs: || vec![
                (payload(&json!([{ "base64": "eyJzdWIiOiL/In0=" }])), refused("token_malformed")),
                (payload(&json!([{ "text": "{\"sub\":\"\\ud800\"}" }])), refused("token_malformed")),
                (payload(&json!([{ "text": "[]" }])), refused("token_malformed")),
            ],
        },
    ]
}
