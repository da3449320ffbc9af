//! Secrets of the file: where they are, whether they are there, whether they are fit.

use crate::bounded_file::Exposure;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::secret_source::SecretSource;
use crate::config::secret_source::SecretSourceError;
use crate::config::secret_source::SecretSources;
use crate::config::surroundings::Surroundings;
use crate::seal::Keyring;
use crate::seal::KeyringError;
use crate::secret::Secret;

/// The secret at a key: a word or a line, as somebody typed it or a tool wrote it.
pub fn secret(
    key: &Key,
    source: &SecretSource,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Secret> {
    let secret = of_any_form(key, source, surroundings, findings)?;
    if let Some(around) = around(secret.expose()) {
        findings.warning(
            Code::SecretWrapped,
            key,
            format!("the secret of `{key}` {around}, which counts as part of it"),
            "if it is not, take it away; one newline at the end is no part of it",
        );
    }
    Some(secret)
}

/// What stands around a secret and hardly belongs to it.
fn around(secret: &[u8]) -> Option<&'static str> {
    match secret {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => Some("stands between quotation marks"),
        [first, ..] if first.is_ascii_whitespace() => Some("begins with white space"),
        [.., b'\n' | b'\r'] => Some("ends with the end of another line"),
        [.., last] if last.is_ascii_whitespace() => Some("ends with white space"),
        _ => None,
    }
}

/// The secret at a key, whatever it looks like.
pub fn of_any_form(
    key: &Key,
    source: &SecretSource,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Secret> {
    if findings.refused(key) {
        return None;
    }
    match source.read(surroundings) {
        Ok(found) => {
            if found.exposure == Exposure::WorldReadable {
                // No error: this is how container engines mount secrets by default.
                findings.warning(
                    Code::SecretExposed,
                    key,
                    format!("every user of this machine can read the file of `{key}`"),
                    "chmod 600 if nobody else needs it",
                );
            }
            Some(found.secret)
        }
        Err(error) => {
            let (code, help) = match &error {
                SecretSourceError::NotOne => (
                    Code::SecretSource,
                    "write { file = \"..\" }, { env = \"..\" } or { credential = \"..\" }, one of them",
                ),
                SecretSourceError::CredentialPath => {
                    (Code::SecretSource, "write the name that LoadCredential= gives it")
                }
                SecretSourceError::NoCredentials => (
                    Code::SecretUnreadable,
                    "start from a systemd unit with LoadCredential=; for a command beside it, \
                     CREDENTIALS_DIRECTORY names a folder that holds them",
                ),
                SecretSourceError::Unset(_) => (Code::SecretUnreadable, "set it for the gateway's process"),
                SecretSourceError::Unreadable { .. } | SecretSourceError::TooLarge(_) => (
                    Code::SecretUnreadable,
                    "name a file that this user can read and that holds the secret alone",
                ),
                SecretSourceError::Empty => (Code::SecretEmpty, "put the secret there"),
            };
            findings.error(code, key, format!("no secret for `{key}`: {error}"), help);
            None
        }
    }
}

/// The secrets at a key, the current one first, each too long to be guessed. `called` says what they are.
pub fn strong_secrets(
    key: &Key,
    (called, sources): (&str, &SecretSources),
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Vec<Secret>> {
    let each = sources.each();
    if each.is_empty() && !findings.refused(key) {
        findings.error(
            Code::SecretSource,
            key,
            format!("the list of {called}s is empty"),
            "list the current secret first, then previous ones",
        );
        return None;
    }
    let secrets = each.into_iter().map(|(index, source)| {
        let key = index.map_or_else(|| key.clone(), |index| key.item(index));
        let secret = secret(&key, source, surroundings, findings)?;
        strong(&key, (called, secret), findings)
    });
    // Every secret is looked at before the first bad one counts.
    let secrets: Vec<Option<Secret>> = secrets.collect();
    secrets.into_iter().collect()
}

fn strong(key: &Key, (called, secret): (&str, Secret), findings: &mut Findings) -> Option<Secret> {
    let problem = match Keyring::new(std::slice::from_ref(&secret)) {
        Ok(_) => return Some(secret),
        Err(KeyringError::TooShort { length, .. }) => {
            format!("the {called} has {length} bytes, at least 32 are needed")
        }
        Err(KeyringError::Repetitive { .. }) => format!("the {called} is one byte, repeated"),
        Err(_) => format!("the {called} cannot be used"),
    };
    findings.error(
        Code::SecretWeak,
        key,
        problem,
        "make one with: openssl rand -base64 48",
    );
    None
}
