//! `providers.<entry>.encryption_alg` and `keys_dir`: our own keys at a provider.

use std::sync::Arc;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::parse::key_folders;
use crate::config::raw_provider;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::oidc::client_keys;
use crate::oidc::client_keys::ClientKeys;
use crate::oidc::client_keys::DecryptionKeys;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::entry_name::EntryName;
use crate::provider::profile::ProviderRules;
use crate::wire::jwa::KeyManagementAlg;

/// The keys of an entry, as the file says them.
#[derive(Debug)]
pub struct Written<'a> {
    entry: &'a str,
    encryption_alg: Option<String>,
    keys_dir: Option<String>,
}

impl<'a> Written<'a> {
    /// What an entry says.
    pub fn at(entry: Option<&'a EntryName>, raw: &mut raw_provider::Provider) -> Self {
        Self {
            entry: entry.map_or("fc", EntryName::as_str),
            encryption_alg: raw.encryption_alg.take(),
            keys_dir: raw.keys_dir.take(),
        }
    }
}

/// Reads the keys of the entry at `key`.
pub fn client_keys(
    key: &Key,
    written: Written<'_>,
    rules: &ProviderRules,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<ClientKeys> {
    let alg = encryption_alg(
        &key.name("encryption_alg"),
        written.encryption_alg.as_deref(),
        rules,
        findings,
    )?;
    let Encrypts::With(alg) = alg else {
        return Some(ClientKeys::default());
    };
    let key = key.name("keys_dir");
    let example = format!("keys_dir = \"/var/lib/guichet/keys-{}\"", written.entry);
    let folder = surroundings.resolve(&findings.required(&key, written.keys_dir, &example)?);
    let decryption = if surroundings.reach() == Reach::TextAlone {
        let keys = Vec::new();
        DecryptionKeys { alg, keys }
    } else {
        let make = format!("guichet keys generate --provider {}", written.entry);
        let read = || DecryptionKeys::read(&folder, alg);
        let inner = client_keys::decryption_folder(&folder);
        key_folders::keys(&key, &inner, read, &make, findings)?
    };
    Some(ClientKeys {
        decryption: Some(Arc::new(decryption)),
    })
}

/// Whether something comes encrypted from the provider of an entry.
enum Encrypts {
    Nothing,
    With(KeyManagementAlg),
}

/// The algorithm that is pinned, if something comes encrypted at all.
fn encryption_alg(
    key: &Key,
    written: Option<&str>,
    rules: &ProviderRules,
    findings: &mut Findings,
) -> Option<Encrypts> {
    let encryption = rules.encryption.as_ref();
    let Some(written) = written else {
        let usual = encryption.and_then(|encryption| encryption.default_key_management_alg);
        let encrypts = usual.map_or(Encrypts::Nothing, Encrypts::With);
        return Some(encrypts).filter(|_| !findings.refused(key));
    };
    let alg = KeyManagementAlg::parse(written)?;
    let known = encryption.map_or(&[][..], |encryption| &encryption.key_management_algs);
    if known.contains(&alg) {
        return Some(Encrypts::With(alg));
    }
    let problem = format!("{} does not encrypt with {}", rules.button.name, alg.as_str());
    let known: Vec<&str> = known.iter().map(|alg| alg.as_str()).collect();
    let help = if known.is_empty() {
        "take it out: this provider encrypts nothing".to_owned()
    } else {
        format!("one of {}", known.join(", "))
    };
    findings.error(Code::EncryptionAlg, key, problem, help);
    None
}

/// All keys are published in one document, and a provider takes the first that fits: entries of one algorithm have the same.
pub fn report_several<'s>(entries: impl Iterator<Item = &'s ClientSettings>, findings: &mut Findings) {
    let mut seen: Vec<(&str, &DecryptionKeys)> = Vec::new();
    for settings in entries {
        let Some(keys) = &settings.keys.decryption else {
            continue;
        };
        let kids = |keys: &DecryptionKeys| {
            keys.keys
                .iter()
                .map(|key| key.kid().to_owned())
                .collect::<Vec<_>>()
        };
        let other = seen
            .iter()
            .find(|(_, other)| other.alg == keys.alg && kids(other) != kids(keys));
        let entry = settings.entry.as_str();
        if let Some((first, _)) = other {
            findings.error(
                Code::SeveralKeySets,
                &Key::ROOT.name("providers").name(entry).name("keys_dir"),
                format!(
                    "`{entry}` and `{first}` have different keys for {}, and a provider takes the first that fits",
                    keys.alg.as_str()
                ),
                format!("let both name the folder of `{first}`"),
            );
        }
        seen.push((entry, keys));
    }
}
