//! A key of the assertion is replaced in three steps, so that every assertion finds its key: published before it signs,
//! published until nothing that it signed is alive.
//!
//! What a key is, its file's name says; since when, the file's time. A step is a rename or a new file, written to the disk
//! before it counts: at no moment is there no key that signs. The processes take a step over when they reload.
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
use crate::identity_headers::signing_keys::CURRENT;
use crate::identity_headers::signing_keys::NEXT;
use crate::identity_headers::signing_keys::PREVIOUS;
use crate::identity_headers::signing_keys::PUBLISHED_FOR;
use crate::identity_headers::signing_keys::SigningKeysError;
use crate::identity_headers::signing_keys::key_of;
use crate::identity_headers::signing_keys::open_key;
use crate::identity_headers::signing_keys::pem_in;
use crate::identity_headers::signing_keys::write_private;
use crate::jose::signing::SigningError;
use crate::jose::signing::SigningKey;
use crate::secret::Secret;

/// How long after a step the last process has surely reloaded.
const RELOADED_WITHIN: Duration = Duration::from_mins(5);
/// The longest lifetime of an assertion (`assertion.lifetime`), and the leeway that an application may give it.
const LONGEST_LIFE: Duration = Duration::from_mins(11);
/// The new key, until it is whole.
const UNFINISHED: &str = ".unfinished.pem";

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is published, and will sign.
    Next,
    /// It signs.
    Current,
    /// It signed, and is published for what it signed.
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

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is a next key; it is published from the next reload on, and may sign from this moment on.
    Published {
        /// Its name.
        kid: String,
        /// When the next step may be done.
        signs_from: Timestamp,
    },
    /// The next key is the current one; it signs from the next reload on.
    Promoted {
        /// Its name.
        kid: String,
        /// When the next step may be done.
        previous_until: Timestamp,
    },
    /// The previous key is gone; it is not published any more from the next reload on.
    Removed {
        /// Its name.
        kid: String,
    },
    /// Every key was replaced by this one. Nothing that an older key signed is believed once the applications have asked again.
    Replaced {
        /// Its name.
        kid: String,
    },
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// The keys that there are cannot be used.
    #[error(transparent)]
    Keys(#[from] SigningKeysError),
    /// Some application may still know only the key before.
    #[error("the next key is published for too short a time: an application may not have heard of it")]
    NextTooYoung {
        /// When it may sign.
        until: Timestamp,
    },
    /// An assertion that the previous key signed may be alive.
    #[error("something that the previous key signed may still be alive")]
    PreviousNeeded {
        /// When it may go.
        until: Timestamp,
    },
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
    Generation(#[source] SigningError),
}

impl RotationError {
    fn path(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::UnderWay(path)
            | Self::File(path, _)
            | Self::Link(path)
            | Self::Keys(
                SigningKeysError::NoCurrent(path)
                | SigningKeysError::File(path, _)
                | SigningKeysError::Mode { path, .. }
                | SigningKeysError::Key(path, _)
                | SigningKeysError::Exists(path),
            ) => Some(path),
            Self::Keys(SigningKeysError::Generation(_))
            | Self::NextTooYoung { .. }
            | Self::PreviousNeeded { .. }
            | Self::Generation(_) => None,
        }
    }
}

/// A key and its open file.
struct Found {
    kept: Kept,
    opened: File,
    pem: Secret,
}

/// The user and the group that a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    user: u32,
    group: u32,
}

/// A folder in which nobody else rotates, for as long as this lives.
struct Held {
    folder: File,
    named: PathBuf,
}

impl Held {
    /// This very folder, whatever stands under its name by now.
    fn path(&self) -> PathBuf {
        Path::new("/proc/self/fd").join(self.folder.as_raw_fd().to_string())
    }

