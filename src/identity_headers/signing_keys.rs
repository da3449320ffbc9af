//! The keys of the assertion: one signs, all are published, so that one can be published before it signs and stay published
//! until nothing that it signed is alive.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use crate::jose::jwk_set::JwkSet;
use crate::jose::signing::SigningError;
use crate::jose::signing::SigningKey;
use crate::secret::Secret;

/// How long an application may keep the published keys (`Cache-Control: max-age`).
pub const PUBLISHED_FOR: Duration = Duration::from_mins(5);

/// The file of the key that signs, in `keys_dir`.
pub const CURRENT: &str = "current.pem";
/// The file of the key that will sign.
pub const NEXT: &str = "next.pem";
/// The file of the key that signed before.
pub const PREVIOUS: &str = "previous.pem";
/// Longer than any key.
const LONGEST: u64 = 16 * 1024;
/// Files of keys that are published and do not sign, in the order in which they are published.
const PUBLISHED_TOO: [&str; 2] = [NEXT, PREVIOUS];

/// Why the keys could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeysError {
    /// There is no key that signs.
    #[error("`{}` holds no `{CURRENT}`", .0.display())]
    NoCurrent(PathBuf),
    /// A key file could not be read or written.
    #[error("`{}` cannot be used", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A key file is open to other users of the machine.
    #[error("`{}` is readable by others: its mode is {mode:o}, not 600", path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key file holds no P-256 key.
    #[error("`{}` holds no P-256 private key in PKCS#8 PEM", .0.display())]
    Key(PathBuf, #[source] SigningError),
    /// A key could not be made.
    #[error("no key could be made")]
    Generation(#[source] SigningError),
    /// There is a key already, and it may be in use.
    #[error("`{}` exists and is left as it is", .0.display())]
    Exists(PathBuf),
}

/// The key that signs, and those that are published beside it.
#[derive(Debug)]
pub struct SigningKeys {
    current: SigningKey,
    published_too: Vec<SigningKey>,
}

impl SigningKeys {
    /// Reads the keys of a folder.
    pub fn read(folder: &Path) -> Result<Self, SigningKeysError> {
        let current =
            read_key(&folder.join(CURRENT))?.ok_or_else(|| SigningKeysError::NoCurrent(folder.to_owned()))?;
        let others = PUBLISHED_TOO.iter().map(|file| read_key(&folder.join(file)));
        let mut published_too: Vec<SigningKey> =
            others.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        // In the middle of a rotation one key has two names.
        published_too.retain(|key| key.kid() != current.kid());
        Ok(Self {
            current,
            published_too,
        })
    }

    /// A key that lives as long as the process: for one process that nobody else has to agree with.
    pub fn in_memory() -> Result<Self, SigningKeysError> {
        let pem = SigningKey::generate_pem().map_err(SigningKeysError::Generation)?;
        let current = SigningKey::from_pem(&pem).map_err(SigningKeysError::Generation)?;
        Ok(Self {
            current,
            published_too: Vec::new(),
        })
    }

    /// Writes a new key that signs into a folder that has none, for this user only, and says its `kid`.
    pub fn generate(folder: &Path) -> Result<String, SigningKeysError> {
        let path = folder.join(CURRENT);
        let pem = SigningKey::generate_pem().map_err(SigningKeysError::Generation)?;
        let key = SigningKey::from_pem(&pem).map_err(SigningKeysError::Generation)?;
        match write_private(folder, &path, &pem) {
            Ok(_) => Ok(key.kid().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(SigningKeysError::Exists(path)),
            Err(error) => Err(SigningKeysError::File(path, error)),
        }
    }

    /// The key that signs.
    pub fn current(&self) -> &SigningKey {
        &self.current
    }

    /// The JWK Set (RFC 7517, section 5): public members only.
    pub fn jwk_set(&self) -> JwkSet<'_> {
        let keys = std::iter::once(&self.current).chain(&self.published_too);
        JwkSet {
            keys: keys.map(SigningKey::public).collect(),
        }
    }
}

/// The key of a file, if the file is there. The file may be a link: mounted secrets are.
fn read_key(path: &Path) -> Result<Option<SigningKey>, SigningKeysError> {
    let Some(opened) = open_key(path)? else {
        return Ok(None);
    };
    let pem = pem_in(&opened, path)?;
    key_of(&pem, path).map(Some)
}

/// A key's file, if it is there.
pub(super) fn open_key(path: &Path) -> Result<Option<File>, SigningKeysError> {
    let at = |error| SigningKeysError::File(path.to_owned(), error);
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => File::open(path).map(Some).map_err(at),
        // A pipe would be waited for.
        Ok(_) => Err(at(io::Error::other("it is no file"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(error)),
    }
}

/// What the file holds, if nobody else can read it.
pub(super) fn pem_in(opened: &File, path: &Path) -> Result<Secret, SigningKeysError> {
    let at = |error| SigningKeysError::File(path.to_owned(), error);
    let mode = opened.metadata().map_err(at)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SigningKeysError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    let mut pem = Vec::new();
    let read = opened.take(LONGEST + 1).read_to_end(&mut pem);
    let pem = Secret::new(pem);
    match read.map_err(at)? {
        length if length as u64 > LONGEST => Err(at(io::Error::other("it is too large"))),
        _ => Ok(pem),
    }
}

/// The key that a file holds.
pub(super) fn key_of(pem: &Secret, path: &Path) -> Result<SigningKey, SigningKeysError> {
    SigningKey::from_pem(pem).map_err(|error| SigningKeysError::Key(path.to_owned(), error))
}

/// Writes a new file for this user only, on the disk when it is written. Whoever does more with it uses the handle: by then
/// another may stand under its name.
pub(super) fn write_private(folder: &Path, path: &Path, pem: &Secret) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(pem.expose())?;
    file.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_is_private_and_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let kid = SigningKeys::generate(folder.path()).unwrap();
        let keys = SigningKeys::read(folder.path()).unwrap();
        assert_eq!(keys.current().kid(), kid);
        let mode = fs::metadata(folder.path().join(CURRENT))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o600);
        let again = SigningKeys::generate(folder.path());
        assert!(matches!(again, Err(SigningKeysError::Exists(_))));
        assert_eq!(SigningKeys::read(folder.path()).unwrap().current().kid(), kid);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        SigningKeys::generate(folder.path()).unwrap();
        fs::set_permissions(folder.path().join(CURRENT), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            SigningKeys::read(folder.path()),
            Err(SigningKeysError::Mode { mode: 0o644, .. })
        ));
    }

    #[test]
    fn a_folder_without_a_key_and_a_file_without_one_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            SigningKeys::read(folder.path()),
            Err(SigningKeysError::NoCurrent(_))
        ));
        SigningKeys::generate(folder.path()).unwrap();
        fs::write(folder.path().join(CURRENT), "not a key").unwrap();
        assert!(matches!(
            SigningKeys::read(folder.path()),
            Err(SigningKeysError::Key(..))
        ));
    }

    #[test]
    fn every_key_is_published_without_its_private_part() {
        let folder = tempfile::tempdir().unwrap();
        SigningKeys::generate(folder.path()).unwrap();
        fs::rename(folder.path().join(CURRENT), folder.path().join("previous.pem")).unwrap();
        SigningKeys::generate(folder.path()).unwrap();
        let keys = SigningKeys::read(folder.path()).unwrap();
        let set = serde_json::to_value(keys.jwk_set()).unwrap();
        let keys = set["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        for key in keys {
            assert_eq!(
                (key["kty"].as_str(), key["crv"].as_str()),
                (Some("EC"), Some("P-256"))
            );
            assert_eq!(
                (key["use"].as_str(), key["alg"].as_str()),
                (Some("sig"), Some("ES256"))
            );
            assert!(key.get("d").is_none());
        }
    }
}
