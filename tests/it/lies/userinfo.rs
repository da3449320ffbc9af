//! What userinfo says, and who says it (OpenID Connect Core 1.0, section 5.3).

use serde_json::Value;
use serde_json::json;

use super::lie::Ends::Refused;
use super::lie::Ends::SignedIn;
use super::lie::Row;
use super::lie::on;
use super::lie::refused;
use super::lie::tells;
use crate::cases;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::scene::Scene;
use crate::support::scene::Store;

fn set(name: &str, to: &Value) -> Value {
    json!({ "target": "userinfo", "payload": [{ "set": name, "to": to }] })
}

/// A person of whom everything is known twice over.
fn five_hundred(target: &str) -> Value {
    let edits: Vec<Value> = (0..500)
        .map(|number| json!({ "set": format!("extra_{number}"), "to": { "deep": [number, { "x": "y" }] } }))
        .collect();
    json!({ "target": target, "payload": edits })
}

cases! {
    Row, run = |row| on(&Scene::start(Alg::Es256, Store::Redis), row), rows = [
        Row {
            ids: &["T254"],
            sentence: "claims that nobody asked for are not told",
            inputs: || vec![(five_hundred("userinfo"), SignedIn), (five_hundred("id_token"), SignedIn)],
        },
        Row {
            ids: &["F013"],
            sentence: "every claim but the subject may be missing",
            inputs: || vec![(
                json!({ "target": "userinfo", "payload": [
                    { "delete": "given_name" }, { "delete": "given_name_array" }, { "delete": "family_name" },
                    { "delete": "birthdate" }, { "delete": "gender" }, { "delete": "birthplace" },
                    { "delete": "birthcountry" }, { "set": "email", "to": null },
                ] }),
                SignedIn,
            )],
        },
        Row {
            ids: &["T257"],
            sentence: "the claims of somebody else, or of nobody, are no one's",
            inputs: || {
                let sub = &people()[ZOE]["sub"];
                let in_capitals = sub.as_str().unwrap().to_uppercase();
                vec![
                    (set("sub", &json!("somebody-else")), refused("userinfo_sub_mismatch")),
                    (set("sub", &json!(in_capitals)), refused("userinfo_sub_mismatch")),
                    (set("sub", &json!("")), refused("userinfo_sub_mismatch")),
                    (set("sub", &json!([sub])), refused("claim_malformed")),
                    (json!({ "target": "userinfo", "payload": [{ "delete": "sub" }] }), refused("userinfo_sub_mismatch")),
                    (set("sub", sub), SignedIn),
                ]
            },
        },
        Row {
            ids: &["T259"],
            sentence: "userinfo is signed by the provider, for us, and of now; plain JSON is no answer",
            inputs: || vec![
                (set("iss", &json!("https://evil.example")), refused("userinfo_iss_mismatch")),
                (set("aud", &json!("other")), refused("userinfo_aud_mismatch")),
                (set("aud", &json!(["tests", "other"])), refused("userinfo_aud_mismatch")),
                (json!({ "target": "userinfo", "sign": "foreign" }), refused("userinfo_signature_invalid")),
                (json!({ "target": "userinfo", "sign": "none" }), refused("alg_refused")),
                (json!({ "target": "userinfo", "sign": "hmac:pem" }), refused("alg_refused")),
                (
                    json!({ "target": "userinfo", "headers": { "content-type": "application/json" }, "body": "{\"sub\":\"x\"}" }),
                    refused("userinfo_not_signed"),
                ),
                (json!({ "target": "userinfo", "payload": [{ "delete": "exp" }] }), refused("claim_missing")),
                (set("exp", &json!({ "$": "now", "plus": -3600 })), refused("clock_expired")),
                (set("iat", &json!({ "$": "now", "plus": 600 })), refused("clock")),
                (set("iat", &json!({ "$": "now", "plus": 20 })), SignedIn),
                (
                    json!({ "target": "userinfo", "sign": "keep", "payload": [{ "set": "family_name", "to": "Autre" }] }),
                    refused("userinfo_signature_invalid"),
                ),
            ],
        },
        Row {
            ids: &["T261"],
            sentence: "what an answer is called and what it is have to be the same",
            inputs: || vec![
                (
                    json!({ "target": "userinfo", "headers": { "content-type": "application/jwt" }, "body": "{\"sub\":\"x\"}" }),
                    refused("token_malformed"),
                ),
                (
                    json!({ "target": "userinfo", "headers": { "content-type": "application/jwt" }, "body": "<p>Y190001</p>" }),
                    refused("token_malformed"),
                ),
                (json!({ "target": "userinfo", "headers": { "content-type": "application/json" } }), refused("userinfo_not_signed")),
                (json!({ "target": "userinfo", "headers": { "content-type": "text/html" } }), refused("userinfo_not_signed")),
                (json!({ "target": "userinfo", "headers": { "content-type": null } }), refused("userinfo_not_signed")),
                (json!({ "target": "userinfo", "payload": [{ "text": "[]" }] }), refused("token_malformed")),
                (json!({ "target": "userinfo", "payload": [{ "text": "[{\"sub\":\"x\"}]" }] }), refused("token_malformed")),
                (json!({ "target": "userinfo", "payload": [{ "append": "\"sub\":\"x\"" }] }), refused("token_malformed")),
            ],
        },
        Row {
            ids: &["T271"],
            sentence: "an answer of more than 64 KiB is none, and nothing of it is kept",
            inputs: || vec![
                (set("address", &json!("a".repeat(100_000))), Refused(503, "L10", "provider_unreachable")),
                // What nobody is told may be long.
                (set("address", &json!("a".repeat(10_000))), SignedIn),
            ],
        },
    ]
}

/// An answer that does not come, or not whole, or is an error.
#[test]
fn without_an_answer_nobody_is_signed_in() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    for (lie, ends) in [
        (
            json!({ "target": "userinfo", "drop": "half" }),
            Refused(503, "L10", "provider_unreachable"),
        ),
        (
            json!({ "target": "userinfo", "status": 401, "headers": { "content-type": "application/jwt" }, "body": "<p>Y190001</p>" }),
            Refused(502, "L10", "userinfo_endpoint_failed"),
        ),
    ] {
        tells(&scene, &lie, ends);
    }
}
