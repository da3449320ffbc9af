//! A key of the assertion is replaced in three steps, so that every assertion finds its key: published before it signs,
//! published until nothing that it signed is alive.
//!
//! What a key is, its file's name says; since when, the file's time. A step is a rename or a new file, written to the disk
//! before it counts: at no moment is there no key that signs. The processes take a step over when they reload.

use std::fs;
use std::fs::File;
use std::io;
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
use crate::identity_headers::signing_keys::read_key;
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
    /// A key could not be made.
    #[error("no key could be made")]
    Generation(#[source] SigningError),
}

/// The keys of a folder: next, current, previous.
pub fn list(folder: &Path) -> Result<Vec<Kept>, RotationError> {
    let mut all = Vec::new();
    for role in [Role::Next, Role::Current, Role::Previous] {
        if let Some(kept) = kept(folder, role)? {
            all.push(kept);
        }
    }
    Ok(all)
}

/// Does the one step that is due, or says when it will be.
pub fn rotate(folder: &Path, now: Timestamp) -> Result<Step, RotationError> {
    let _lock = lock(folder)?;
    let current =
        kept(folder, Role::Current)?.ok_or_else(|| SigningKeysError::NoCurrent(folder.to_owned()))?;
    let next = kept(folder, Role::Next)?;
    // The same key under both names: a promotion that was interrupted.
    let previous = kept(folder, Role::Previous)?.filter(|previous| previous.kid != current.kid);
    match (next, previous) {
        (_, Some(previous)) => {
            let until = previous
                .since
                .plus(PUBLISHED_FOR + RELOADED_WITHIN + LONGEST_LIFE);
            if now < until {
                return Err(RotationError::PreviousNeeded { until });
            }
            fs::remove_file(&previous.file).map_err(at(&previous.file))?;
            on_the_disk(folder)?;
            Ok(Step::Removed { kid: previous.kid })
        }
        (Some(next), None) => {
            let until = may_sign_from(next.since);
            if now < until {
                return Err(RotationError::NextTooYoung { until });
            }
            promote(folder, now)?;
            Ok(Step::Promoted {
                kid: next.kid,
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
    let _lock = lock(folder)?;
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

fn kept(folder: &Path, role: Role) -> Result<Option<Kept>, RotationError> {
    let file = folder.join(role.file());
    let Some(key) = read_key(&file)? else {
        return Ok(None);
    };
    let since = fs::metadata(&file).map_err(at(&file))?.mtime();
    Ok(Some(Kept {
        kid: key.kid().to_owned(),
        role,
        since: Timestamp::from_unix(since),
        file,
    }))
}

/// The old key is kept under its second name before its first one goes to the new key, in one move.
fn promote(folder: &Path, now: Timestamp) -> Result<(), RotationError> {
    let (next, current) = (folder.join(NEXT), folder.join(CURRENT));
    let pem = Secret::new(fs::read(&current).map_err(at(&current))?);
    put(folder, &pem, (Role::Previous, now))?;
    date(&next, now)?;
    fs::rename(&next, &current).map_err(at(&next))?;
    on_the_disk(folder)
}

fn make(folder: &Path, role: Role, now: Timestamp) -> Result<String, RotationError> {
    let pem = SigningKey::generate_pem().map_err(RotationError::Generation)?;
    let key = SigningKey::from_pem(&pem).map_err(RotationError::Generation)?;
    put(folder, &pem, (role, now))?;
    Ok(key.kid().to_owned())
}

/// Whole or not at all; whoever runs this, the file belongs to whom the folder's current key belongs.
fn put(folder: &Path, pem: &Secret, (role, now): (Role, Timestamp)) -> Result<(), RotationError> {
    let (unfinished, file) = (folder.join(UNFINISHED), folder.join(role.file()));
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&unfinished)(error)),
        _ => {}
    }
    write_private(folder, &unfinished, pem).map_err(at(&unfinished))?;
    give_to_the_owner_of(&folder.join(CURRENT), &unfinished)?;
    date(&unfinished, now)?;
    fs::rename(&unfinished, &file).map_err(at(&file))?;
    on_the_disk(folder)
}

/// Root rotates, the gateway reads.
fn give_to_the_owner_of(model: &Path, file: &Path) -> Result<(), RotationError> {
    let Ok(model) = fs::metadata(model) else {
        return Ok(());
    };
    let ours = fs::metadata(file).map_err(at(file))?;
    if (ours.uid(), ours.gid()) == (model.uid(), model.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(file, Some(model.uid()), Some(model.gid())).map_err(at(file))
}

fn date(file: &Path, now: Timestamp) -> Result<(), RotationError> {
    let since_epoch = Duration::from_secs(u64::try_from(now.as_unix()).unwrap_or(0));
    let opened = File::options().write(true).open(file).map_err(at(file))?;
    opened
        .set_modified(SystemTime::UNIX_EPOCH + since_epoch)
        .and_then(|()| opened.sync_all())
        .map_err(at(file))
}

fn on_the_disk(folder: &Path) -> Result<(), RotationError> {
    File::open(folder)
        .and_then(|opened| opened.sync_all())
        .map_err(at(folder))
}

/// Held for as long as the value lives.
fn lock(folder: &Path) -> Result<File, RotationError> {
    let opened = File::open(folder).map_err(at(folder))?;
    match opened.try_lock() {
        Ok(()) => Ok(opened),
        Err(fs::TryLockError::WouldBlock) => Err(RotationError::UnderWay(folder.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(at(folder)(error)),
    }
}

fn at(file: &Path) -> impl Fn(io::Error) -> RotationError + '_ {
    |error| RotationError::File(file.to_owned(), error)
}

#[cfg(test)]
mod tests;
