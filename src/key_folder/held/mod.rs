//! The folder, held by one rotation: files that change whole or not at all.
//!
//! Root may do this in a folder of the gateway's user, who can put anything under any name meanwhile. So the folder is held
//! open, a file is changed and read by its handle, and a link is refused.

use std::fs;
use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;

use crate::clock::Timestamp;
use crate::jose::private_key::KeyType;
use crate::jose::private_key::PrivateKey;
use crate::jose::private_key::PrivateKeyError;
use crate::key_folder::files::CURRENT;
use crate::key_folder::files::KeyFileError;
use crate::key_folder::files::NEXT;
use crate::key_folder::files::PREVIOUS;
use crate::key_folder::files::kid_of;
use crate::key_folder::files::open_key;
use crate::key_folder::files::pem_in;
use crate::key_folder::files::write_private;
use crate::secret::Secret;

/// The new key, until it is whole.
const UNFINISHED: &str = ".unfinished.pem";

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is published, and will be used.
    Next,
    /// It is used: it signs, or it is the first that others encrypt for.
    Current,
    /// It was used, and is kept for what is still alive of that.
    Previous,
}

impl Role {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::Next => NEXT,
            Self::Current => CURRENT,
            Self::Previous => PREVIOUS,
        }
    }
}

/// A key in its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub kid: String,
    /// What it is for.
    pub role: Role,
    /// Since when it is that.
    pub since: Timestamp,
    /// Where it is.
    pub file: PathBuf,
}

/// Why a folder is left as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFolderError {
    /// The keys that there are cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// Somebody else is at it.
    #[error("another rotation is under way in `{}`", .0.display())]
    UnderWay(PathBuf),
    /// The folder or a file in it could not be changed.
    #[error("`{}` cannot be changed", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A link may lead to a file that is not the owner's of this folder.
    #[error("`{}` is a link or no file: a rotation touches files of the folder alone", .0.display())]
    Link(PathBuf),
    /// A key could not be made.
    #[error("no key could be made")]
    Generation(#[source] PrivateKeyError),
}

impl KeyFolderError {
    fn path(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::UnderWay(path)
            | Self::File(path, _)
            | Self::Link(path)
            | Self::Keys(
                KeyFileError::NoCurrent(path)
                | KeyFileError::File(path, _)
                | KeyFileError::Mode { path, .. }
                | KeyFileError::Key(path, ..)
                | KeyFileError::Exists(path),
            ) => Some(path),
            Self::Keys(KeyFileError::Generation(_)) | Self::Generation(_) => None,
        }
    }
}

/// A key and its open file.
pub(super) struct Found {
    pub(super) kept: Kept,
    opened: File,
    pem: Secret,
}

/// The keys of a folder: next, current, previous.
pub fn list(folder: &Path, key_type: KeyType) -> Result<Vec<Kept>, KeyFolderError> {
    let mut all = Vec::new();
    for role in [Role::Next, Role::Current, Role::Previous] {
        let file = folder.join(role.file());
        if let Some(opened) = open_key(&file)? {
            all.push(found(opened, (file, key_type), role)?.kept);
        }
    }
    Ok(all)
}

/// A folder in which nobody else rotates, for as long as this lives.
pub(super) struct HeldFolder {
    folder: File,
    named: PathBuf,
    key_type: KeyType,
}

