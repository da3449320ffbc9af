//! By which key an ID token is verified (RFC 7517, RFC 8725 section 3.10).

use serde_json::json;

use super::Ends::SignedIn;
use super::Row;
use super::each_on_its_own;
use super::header;
use super::refused;
use crate::cases;
use crate::support::provider::Alg;

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
            ],
        },
        Row {
            ids: &["T232"],
            sentence: "without a kid the one key that fits is taken",
            inputs: || vec![(header(&json!([{ "delete": "kid" }])), SignedIn)],
        },
        Row {
            ids: &["T236"],
            sentence: "a key that a token brings along is not looked at",
            inputs: || vec![
                (
                    json!({
                        "target": "id_token", "sign": "foreign",
                        "header": [{ "set": "jwk", "to": { "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" } }],
                    }),
                    refused("signature_invalid"),
                ),
                (header(&json!([{ "set": "jku", "to": "http://127.0.0.1:9/keys" }])), SignedIn),
                (header(&json!([{ "set": "x5u", "to": "http://127.0.0.1:9/keys" }])), SignedIn),
            ],
        },
    ]
}
