//! Who signed an ID token, and in which form (RFC 7515, RFC 8725).

use serde_json::Value;
use serde_json::json;

use super::lie::Ends::SignedIn;
use super::lie::Row;
use super::lie::header;
use super::lie::on;
use super::lie::refused;
use super::lie::tells;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table;

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
                (signed("r=0"), refused("signature_invalid")),
                (signed("s=0"), refused("signature_invalid")),
                (signed("r=n"), refused("signature_invalid")),
                // The other form of the same signature says nothing else; JWS has no rule against it.
                (signed("high-s"), SignedIn),
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
                (
                    json!({ "target": "id_token", "token": { "$": "previous", "name": "userinfo" } }),
                    refused("claim_missing"),
                ),
            ],
        },
        Row {
            ids: &["T240"],
            sentence: "a token in another form than the compact one is refused",
            inputs: || [
                "flattened", "general", "detached", "padded", "standard", "two", "four", "six", "newline", "space", "after", "bom",
            ]
            .map(|shape| (shaped(shape), refused("token_malformed")))
            .to_vec(),
        },
        Row {
            ids: &["T244"],
            sentence: "an encrypted token is refused, for nobody asked for one",
            inputs: || vec![
                (
                    json!({ "target": "id_token", "token": "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSJ9..AAAA.AAAA.AAAA" }),
                    refused("token_malformed"),
                ),
                (shaped("nested"), refused("extension_refused")),
            ],
        },
    ]
}

/// The same where RS256 is pinned. Their numbers stand above.
const WITH_RS256: &[Row] = &[
    Row {
        ids: &[],
        sentence: "a token that was altered after it was signed is refused",
        inputs: || {
            let altered =
                json!({ "target": "id_token", "sign": "keep", "payload": [{ "set": "sub", "to": "evil" }] });
            let mut inputs = ["flip", "zero", "short", "long", "empty", "foreign"]
                .map(signed)
                .to_vec();
            inputs.push(altered);
            inputs
                .into_iter()
                .map(|lie| (lie, refused("signature_invalid")))
                .collect()
        },
    },
    Row {
        ids: &[],
        sentence: "another algorithm than the pinned one is refused, with the provider's own key too",
        inputs: || {
            let modes = [
                "own:ES256",
                "own:PS256",
                "own:RS384",
                "own:RS512",
                "hmac:pem",
                "hmac:der",
                "hmac:jwk",
                "none",
            ];
            modes.map(|mode| (signed(mode), refused("alg_refused"))).to_vec()
        },
    },
];

#[test]
fn every_row_holds_with_rs256() {
    let scene = Scene::start(Alg::Rs256, Store::Memory);
    table::run(WITH_RS256, |row| on(&scene, row));
}

/// It is signed with ES256, about the same person, by whom everybody here believes: by us.
#[test]
fn an_assertion_of_the_gateway_is_no_id_token() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    scene.sign_in(&Browser::new(), "/dossier");
    let assertion = scene.application.only().values("x-guichet-assertion").remove(0);
    let lie = json!({ "target": "id_token", "token": assertion });
    tells(&scene, &lie, refused("typ_refused"));
}