impl HeldFolder {
    /// Takes the folder, unless somebody else has it.
    pub(super) fn hold(folder: &Path, key_type: KeyType) -> Result<Self, KeyFolderError> {
        let opened = File::open(folder).map_err(at(folder))?;
        let named = fs::symlink_metadata(folder).map_err(at(folder))?;
        if !leads_to_his_own(&named, &opened.metadata().map_err(at(folder))?) {
            return Err(KeyFolderError::Link(folder.to_owned()));
        }
        match opened.try_lock() {
            Ok(()) => Ok(Self {
                folder: opened,
                named: folder.to_owned(),
                key_type,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(KeyFolderError::UnderWay(folder.to_owned())),
            Err(fs::TryLockError::Error(error)) => Err(at(folder)(error)),
        }
    }

    /// The same error, with the name that the operator knows.
    pub(super) fn name(&self, mut error: KeyFolderError) -> KeyFolderError {
        if let Some(path) = error.path()
            && let Ok(rest) = path.strip_prefix(self.path())
        {
            *path = self.named.iter().chain(rest.iter()).collect();
        }
        error
    }

    /// The key in use.
    pub(super) fn current(&self) -> Result<Found, KeyFolderError> {
        let current = self.key(Role::Current)?;
        Ok(current.ok_or_else(|| KeyFileError::NoCurrent(self.path()))?)
    }

    /// A key of the folder, if it is there.
    pub(super) fn key(&self, role: Role) -> Result<Option<Found>, KeyFolderError> {
        let file = self.file(role);
        own(&file)?
            .map(|opened| found(opened, (file, self.key_type), role))
            .transpose()
    }

    /// Makes a key. Root rotates, the gateway reads: whose the current key is, the new one is.
    pub(super) fn make(&self, role: Role, now: Timestamp) -> Result<String, KeyFolderError> {
        let pem = PrivateKey::generate_pem(self.key_type).map_err(KeyFolderError::Generation)?;
        let current = self.file(Role::Current);
        let kid = kid_of(&pem, &current, self.key_type)?;
        let owner = own(&current)?.map(|opened| Owner::of(&opened)).transpose();
        self.put(&pem, (role, now), owner.map_err(at(&current))?)?;
        Ok(kid)
    }

    /// The old key is kept under its second name before its first one goes to the new key, in one move.
    pub(super) fn promote(
        &self,
        current: &Found,
        next: &Found,
        now: Timestamp,
    ) -> Result<(), KeyFolderError> {
        let owner = Owner::of(&current.opened).map_err(at(&current.kept.file))?;
        self.put(&current.pem, (Role::Previous, now), Some(owner))?;
        date(&next.opened, now).map_err(at(&next.kept.file))?;
        fs::rename(&next.kept.file, &current.kept.file).map_err(at(&next.kept.file))?;
        self.on_the_disk()
    }

    /// Takes keys away, those of them that are there.
    pub(super) fn remove(&self, roles: &[Role]) -> Result<(), KeyFolderError> {
        for role in roles {
            remove(&self.file(*role))?;
        }
        self.on_the_disk()
    }

    /// This very folder, whatever stands under its name by now.
    fn path(&self) -> PathBuf {
        Path::new("/proc/self/fd").join(self.folder.as_raw_fd().to_string())
    }

    fn file(&self, role: Role) -> PathBuf {
        self.path().join(role.file())
    }

    /// Whole or not at all.
    fn put(
        &self,
        pem: &Secret,
        (role, now): (Role, Timestamp),
        owner: Option<Owner>,
    ) -> Result<(), KeyFolderError> {
        let (unfinished, file) = (self.path().join(UNFINISHED), self.file(role));
        remove(&unfinished)?;
        let new = write_private(&self.path(), &unfinished, pem).map_err(at(&unfinished))?;
        finish(&new, owner, now).map_err(at(&unfinished))?;
        fs::rename(&unfinished, &file).map_err(at(&file))?;
        self.on_the_disk()
    }

    fn on_the_disk(&self) -> Result<(), KeyFolderError> {
        self.folder.sync_all().map_err(at(&self.path()))
    }
}

fn found(opened: File, (file, key_type): (PathBuf, KeyType), role: Role) -> Result<Found, KeyFolderError> {
    let pem = pem_in(&opened, &file)?;
    let kid = kid_of(&pem, &file, key_type)?;
    let since = opened.metadata().map_err(at(&file))?.mtime();
    let kept = Kept {
        kid,
        role,
        since: Timestamp::from_unix(since),
        file,
    };
    Ok(Found { kept, opened, pem })
}

/// The file of this name, if there is one. What was opened is what stood there, and that was no link: one that is put there
/// in between leads to another file.
fn own(path: &Path) -> Result<Option<File>, KeyFolderError> {
    let named = match fs::symlink_metadata(path) {
        Ok(named) => named,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    if !named.is_file() {
        return Err(KeyFolderError::Link(path.to_owned()));
    }
    let opened = File::open(path).map_err(at(path))?;
    let is = opened.metadata().map_err(at(path))?;
    if (is.dev(), is.ino()) != (named.dev(), named.ino()) {
        return Err(KeyFolderError::Link(path.to_owned()));
    }
    Ok(Some(opened))
}

fn remove(file: &Path) -> Result<(), KeyFolderError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(file)(error)),
        _ => Ok(()),
    }
}

/// The user and the group that a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    fn of(opened: &File) -> io::Result<Self> {
        let metadata = opened.metadata()?;
        Ok(Self {
            user: metadata.uid(),
            group: metadata.gid(),
        })
    }
}

fn finish(new: &File, to: Option<Owner>, now: Timestamp) -> io::Result<()> {
    if let Some(to) = to
        && to != Owner::of(new)?
    {
        std::os::unix::fs::fchown(new, Some(to.user), Some(to.group))?;
    }
    date(new, now)
}

fn date(opened: &File, now: Timestamp) -> io::Result<()> {
    let since_epoch = Duration::from_secs(u64::try_from(now.as_unix()).unwrap_or(0));
    opened.set_modified(SystemTime::UNIX_EPOCH + since_epoch)?;
    opened.sync_all()
}

/// Whether a name is that of the folder itself, or a link that root put there, or whoever owns the folder: anybody else would
/// have us rotate, and remove, where he may not.
fn leads_to_his_own(named: &Metadata, opened: &Metadata) -> bool {
    if named.is_symlink() {
        named.uid() == 0 || named.uid() == opened.uid()
    } else {
        (named.dev(), named.ino()) == (opened.dev(), opened.ino())
    }
}

fn at(file: &Path) -> impl Fn(io::Error) -> KeyFolderError + '_ {
    |error| KeyFolderError::File(file.to_owned(), error)
}

#[cfg(test)]
mod tests;
