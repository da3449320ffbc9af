//! `{ file = ".." }`, `{ env = ".." }` or `{ credential = ".." }` -> [`Secret`]; never a value in the configuration.
//!
//! How it is written, and that nothing else is shown when it is refused: `secret_form`.

use std::path::Path;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::bounded_file;
use crate::bounded_file::BoundedFile;
use crate::bounded_file::BoundedFileError;
use crate::bounded_file::Exposure;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::secret::Secret;

/// More than any secret has; a mistaken path to something large is not read into memory.
const MOST: u64 = 64 * 1024;
/// What stands for a secret that is not read. Fit for every key: the URL of a Redis, a login, long enough to seal with.
const STAND_IN: &str = "redis://nobody:this-secret-was-not-read@127.0.0.1";

/// Where a secret is, as it was written: one of the three, which `parse` makes sure of.
#[derive(Clone, Debug, Default)]
pub struct SecretSource {
    /// A file; relative to the folder of the configuration file.
    pub file: Option<String>,
    /// A variable of the environment.
    pub env: Option<String>,
    /// A credential of systemd (`LoadCredential=`).
    pub credential: Option<String>,
}

/// One secret, or the current one and those before it.
#[derive(Clone, Debug)]
pub enum SecretSources {
    /// `secret = { .. }`
    One(SecretSource),
    /// `secret = [{ .. }, { .. }]`
    Several(Vec<SecretSource>),
}

/// The one place that a source names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A file, or a credential of systemd, which is one.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
}

/// What was found there.
#[derive(Debug)]
pub struct FoundSecret {
    /// Without the newline at its end.
    pub secret: Secret,
    /// Who else can read it.
    pub exposure: Exposure,
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretSourceError {
    /// None of the three, or more than one.
    #[error("a secret has exactly one source")]
    NotOne,
    /// `credential` outside a unit that loads any.
    #[error("there are no systemd credentials here")]
    NoCredentials,
    /// A credential whose name is a path.
    #[error("the name of a credential is no path")]
    CredentialPath,
    /// The variable is not set.
    #[error("the environment variable `{0}` is not set")]
    Unset(String),
    /// The file cannot be read.
    #[error("the file `{path}` cannot be read: {reason}")]
    Unreadable {
        /// Which one.
        path: String,
        /// In the words of the system, without a number.
        reason: String,
    },
    /// The file is far too large for a secret.
    #[error("the file `{0}` is too large for a secret")]
    TooLarge(String),
    /// There is nothing in it.
    #[error("the secret is empty")]
    Empty,
}

impl SecretSource {
    /// The one place that is named.
    pub fn place(&self, surroundings: &Surroundings) -> Result<SecretPlace, SecretSourceError> {
        match (&self.file, &self.env, &self.credential) {
            (Some(file), None, None) => Ok(SecretPlace::File(surroundings.resolve(file))),
            (None, Some(variable), None) => Ok(SecretPlace::Variable(variable.clone())),
            (None, None, Some(name)) => {
                if name.is_empty() || name.contains('/') || name.starts_with('.') {
                    return Err(SecretSourceError::CredentialPath);
                }
                let folder = surroundings
                    .variable("CREDENTIALS_DIRECTORY")
                    .ok_or(SecretSourceError::NoCredentials)?;
                Ok(SecretPlace::File(Path::new(folder).join(name)))
            }
            _ => Err(SecretSourceError::NotOne),
        }
    }

    /// The secret that is there; where nothing is read, what stands for it, if there could be one.
    pub fn read(&self, surroundings: &Surroundings) -> Result<FoundSecret, SecretSourceError> {
        let place = match (surroundings.reach(), self.place(surroundings)) {
            (Reach::TextAlone, Ok(_) | Err(SecretSourceError::NoCredentials)) => {
                return Ok(FoundSecret {
                    secret: Secret::new(STAND_IN),
                    exposure: Exposure::Private,
                });
            }
            (_, place) => place?,
        };
        let BoundedFile { bytes, exposure } = match place {
            SecretPlace::File(path) => read_file(&path)?,
            SecretPlace::Variable(variable) => {
                let text = surroundings.variable(&variable).map(str::to_owned);
                let text = text.ok_or(SecretSourceError::Unset(variable))?;
                BoundedFile {
                    bytes: Zeroizing::new(text.into_bytes()),
                    exposure: Exposure::Private,
                }
            }
        };
        let without_newline = without_newline(&bytes);
        if without_newline.is_empty() {
            return Err(SecretSourceError::Empty);
        }
        Ok(FoundSecret {
            secret: Secret::new(without_newline),
            exposure,
        })
    }
}

impl SecretSources {
    /// Each source, the current one first, and its place in a list if it stands in one.
    pub fn each(&self) -> Vec<(Option<usize>, &SecretSource)> {
        match self {
            Self::One(source) => vec![(None, source)],
            Self::Several(sources) => sources
                .iter()
                .enumerate()
                .map(|(index, source)| (Some(index), source))
                .collect(),
        }
    }
}

/// One newline at the end belongs to the file, not to the secret: editors and `echo` put it there.
fn without_newline(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn read_file(path: &Path) -> Result<BoundedFile, SecretSourceError> {
    let shown = || path.display().to_string();
    bounded_file::read(path, MOST).map_err(|error| match error {
        BoundedFileError::TooLarge => SecretSourceError::TooLarge(shown()),
        other => SecretSourceError::Unreadable {
            path: shown(),
            reason: other.to_string(),
        },
    })
}

#[cfg(test)]
mod tests;