    /// The same error, with the name that the operator knows.
    fn name(&self, mut error: RotationError) -> RotationError {
        if let Some(path) = error.path()
            && let Ok(rest) = path.strip_prefix(self.path())
        {
            *path = self.named.iter().chain(rest.iter()).collect();
        }
        error
    }
}

/// The keys of a folder: next, current, previous.
pub fn list(folder: &Path) -> Result<Vec<Kept>, RotationError> {
    let mut all = Vec::new();
    for role in [Role::Next, Role::Current, Role::Previous] {
        let file = folder.join(role.file());
        if let Some(opened) = open_key(&file)? {
            all.push(found(opened, file, role)?.kept);
        }
    }
    Ok(all)
}

/// Does the one step that is due, or says when it will be.
pub fn rotate(folder: &Path, now: Timestamp) -> Result<Step, RotationError> {
    let held = hold(folder)?;
    step(&held, now).map_err(|error| held.name(error))
}

fn step(held: &Held, now: Timestamp) -> Result<Step, RotationError> {
    let folder = &held.path();
    let current =
        own_key(folder, Role::Current)?.ok_or_else(|| SigningKeysError::NoCurrent(folder.clone()))?;
    let next = own_key(folder, Role::Next)?;
    // The same key under both names: a promotion that was interrupted.
    let previous = own_key(folder, Role::Previous)?.filter(|previous| previous.kept.kid != current.kept.kid);
    match (next, previous) {
        (_, Some(previous)) => {
            let until = previous
                .kept
                .since
                .plus(PUBLISHED_FOR + RELOADED_WITHIN + LONGEST_LIFE);
            if now < until {
                return Err(RotationError::PreviousNeeded { until });
            }
            fs::remove_file(&previous.kept.file).map_err(at(&previous.kept.file))?;
            on_the_disk(folder)?;
            Ok(Step::Removed {
                kid: previous.kept.kid,
            })
        }
        (Some(next), None) => {
            let until = may_sign_from(next.kept.since);
            if now < until {
                return Err(RotationError::NextTooYoung { until });
            }
            promote(folder, &current, &next, now)?;
            Ok(Step::Promoted {
                kid: next.kept.kid,
                previous_until: now.plus(PUBLISHED_FOR + RELOADED_WITHIN + LONGEST_LIFE),
            })
        }
        (None, None) => {
            let kid = make(folder, Role::Next, now)?;
            Ok(Step::Published {
                kid,
                signs_from: may_sign_from(now),
            })
        }
    }
}

/// After a leak: one new key, which signs, and no other. Whoever keeps the published keys refuses what it signs until they ask
/// again; whoever has an old key signs nothing that is believed after that.
pub fn replace(folder: &Path, now: Timestamp) -> Result<Step, RotationError> {
    let held = hold(folder)?;
    replace_all(&held, now).map_err(|error| held.name(error))
}

fn replace_all(held: &Held, now: Timestamp) -> Result<Step, RotationError> {
    let folder = &held.path();
    let kid = make(folder, Role::Current, now)?;
    for role in [Role::Next, Role::Previous] {
        let file = folder.join(role.file());
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&file)(error)),
            _ => {}
        }
    }
    on_the_disk(folder)?;
    Ok(Step::Replaced { kid })
}

fn may_sign_from(published: Timestamp) -> Timestamp {
    published.plus(RELOADED_WITHIN + PUBLISHED_FOR)
}

fn own_key(folder: &Path, role: Role) -> Result<Option<Found>, RotationError> {
    let file = folder.join(role.file());
    own(&file)?.map(|opened| found(opened, file, role)).transpose()
}

