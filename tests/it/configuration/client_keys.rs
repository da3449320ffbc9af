//! Our own keys at a provider that encrypts for us: what `check` says about them, and the commands that make and replace them.

use std::collections::BTreeMap;
use std::path::Path;

use guichet::config;
use guichet::config::Loaded;
use guichet::config::error::ConfigErrors;
use guichet::config::surroundings::Surroundings;
use guichet::jose::jwk_set::PublicJwk;
use guichet::jose::private_key::KeyType;
use guichet::key_folder::files;

use super::text::HUNTER;
use super::text::SMALLEST;
use super::text::found;
use super::text::found_with;
use crate::support::gateway::has_cryptography;

const ENTRY: &str = "preset = \"franceconnect\"";

fn plus(more: &str) -> String {
    SMALLEST.replace(ENTRY, &format!("preset = \"franceconnect-plus\"\n{more}"))
}

fn load_in(folder: &Path, text: &str) -> Result<Loaded, ConfigErrors> {
    has_cryptography();
    let path = folder.join("guichet.toml");
    let environment = BTreeMap::from([("FC_CLIENT_SECRET".to_owned(), HUNTER.to_owned())]);
    config::load_text(&path, text, &Surroundings::new(&path, environment))
}

#[test]
fn a_provider_that_encrypts_needs_a_folder_with_a_key_of_the_kind_of_its_algorithm() {
    let place = tempfile::tempdir().unwrap();
    let found = |text: &str| found(load_in(place.path(), text));
    assert_eq!(found(&plus("")), ["C005 providers.fc.keys_dir"]);
    let named = plus("keys_dir = \"keys\"");
    assert_eq!(found(&named), ["C060 providers.fc.keys_dir"]);
    let folder = place.path().join("keys/encryption");
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(found(&named), ["C061 providers.fc.keys_dir"]);
    let kid = files::generate(&folder, KeyType::P256).unwrap();
    assert_eq!(found(&named), [""; 0]);
    assert_eq!(
        found(&plus("keys_dir = \"keys\"\nencryption_alg = \"RSA-OAEP\"")),
        ["C061 providers.fc.keys_dir"]
    );
    let config = load_in(place.path(), &named).unwrap().config;
    let settings = &config.providers[0];
    let published: Vec<&str> = settings.keys.published().map(PublicJwk::kid).collect();
    assert_eq!(published, [kid]);
    assert_eq!(
        config.registration(&settings.entry).jwks_uri.as_deref(),
        Some("https://ville.example/_guichet/rp-jwks.json")
    );
}

#[test]
fn an_algorithm_is_one_of_the_provider() {
    let with = |alg: &str| found_with(ENTRY, &format!("{ENTRY}\nencryption_alg = \"{alg}\""));
    assert_eq!(with("ECDH-ES"), ["C063 providers.fc.encryption_alg"]);
    assert_eq!(with("RSA1_5"), ["C006 providers.fc.encryption_alg"]);
    assert_eq!(with("dir"), ["C006 providers.fc.encryption_alg"]);
}

#[test]
fn two_entries_of_one_algorithm_have_the_same_keys() {
    let place = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        files::generate(&place.path().join(name).join("encryption"), KeyType::P256).unwrap();
    }
    let two = |folder: &str| {
        let first = plus("keys_dir = \"a\"");
        let entry = first.split_once("[providers.fc]").unwrap().1;
        let entry = entry.split_once("[[apps]]").unwrap().0.replace("\"a\"", folder);
        found(load_in(
            place.path(),
            &format!("{first}\n[providers.other]{entry}"),
        ))
    };
    assert_eq!(two("\"a\""), [""; 0]);
    assert_eq!(two("\"b\""), ["C064 providers.other.keys_dir"]);
}
