//! `assertion`: who signs the statement about a person, with which keys, for how long.

use std::time::Duration;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::parse::key_folders;
use crate::config::parse::secrets;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::secret_source::SecretSource;
use crate::config::secret_source::SecretSources;
use crate::config::settings::AssertionSettings;
use crate::config::settings::KeySource;
use crate::config::settings::PublicUrl;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::identity_headers::assertion::LONGEST_LIFETIME;
use crate::identity_headers::pseudonym::Pseudonyms;
use crate::identity_headers::signing_keys::SigningKeys;

/// What lies around the table and decides about it.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The assertion's `iss` where none is named.
    pub public_url: Option<&'a PublicUrl>,
    /// Where sessions are kept: one process may sign with a key of its own.
    pub store: Option<&'a str>,
    /// The folder of the file.
    pub surroundings: &'a Surroundings,
}

/// Reads the table.
pub fn assertion(
    raw: Option<raw::Assertion>,
    around: Around<'_>,
    findings: &mut Findings,
) -> Option<AssertionSettings> {
    let key = Key::ROOT.name("assertion");
    let raw = raw?;
    let issuer = match raw.issuer {
        Some(issuer) => words::token(&key.name("issuer"), issuer, findings),
        None => around.public_url.map(ToString::to_string),
    };
    let lifetime_bounds = (Duration::from_secs(20), LONGEST_LIFETIME);
    let lifetime = words::duration(&key.name("lifetime"), raw.lifetime, lifetime_bounds, findings);
    let pseudonyms = match raw.pairwise_secret {
        Some(source) => pseudonyms(
            &key.name("pairwise_secret"),
            source,
            around.surroundings,
            findings,
        ),
        None => None,
    };
    let keys = match raw.keys_dir {
        Some(folder) => key_folder(&key.name("keys_dir"), &folder, around.surroundings, findings),
        None if around.store == Some("redis") => {
            if !findings.refused(&key.name("keys_dir")) {
                findings.error(
                    Code::MissingKey,
                    &key.name("keys_dir"),
                    "`keys_dir` is missing in `assertion`, and store = \"redis\" needs one",
                    "every process signs with the same keys: keys_dir = \"/var/lib/guichet/keys\"",
                );
            }
            None
        }
        None => Some(KeySource::Throwaway),
    };
    Some(AssertionSettings {
        issuer: issuer?,
        keys: keys?,
        lifetime: lifetime?,
        pseudonyms,
    })
}

fn pseudonyms(
    key: &Key,
    source: SecretSource,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Pseudonyms> {
    let called = ("pairwise secret", &SecretSources::One(source));
    let secrets = secrets::strong_secrets(key, called, surroundings, findings)?;
    // A secret that makes no key was told of just now.
    Pseudonyms::under(secrets.first()?).ok()
}

/// The keys are read again where they sign.
fn key_folder(
    key: &Key,
    folder: &str,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<KeySource> {
    let folder = surroundings.resolve(folder);
    if surroundings.reach() == Reach::TextAlone {
        return Some(KeySource::Folder(folder));
    }
    key_folders::keys(
        key,
        &folder,
        || SigningKeys::read(&folder),
        "guichet keys generate",
        findings,
    )
    .map(|_keys| KeySource::Folder(folder.clone()))
}