fn found(opened: File, file: PathBuf, role: Role) -> Result<Found, RotationError> {
    let pem = pem_in(&opened, &file)?;
    let kid = key_of(&pem, &file)?.kid().to_owned();
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
fn own(path: &Path) -> Result<Option<File>, RotationError> {
    let named = match fs::symlink_metadata(path) {
        Ok(named) => named,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    if !named.is_file() {
        return Err(RotationError::Link(path.to_owned()));
    }
    let opened = File::open(path).map_err(at(path))?;
    let is = opened.metadata().map_err(at(path))?;
    if (is.dev(), is.ino()) != (named.dev(), named.ino()) {
        return Err(RotationError::Link(path.to_owned()));
    }
    Ok(Some(opened))
}

/// The old key is kept under its second name before its first one goes to the new key, in one move.
fn promote(folder: &Path, current: &Found, next: &Found, now: Timestamp) -> Result<(), RotationError> {
    let owner = owner(&current.opened).map_err(at(&current.kept.file))?;
    put(folder, &current.pem, (Role::Previous, now), Some(owner))?;
    date(&next.opened, now).map_err(at(&next.kept.file))?;
    fs::rename(&next.kept.file, &current.kept.file).map_err(at(&next.kept.file))?;
    on_the_disk(folder)
}

/// Root rotates, the gateway reads: whose the current key is, the new one is.
fn make(folder: &Path, role: Role, now: Timestamp) -> Result<String, RotationError> {
    let pem = SigningKey::generate_pem().map_err(RotationError::Generation)?;
    let key = SigningKey::from_pem(&pem).map_err(RotationError::Generation)?;
    let current = folder.join(CURRENT);
    let owner = own(&current)?.map(|opened| owner(&opened)).transpose();
    put(folder, &pem, (role, now), owner.map_err(at(&current))?)?;
    Ok(key.kid().to_owned())
}

/// Whole or not at all.
fn put(
    folder: &Path,
    pem: &Secret,
    (role, now): (Role, Timestamp),
    owner: Option<Owner>,
) -> Result<(), RotationError> {
    let (unfinished, file) = (folder.join(UNFINISHED), folder.join(role.file()));
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&unfinished)(error)),
        _ => {}
    }
    let new = write_private(folder, &unfinished, pem).map_err(at(&unfinished))?;
    finish(&new, owner, now).map_err(at(&unfinished))?;
    fs::rename(&unfinished, &file).map_err(at(&file))?;
    on_the_disk(folder)
}

fn finish(new: &File, to: Option<Owner>, now: Timestamp) -> io::Result<()> {
    if let Some(to) = to
        && to != owner(new)?
    {
        std::os::unix::fs::fchown(new, Some(to.user), Some(to.group))?;
    }
    date(new, now)
}

fn owner(opened: &File) -> io::Result<Owner> {
    let metadata = opened.metadata()?;
    Ok(Owner {
        user: metadata.uid(),
        group: metadata.gid(),
    })
}

fn date(opened: &File, now: Timestamp) -> io::Result<()> {
    let since_epoch = Duration::from_secs(u64::try_from(now.as_unix()).unwrap_or(0));
    opened.set_modified(SystemTime::UNIX_EPOCH + since_epoch)?;
    opened.sync_all()
}

fn on_the_disk(folder: &Path) -> Result<(), RotationError> {
    File::open(folder)
        .and_then(|opened| opened.sync_all())
        .map_err(at(folder))
}

fn hold(folder: &Path) -> Result<Held, RotationError> {
    let opened = File::open(folder).map_err(at(folder))?;
    let named = fs::symlink_metadata(folder).map_err(at(folder))?;
    if !leads_to_his_own(&named, &opened.metadata().map_err(at(folder))?) {
        return Err(RotationError::Link(folder.to_owned()));
    }
    match opened.try_lock() {
        Ok(()) => Ok(Held {
            folder: opened,
            named: folder.to_owned(),
        }),
        Err(fs::TryLockError::WouldBlock) => Err(RotationError::UnderWay(folder.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(at(folder)(error)),
    }
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

fn at(file: &Path) -> impl Fn(io::Error) -> RotationError + '_ {
    |error| RotationError::File(file.to_owned(), error)
}

#[cfg(test)]
mod tests;
