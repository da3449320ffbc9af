//! By which key an ID token is verified (RFC 7517, RFC 8725 section 3.10).

use serde_json::json;

use super::lie::Ends::Refused;
use super::lie::Ends::SignedIn;
use super::lie::Row;
use super::lie::each_on_its_own;
use super::lie::header;
use super::lie::refused;
use crate::cases;
use crate::support::provider::Alg;

/// A stranger's signature, and where to find the stranger's key.
fn brings(name: &str, key: &serde_json::Value) -> serde_json::Value {
    json!({ "target": "id_token", "sign": "foreign", "header": [{ "set": name, "to": key }] })
}

/// The key of RFC 7517, appendix A.1, under this name.
fn another_key(kid: &str) -> serde_json::Value {
    json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    })
}

cases! {
    Row, run = |row| each_on_its_own(Alg::Es256, row), rows = [
        Row {
            ids: &["T231"],
            sentence: "a kid is a name to look up and nothing else",
            inputs: || vec![
                (header(&json!([{ "set": "kid", "to": "../../../../dev/null" }])), refused("key_unknown")),
                (header(&json!([{ "set": "kid", "to": "' OR 1=1--" }])), refused("key_unknown")),
                (header(&json!([{ "set": "kid", "to": "a\nreason=fine" }])), refused("key_unknown")),
                (header(&json!([{ "set": "kid", "to": "x".repeat(16_000) }])), refused("key_unknown")),
                (
                    header(&json!([{ "set": "kid", "to": "x".repeat(65_536) }])),
                    Refused(503, "L10", "provider_unreachable"),
                ),
            ],
        },
        Row {
            ids: &["T232"],
            sentence: "without a kid the one key that fits is taken",
            inputs: || vec![(header(&json!([{ "delete": "kid" }])), SignedIn)],
        },
        Row {
            ids: &["T233"],
            sentence: "without a kid and with two keys that fit, neither is taken",
            inputs: || vec![(
                json!([
                    { "target": "jwks", "times": 0, "json": [{ "push": "keys", "to": another_key("other") }] },
                    header(&json!([{ "delete": "kid" }])),
                ]),
                refused("key_ambiguous"),
            )],
        },
        Row {
            ids: &["T235"],
            sentence: "two keys under one kid: neither hides the other",
            inputs: || {
                // The key with which "foreign" signs has the name of the true one.
                let added = json!({ "target": "jwks", "times": 0, "json": [{ "push": "keys", "to": { "$": "foreign_jwk" } }] });
                let own = json!({ "target": "id_token", "sign": "own" });
                let foreign = json!({ "target": "id_token", "sign": "foreign" });
                vec![
                    (json!([added, own]), refused("key_ambiguous")),
                    (json!([added, foreign]), refused("key_ambiguous")),
                ]
            },
        },
        Row {
            ids: &["T236"],
            sentence: "a key that a token brings along is not looked at",
            inputs: || vec![
                (brings("jwk", &json!({ "$": "foreign_jwk" })), refused("signature_invalid")),
                (brings("jku", &json!({ "$": "bait" })), refused("signature_invalid")),
                (brings("x5u", &json!({ "$": "bait" })), refused("signature_invalid")),
                (header(&json!([{ "set": "jwk", "to": { "$": "foreign_jwk" } }])), SignedIn),
                (header(&json!([{ "set": "jku", "to": { "$": "bait" } }])), SignedIn),
                (header(&json!([{ "set": "x5u", "to": { "$": "bait" } }])), SignedIn),
                (header(&json!([{ "set": "x5c", "to": ["AAAA"] }, { "set": "x5t", "to": "AAAA" }])), SignedIn),
            ],
        },
    ]
}
