//! Who signed an ID token, and in which form (RFC 7515, RFC 8725).

use serde_json::Value;
use serde_json::json;

use super::Ends::SignedIn;
use super::Row;
use super::header;
use super::on;
use super::refused;
use crate::cases;
use crate::support::provider::Alg;
use crate::support::scene::Scene;
use crate::support::scene::Store;

fn signed(mode: &str) -> Value {
    json!({ "target": "id_token", "sign": mode })
}

fn with_alg(alg: &str) -> Value {
    header(&json!([{ "set": "alg", "to": alg }]))
}

fn shaped(shape: &str) -> Value {
    json!({ "target": "id_token", "shape": shape })
}

cases! {
    Row, run = |row| on(&Scene::start(Alg::Es256, Store::Redis), row), rows = [
        Row {
            ids: &["T224"],
            sentence: "a token that was altered after it was signed is refused",
            inputs: || vec![
                (signed("flip"), refused("signature_invalid")),
                (
                    json!({ "target": "id_token", "sign": "keep", "payload": [{ "set": "sub", "to": "evil" }] }),
                    refused("signature_invalid"),
                ),
                (
                    json!({ "target": "id_token", "sign": "keep", "header": [{ "set": "x", "to": 1 }] }),
                    refused("signature_invalid"),
                ),
                (signed("foreign"), refused("signature_invalid")),
            ],
        },
        Row {
            ids: &["T225"],
            sentence: "a token without a signature is refused, however it says so",
            inputs: || vec![
                (signed("none"), refused("alg_refused")),
                (json!({ "target": "id_token", "sign": "none", "header": [{ "set": "alg", "to": "None" }] }), refused("alg_refused")),
                (json!({ "target": "id_token", "sign": "none", "header": [{ "set": "alg", "to": "nOnE" }] }), refused("alg_refused")),
                (header(&json!([{ "delete": "alg" }])), refused("alg_refused")),
                (with_alg(""), refused("alg_refused")),
                (signed("empty"), refused("signature_invalid")),
            ],
        },
        Row {
            ids: &["T226"],
            sentence: "the public key is no shared secret",
            inputs: || vec![
                (signed("hmac:pem"), refused("alg_refused")),
                (signed("hmac:der"), refused("alg_refused")),
                (signed("hmac:jwk"), refused("alg_refused")),
            ],
        },
        Row {
            ids: &["T228"],
            sentence: "another algorithm than the pinned one is refused, with the provider's own key too",
            inputs: || vec![
                (signed("own:RS256"), refused("alg_refused")),
                (signed("own:PS256"), refused("alg_refused")),
            ],
        },
        Row {
            ids: &["T229"],
            sentence: "a signature that is no pair of numbers in bounds is refused",
            inputs: || vec![
                (signed("zero"), refused("signature_invalid")),
                (signed("der"), refused("signature_invalid")),
                (signed("long"), refused("signature_invalid")),
                (signed("short"), refused("signature_invalid")),
            ],
        },
        Row {
            ids: &["T230"],
            sentence: "an algorithm that nobody asked for is refused",
            inputs: || vec![
                (signed("ES256K"), refused("alg_refused")),
                (signed("EdDSA"), refused("alg_refused")),
                (signed("ES384"), refused("alg_refused")),
                (with_alg("XX999"), refused("alg_refused")),
            ],
        },
        Row {
            ids: &["T245"],
            sentence: "an algorithm of encryption is none of signature",
            inputs: || vec![
                (with_alg("RSA1_5"), refused("alg_refused")),
                (with_alg("dir"), refused("alg_refused")),
                (with_alg("ECDH-ES"), refused("alg_refused")),
            ],
        },
        Row {
            ids: &["T237"],
            sentence: "a token that demands to be understood is refused",
            inputs: || vec![
                (header(&json!([{ "set": "crit", "to": ["exp"] }])), refused("extension_refused")),
                (header(&json!([{ "set": "crit", "to": ["http://x"] }])), refused("extension_refused")),
                (header(&json!([{ "set": "crit", "to": [] }])), refused("extension_refused")),
            ],
        },
        Row {
            ids: &["T238"],
            sentence: "a payload that is not encoded is refused",
            inputs: || vec![(header(&json!([{ "set": "b64", "to": false }])), refused("extension_refused"))],
        },
        Row {
            ids: &["T239"],
            sentence: "a token of another kind is refused",
            inputs: || vec![
                (header(&json!([{ "set": "typ", "to": "at+jwt" }])), refused("typ_refused")),
                (header(&json!([{ "set": "typ", "to": "logout+jwt" }])), refused("typ_refused")),
                (header(&json!([{ "set": "typ", "to": "guichet+jwt" }])), refused("typ_refused")),
                (header(&json!([{ "set": "typ", "to": "JWT" }])), SignedIn),
            ],
        },
        Row {
            ids: &["T240"],
            sentence: "a token in another form than the compact one is refused",
            inputs: || ["flattened", "general", "detached", "padded", "four", "two", "newline"].map(|shape| (shaped(shape), refused("token_malformed")))
                .to_vec(),
        },
        Row {
            ids: &["T244"],
            sentence: "an encrypted token is refused, for nobody asked for one",
            inputs: || vec![(
                json!({ "target": "id_token", "token": "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSJ9..AAAA.AAAA.AAAA" }),
                refused("token_malformed"),
            )],
        },
    ]
}
