//! The keys of a gateway for which its provider encrypts: made, registered, and lent to a provider that alters what is in it.

use std::fs;
use std::path::PathBuf;

use guichet::jose::private_key::KeyType;
use guichet::key_folder::files;
use serde_json::Value;
use serde_json::json;

use super::gateway::Place;
use super::scene::Scene;

/// Where the gateway keeps them: the key `keys_dir` of its entry.
pub(crate) fn keys_dir(place: &Place) -> PathBuf {
    place.folder().join("keys-fc")
}

/// Makes the first one, for this algorithm of key management.
pub(crate) fn make(place: &Place, alg: &str) -> PathBuf {
    let kind = if alg == "ECDH-ES" {
        KeyType::P256
    } else {
        KeyType::Rsa
    };
    let folder = keys_dir(place);
    files::generate(&folder.join("encryption"), kind).unwrap();
    folder
}

/// The metadata of a client whose tokens are encrypted with this algorithm, for the first key of the gateway that fits.
pub(crate) fn metadata(scene: &Scene, alg: &str) -> Value {
    json!({
        "jwks_uri": scene.url("/_guichet/rp-jwks.json"),
        "id_token_encrypted_response_alg": alg, "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_encrypted_response_alg": alg, "userinfo_encrypted_response_enc": "A256GCM",
    })
}

/// The private key that opens what the provider encrypts.
pub(crate) fn private_key(scene: &Scene) -> String {
    fs::read_to_string(keys_dir(scene.gateway.place()).join("encryption/current.pem")).unwrap()
}
