//! A private key has one purpose.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use guichet::config;
use guichet::config::surroundings::Surroundings;
use guichet::jose::private_key::KeyType;
use guichet::jose::signing::SigningKey;
use guichet::key_folder::files;

use super::text::HUNTER;
use super::text::SMALLEST;
use super::text::found;
use crate::cases;
use crate::support::gateway::has_cryptography;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T421"],
            sentence: "a key that signs for applications neither proves at a provider who we are nor opens what it encrypts",
            plays: a_key_for_two_purposes,
        },
    ]
}

const ENTRY: &str = "preset = \"franceconnect\"";

/// What is wrong with a configuration of which one client authenticates with the key `proves`, and another decrypts with those
/// in the folder `opens`.
fn findings(folder: &Path, proves: &str) -> Vec<String> {
    has_cryptography();
    let path = folder.join("guichet.toml");
    let text = SMALLEST
        .replace(ENTRY, "preset = \"franceconnect-plus\"\nkeys_dir = \"opens\"")
        .replace(
            "[providers.fc]",
            "[assertion]\nkeys_dir = \"signs\"\n[providers.fc]",
        );
    let other = format!(
        "[providers.other]\npreset = \"oidc\"\nenvironment = \"production\"\nissuer = \"https://sso.example\"\nclient_id = \"guichet\"\n\
         client_authentication = \"private_key_jwt\"\nclient_key = {{ file = {proves:?} }}\n"
    );
    let environment = BTreeMap::from([("FC_CLIENT_SECRET".to_owned(), HUNTER.to_owned())]);
    let surroundings = Surroundings::new(&path, environment);
    let mut found = found(config::load_text(&path, &format!("{text}{other}"), &surroundings));
    // Two providers side by side, one of which need not name itself: another matter.
    found.retain(|finding| !finding.starts_with("C087 "));
    found
}

fn a_key_for_two_purposes() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    for folder in ["signs", "opens/encryption"] {
        fs::create_dir_all(at(folder)).unwrap();
        files::generate(&at(folder), KeyType::P256).unwrap();
    }
    let own = SigningKey::generate_pem().unwrap();
    fs::write(at("own.pem"), own.expose()).unwrap();
    fs::set_permissions(at("own.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    let findings = |proves: &str| findings(place.path(), proves);
    assert_eq!(findings("own.pem"), [""; 0]);

    let signs = "signs/current.pem";
    assert_eq!(findings(signs), ["C065 providers.other.client_key"]);
    assert_eq!(
        findings("opens/encryption/current.pem"),
        ["C065 providers.other.client_key"]
    );
    // One that is published beside the one in use counts as well.
    fs::copy(at(signs), at("opens/encryption/previous.pem")).unwrap();
    assert_eq!(findings("own.pem"), ["C065 providers.fc.keys_dir"]);
}
