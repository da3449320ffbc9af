//! Folders of keys: read again where they are used, and here, to say what is wrong with them.

use std::path::Path;

use crate::causes;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::key_folder::files::KeyFileError;

/// What `read` finds in the folder at a key; `make` is the command that makes the first key.
pub fn keys<K>(
    key: &Key,
    folder: &Path,
    read: impl FnOnce() -> Result<K, KeyFileError>,
    make: &str,
    findings: &mut Findings,
) -> Option<K> {
    if !folder.is_dir() {
        let problem = format!("there is no folder `{}`", folder.display());
        findings.error(
            Code::KeysDir,
            key,
            problem,
            format!("{make} makes it, and the first key"),
        );
        return None;
    }
    let error = match read() {
        Ok(keys) => return Some(keys),
        Err(error) => error,
    };
    let (code, help) = match &error {
        KeyFileError::NoCurrent(_) => (Code::Keys, format!("{make} makes the first key")),
        KeyFileError::Mode { .. } => (
            Code::KeyExposed,
            "chmod 600, and make another key if somebody may have read this one".to_owned(),
        ),
        KeyFileError::Key(_, kind, _) => (
            Code::Keys,
            format!("every key there is a private key ({kind}) in PEM that this user can read"),
        ),
        _ => (
            Code::Keys,
            "every key there is one that this user can read".to_owned(),
        ),
    };
    findings.error(code, key, causes::in_one_line(&error), help);
    None
}
