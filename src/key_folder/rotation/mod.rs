//! A key is replaced in three steps, so that nothing misses it: published before it is used, kept until nothing that it was
//! used for is alive. Where others encrypt for it, the order is the same: it is appended, and every process has it before it
//! is the first of the list, which is the one that others take; what was encrypted for the old one is still decrypted.
//!
//! A step is a rename or a new file, written to the disk before it counts: at no moment is there no key in use. The
//! processes take a step over when they reload.

use std::path::Path;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::jose::private_key::KeyType;
use crate::key_folder::held::HeldFolder;
use crate::key_folder::held::KeyFolderError;
use crate::key_folder::held::Role;

/// How long after a step the last process has surely reloaded.
const RELOADED_WITHIN: Duration = Duration::from_mins(5);

/// What kind of keys a folder holds, and how fast they may follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The kind of keys.
    pub key_type: KeyType,
    /// How long others may keep the published keys.
    pub published_for: Duration,
    /// How long something lives that a key was used for.
    pub alive_for: Duration,
}

impl Pace {
    fn may_be_used_from(self, published: Timestamp) -> Timestamp {
        published.plus(RELOADED_WITHIN + self.published_for)
    }

    fn needed_until(self, replaced: Timestamp) -> Timestamp {
        replaced.plus(self.published_for + RELOADED_WITHIN + self.alive_for)
    }
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is a next key; it is published from the next reload on, and may be used from this moment on.
    Published {
        /// Its name.
        kid: String,
        /// When the next step may be done.
        used_from: Timestamp,
    },
    /// The next key is the current one; it is used from the next reload on.
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
    /// Every key was replaced by this one. Nothing of an older key is good once others have asked again.
    Replaced {
        /// Its name.
        kid: String,
    },
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// The folder stays as it is.
    #[error(transparent)]
    Folder(#[from] KeyFolderError),
    /// Somebody may still know only the key before.
    #[error("the next key is published for too short a time: somebody may not have heard of it")]
    NextTooYoung {
        /// When it may be used.
        until: Timestamp,
    },
    /// Something that needs the previous key may be alive.
    #[error("something that needs the previous key may still be alive")]
    PreviousNeeded {
        /// When it may go.
        until: Timestamp,
    },
}

/// Does the one step that is due, or says when it will be.
pub fn rotate(folder: &Path, pace: Pace, now: Timestamp) -> Result<Step, RotationError> {
    let held = HeldFolder::hold(folder, pace.key_type)?;
    step(&held, pace, now).map_err(|error| match error {
        RotationError::Folder(error) => held.name(error).into(),
        early => early,
    })
}

fn step(folder: &HeldFolder, pace: Pace, now: Timestamp) -> Result<Step, RotationError> {
    let current = folder.current()?;
    let next = folder.key(Role::Next)?;
    // The same key under both names: a promotion that was interrupted.
    let previous = folder.key(Role::Previous)?;
    let previous = previous.filter(|previous| previous.kept.kid != current.kept.kid);
    match (next, previous) {
        (_, Some(previous)) => {
            let until = pace.needed_until(previous.kept.since);
            if now < until {
                return Err(RotationError::PreviousNeeded { until });
            }
            folder.remove(&[Role::Previous])?;
            Ok(Step::Removed {
                kid: previous.kept.kid,
            })
        }
        (Some(next), None) => {
            let until = pace.may_be_used_from(next.kept.since);
            if now < until {
                return Err(RotationError::NextTooYoung { until });
            }
            folder.promote(&current, &next, now)?;
            Ok(Step::Promoted {
                kid: next.kept.kid,
                previous_until: pace.needed_until(now),
            })
        }
        (None, None) => Ok(Step::Published {
            kid: folder.make(Role::Next, now)?,
            used_from: pace.may_be_used_from(now),
        }),
    }
}

/// After a leak: one new key, which is used, and no other. Whoever keeps the published keys cannot use it until they ask
/// again; whoever has an old key can do nothing with it after that.
pub fn replace(folder: &Path, key_type: KeyType, now: Timestamp) -> Result<Step, KeyFolderError> {
    let held = HeldFolder::hold(folder, key_type)?;
    let replaced = held.make(Role::Current, now).and_then(|kid| {
        held.remove(&[Role::Next, Role::Previous])?;
        Ok(Step::Replaced { kid })
    });
    replaced.map_err(|error| held.name(error))
}

#[cfg(test)]
mod tests;
