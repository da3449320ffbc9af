//! The files of a folder of keys: read for use, and made for the first time. A key that others can read is none.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use crate::bounded_file;
use crate::bounded_file::BoundedFileError;
use crate::jose::private_key::KeyType;
use crate::jose::private_key::PrivateKey;
use crate::jose::private_key::PrivateKeyError;
use crate::secret::Secret;

/// The file of the key in use.
pub const CURRENT: &str = "current.pem";
/// The file of the key that follows.
pub const NEXT: &str = "next.pem";
/// The file of the key before.
pub const PREVIOUS: &str = "previous.pem";
/// Longer than any key.
const LONGEST: u64 = 16 * 1024;

/// Why the keys could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is no key in use.
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
    /// A key file holds no key of this kind.
    #[error("`{}` holds no {} private key in PKCS#8 PEM", .0.display(), .1)]
    Key(PathBuf, KeyType, #[source] PrivateKeyError),
    /// A key could not be made.
    #[error("no key could be made")]
    Generation(#[source] PrivateKeyError),
    /// There is a key already, and it may be in use.
    #[error("`{}` exists and is left as it is", .0.display())]
    Exists(PathBuf),
}

/// What a folder holds.
#[derive(Debug)]
pub struct Keys<K> {
    /// The key in use.
    pub current: K,
    /// The others, in the order in which they are published: the one that follows, the one before.
    pub others: Vec<K>,
}

/// Reads the keys of a folder, each by `key_of`. In the middle of a rotation one key has two names: it counts once.
pub fn read<K>(
    folder: &Path,
    key_type: KeyType,
    key_of: impl Fn(&Secret) -> Result<K, PrivateKeyError>,
) -> Result<Keys<K>, KeyFileError> {
    let parse = |path: &Path, pem: &Secret| {
        key_of(pem).map_err(|error| KeyFileError::Key(path.to_owned(), key_type, error))
    };
    let path = folder.join(CURRENT);
    let in_use = pem_at(&path)?.ok_or_else(|| KeyFileError::NoCurrent(folder.to_owned()))?;
    let current = parse(&path, &in_use)?;
    let mut others = Vec::new();
    for file in [NEXT, PREVIOUS] {
        let path = folder.join(file);
        if let Some(pem) = pem_at(&path)?.filter(|pem| *pem != in_use) {
            others.push(parse(&path, &pem)?);
        }
    }
    Ok(Keys { current, others })
}

/// Writes a first key into a folder that has none, for this user only, and says its `kid`.
pub fn generate(folder: &Path, key_type: KeyType) -> Result<String, KeyFileError> {
    let path = folder.join(CURRENT);
    let pem = PrivateKey::generate_pem(key_type).map_err(KeyFileError::Generation)?;
    let kid = kid_of(&pem, &path, key_type)?;
    match write_private(folder, &path, &pem) {
        Ok(_) => Ok(kid),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(KeyFileError::Exists(path)),
        Err(error) => Err(KeyFileError::File(path, error)),
    }
}

/// What a file holds, if it is there.
fn pem_at(path: &Path) -> Result<Option<Secret>, KeyFileError> {
    open_key(path)?.map(|opened| pem_in(&opened, path)).transpose()
}

/// A key's file, if it is there.
pub(super) fn open_key(path: &Path) -> Result<Option<File>, KeyFileError> {
    match bounded_file::open(path) {
        Ok(opened) => Ok(Some(opened)),
        Err(BoundedFileError::System(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeyFileError::File(path.to_owned(), error.into())),
    }
}

/// What the file holds, if nobody else can read it.
pub(super) fn pem_in(opened: &File, path: &Path) -> Result<Secret, KeyFileError> {
    let at = |error| KeyFileError::File(path.to_owned(), error);
    let mode = opened.metadata().map_err(at)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    let mut pem = bounded_file::whole(opened, LONGEST).map_err(|error| at(error.into()))?;
    Ok(Secret::new(std::mem::take(&mut *pem)))
}

/// The name of the key that a file holds.
pub(super) fn kid_of(pem: &Secret, path: &Path, key_type: KeyType) -> Result<String, KeyFileError> {
    PrivateKey::from_pem(key_type, pem)
        .map(|key| key.public().thumbprint())
        .map_err(|error| KeyFileError::Key(path.to_owned(), key_type, error))
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

    fn kids(folder: &Path, key_type: KeyType) -> Result<Vec<String>, KeyFileError> {
        let keys = read(folder, key_type, |pem| {
            PrivateKey::from_pem(key_type, pem).map(|key| key.public().thumbprint())
        })?;
        Ok([vec![keys.current], keys.others].concat())
    }

    #[test]
    fn a_generated_key_is_private_and_is_read_again() {
        for key_type in [KeyType::P256, KeyType::Rsa] {
            let folder = tempfile::tempdir().unwrap();
            let kid = generate(folder.path(), key_type).unwrap();
            assert_eq!(kids(folder.path(), key_type).unwrap(), std::slice::from_ref(&kid));
            let file = fs::metadata(folder.path().join(CURRENT)).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
            assert!(matches!(
                generate(folder.path(), key_type),
                Err(KeyFileError::Exists(_))
            ));
            assert_eq!(kids(folder.path(), key_type).unwrap(), [kid]);
        }
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        generate(folder.path(), KeyType::P256).unwrap();
        fs::set_permissions(folder.path().join(CURRENT), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            kids(folder.path(), KeyType::P256),
            Err(KeyFileError::Mode { mode: 0o644, .. })
        ));
    }

    #[test]
    fn a_folder_without_a_key_and_a_file_without_one_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            kids(folder.path(), KeyType::P256),
            Err(KeyFileError::NoCurrent(_))
        ));
        generate(folder.path(), KeyType::P256).unwrap();
        let refused = kids(folder.path(), KeyType::Rsa).unwrap_err();
        assert!(
            refused.to_string().contains("holds no RSA private key"),
            "{refused}"
        );
        fs::write(folder.path().join(CURRENT), "not a key").unwrap();
        assert!(matches!(
            kids(folder.path(), KeyType::P256),
            Err(KeyFileError::Key(..))
        ));
    }
}
