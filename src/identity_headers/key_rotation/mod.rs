//! A key of the assertion is replaced in three steps, so that every assertion finds its key: published before it signs,
//! published until nothing that it signed is alive.
//!
//! What a key is, its file's name says; since when, the file's time. A step is a rename or a new file, written to the disk
//! before it counts: at no moment is there no key that signs. The processes take a step over when they reload.

pub mod key_folder;

use std::path::Path;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::identity_headers::assertion::LONGEST_LIFETIME;
use crate::identity_headers::key_rotation::key_folder::HeldFolder;
use crate::identity_headers::key_rotation::key_folder::KeyFolderError;
use crate::identity_headers::key_rotation::key_folder::Role;
use crate::identity_headers::signing_keys::PUBLISHED_FOR;

/// How long after a step the last process has surely reloaded.
const RELOADED_WITHIN: Duration = Duration::from_mins(5);
/// How much later than its end an application may still believe an assertion.
const LEEWAY: Duration = Duration::from_mins(1);

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
    /// The folder stays as it is.
    #[error(transparent)]
    Folder(#[from] KeyFolderError),
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
}

/// Does the one step that is due, or says when it will be.
pub fn rotate(folder: &Path, now: Timestamp) -> Result<Step, RotationError> {
    let held = HeldFolder::hold(folder)?;
    step(&held, now).map_err(|error| match error {
        RotationError::Folder(error) => held.name(error).into(),
        early => early,
    })
}

fn step(folder: &HeldFolder, now: Timestamp) -> Result<Step, RotationError> {
    let current = folder.current()?;
    let next = folder.key(Role::Next)?;
    // The same key under both names: a promotion that was interrupted.
    let previous = folder.key(Role::Previous)?;
    let previous = previous.filter(|previous| previous.kept.kid != current.kept.kid);
    match (next, previous) {
        (_, Some(previous)) => {
            let until = needed_until(previous.kept.since);
            if now < until {
                return Err(RotationError::PreviousNeeded { until });
            }
            folder.remove(&[Role::Previous])?;
            Ok(Step::Removed {
                kid: previous.kept.kid,
            })
        }
        (Some(next), None) => {
            let until = may_sign_from(next.kept.since);
            if now < until {
                return Err(RotationError::NextTooYoung { until });
            }
            folder.promote(&current, &next, now)?;
            Ok(Step::Promoted {
                kid: next.kept.kid,
                previous_until: needed_until(now),
            })
        }
        (None, None) => Ok(Step::Published {
            kid: folder.make(Role::Next, now)?,
            signs_from: may_sign_from(now),
        }),
    }
}

/// After a leak: one new key, which signs, and no other. Whoever keeps the published keys refuses what it signs until they ask
/// again; whoever has an old key signs nothing that is believed after that.
pub fn replace(folder: &Path, now: Timestamp) -> Result<Step, KeyFolderError> {
    let held = HeldFolder::hold(folder)?;
    let replaced = held.make(Role::Current, now).and_then(|kid| {
        held.remove(&[Role::Next, Role::Previous])?;
        Ok(Step::Replaced { kid })
    });
    replaced.map_err(|error| held.name(error))
}

fn may_sign_from(published: Timestamp) -> Timestamp {
    published.plus(RELOADED_WITHIN + PUBLISHED_FOR)
}

fn needed_until(replaced: Timestamp) -> Timestamp {
    replaced.plus(PUBLISHED_FOR + RELOADED_WITHIN + LONGEST_LIFETIME + LEEWAY)
}

#[cfg(test)]
mod tests;
