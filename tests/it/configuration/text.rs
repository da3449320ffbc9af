//! A configuration as a text, read as the program reads it, and what was found in it.

use std::collections::BTreeMap;
use std::path::Path;

use guichet::config;
use guichet::config::Loaded;
use guichet::config::error::ConfigErrors;
use guichet::config::surroundings::Surroundings;

use crate::support::gateway::has_cryptography;

pub(super) const HUNTER: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

pub(super) fn load_with(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    let mut environment = BTreeMap::from([
        ("FC_CLIENT_SECRET".to_owned(), HUNTER.to_owned()),
        ("SESSION_SECRET".to_owned(), format!("{HUNTER}\n")),
    ]);
    environment.extend(
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    has_cryptography();
    let path = Path::new("guichet.toml");
    config::load_text(path, text, &Surroundings::new(path, environment))
}

pub(super) fn load(text: &str) -> Result<Loaded, ConfigErrors> {
    load_with(text, &[])
}

/// The smallest configuration in which nothing is wrong. Tests add to it, or replace a line of it.
pub(super) const SMALLEST: &str = r#"
public_url = "https://ville.example"
[organisation]
name = "Ville d'Exemple"
[providers.fc]
preset = "franceconnect"
environment = "sandbox"
client_id = "0000000000000000000000000000000000000000000000000000000000000000"
client_secret = { env = "FC_CLIENT_SECRET" }
[[apps]]
name = "urbanisme"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9000"]
"#;

/// `code key` of everything that was found, in the order in which it is printed.
pub(super) fn found(loaded: Result<Loaded, ConfigErrors>) -> Vec<String> {
    let list = match loaded {
        Ok(loaded) => loaded.warnings,
        Err(ConfigErrors(list)) => list,
    };
    list.iter()
        .map(|error| format!("{} {}", error.code, error.key))
        .collect()
}

pub(super) fn found_with(line: &str, instead: &str) -> Vec<String> {
    assert!(SMALLEST.contains(line), "{line}");
    found(load(&SMALLEST.replace(line, instead)))
}

pub(super) fn found_beside(addition: &str) -> Vec<String> {
    found(load(&format!("{SMALLEST}{addition}")))
}
