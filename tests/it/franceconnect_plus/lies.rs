//! Lies around and in an encrypted token. Four proofs for each, as in `lies`.

use serde_json::Value;
use serde_json::json;

use super::stage;
use crate::case;
use crate::cases;
use crate::lies::lie::Ends;
use crate::lies::lie::Ends::SignedIn;
use crate::lies::lie::refused;
use crate::lies::lie::tells;
use crate::support::decryption;
use crate::support::scene::Scene;

/// One case: what is done to the encrypted token of a login, and how the login ends. Where the end depends on the message,
/// the first is that of the ID token, the second that of the userinfo.
struct Row {
    ids: &'static [&'static str],
    sentence: &'static str,
    alg: &'static str,
    lies: fn() -> Vec<(Value, [Ends; 2])>,
}

case!(Row);

fn runs(row: &Row) {
    let scene = stage::start(row.alg);
    for (lie, ends) in (row.lies)() {
        for (target, ends) in ["id_token", "userinfo"].into_iter().zip(ends) {
            tells(&scene, &told(&scene, target, &lie), ends);
        }
    }
}

fn told(scene: &Scene, target: &str, lie: &Value) -> Value {
    let mut told = lie.clone();
    told["target"] = json!(target);
    told["ours"] = json!(decryption::private_key(scene));
    told
}

fn header(edit: &Value) -> Value {
    json!({ "seal": { "header": [edit] } })
}

fn seal(how: &Value) -> Value {
    json!({ "seal": how })
}

const fn both(reason: &'static str) -> [Ends; 2] {
    [refused(reason), refused(reason)]
}

/// What the cryptography refuses, all in one word, whichever algorithm it is.
fn undecipherable() -> Vec<Value> {
    vec![
        seal(&json!({ "key": "foreign" })),
        seal(&json!({ "spoil": "ciphertext" })),
        seal(&json!({ "spoil": "iv" })),
        seal(&json!({ "spoil": "tag" })),
        seal(&json!({ "spoil": "tag:short" })),
    ]
}

cases! {
    Row, run = runs, rows = [
        Row {
            ids: &["T260"],
            sentence: "only a signed token is taken out of an encrypted one, and only one that was encrypted at all",
            alg: "ECDH-ES",
            lies: || vec![
                (seal(&json!({ "bare": true })), both("token_not_encrypted")),
                (seal(&json!({ "content": "{\"sub\":\"evil\"}" })), both("token_malformed")),
                (seal(&json!({ "content": { "$": "nested" } })), both("token_malformed")),
                // It would be a token like any other, if it were not so long.
                (json!({ "payload": [{ "set": "padding", "to": "a".repeat(20_000) }] }), both("token_malformed")),
            ],
        },
        Row {
            ids: &[],
            sentence: "the signed token in an encrypted one is verified like any other",
            alg: "ECDH-ES",
            lies: || vec![
                (json!({ "sign": "none" }), both("alg_refused")),
                (json!({ "sign": "hmac:pem" }), both("alg_refused")),
                (json!({ "sign": "foreign" }), [refused("signature_invalid"), refused("userinfo_signature_invalid")]),
                (json!({ "payload": [{ "set": "aud", "to": "other" }] }), [refused("aud_mismatch"), refused("userinfo_aud_mismatch")]),
            ],
        },
        Row {
            ids: &[],
            sentence: "a header that is not what was agreed is refused",
            alg: "ECDH-ES",
            lies: || vec![
                (header(&json!({ "set": "alg", "to": "dir" })), both("alg_refused")),
                (header(&json!({ "set": "alg", "to": "RSA1_5" })), both("alg_refused")),
                (header(&json!({ "set": "alg", "to": "PBES2-HS256+A128KW" })), both("alg_refused")),
                (header(&json!({ "delete": "alg" })), both("alg_refused")),
                (header(&json!({ "set": "enc", "to": "A128CBC-HS256" })), both("alg_refused")),
                (header(&json!({ "set": "enc", "to": "A128GCM" })), both("alg_refused")),
            ],
        },
        Row {
            ids: &[],
            sentence: "a header that demands more, or says that something else is in it, is refused",
            alg: "ECDH-ES",
            lies: || vec![
                (header(&json!({ "set": "zip", "to": "DEF" })), both("extension_refused")),
                (header(&json!({ "set": "crit", "to": ["exp"] })), both("extension_refused")),
                (header(&json!({ "set": "p2c", "to": 2_147_483_647 })), both("extension_refused")),
                (header(&json!({ "delete": "cty" })), both("cty_refused")),
                (header(&json!({ "set": "cty", "to": "application/json" })), both("cty_refused")),
                (header(&json!({ "set": "x", "to": 1 })), [SignedIn, SignedIn]),
            ],
        },
        Row {
            ids: &[],
            sentence: "a header that is ambiguous, or is for somebody else, is refused",
            alg: "ECDH-ES",
            lies: || vec![
                (header(&json!({ "append": "\"alg\":\"ECDH-ES\"" })), both("token_malformed")),
                (header(&json!({ "set": "iss", "to": "https://evil.example" })), both("header_claim_mismatch")),
                (header(&json!({ "set": "aud", "to": "other" })), both("header_claim_mismatch")),
                (header(&json!({ "delete": "kid" })), [SignedIn, SignedIn]),
                (header(&json!({ "set": "kid", "to": "another" })), both("decryption_key_unknown")),
                (header(&json!({ "delete": "epk" })), both("token_malformed")),
                (seal(&json!({ "point": "beside" })), both("decryption_failed")),
            ],
        },
        Row {
            ids: &[],
            sentence: "what was altered, or encrypted for somebody else, is not decrypted (ECDH-ES)",
            alg: "ECDH-ES",
            lies: || undecipherable().into_iter().map(|lie| (lie, both("decryption_failed"))).collect(),
        },
        Row {
            ids: &[],
            sentence: "what was altered, or encrypted for somebody else, is not decrypted (RSA-OAEP-256)",
            alg: "RSA-OAEP-256",
            lies: || {
                let lies = undecipherable().into_iter().chain([seal(&json!({ "spoil": "wrapped" }))]);
                lies.map(|lie| (lie, both("decryption_failed"))).collect()
            },
        },
    ]
}
