use std::fs;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::SystemTime;

use tempfile::TempDir;

use super::Pace;
use super::RotationError;
use super::Step;
use super::step;
use crate::clock::Timestamp;
use crate::jose::private_key::KeyType;
use crate::jose::private_key::PrivateKey;
use crate::key_folder::files;
use crate::key_folder::files::CURRENT;
use crate::key_folder::files::KeyFileError;
use crate::key_folder::files::NEXT;
use crate::key_folder::files::PREVIOUS;
use crate::key_folder::held::HeldFolder;
use crate::key_folder::held::KeyFolderError;
use crate::key_folder::held::Role;
use crate::key_folder::held::list;
use crate::secret::Secret;

const START: Timestamp = Timestamp::from_unix(1_800_000_000);
const PACE: Pace = Pace {
    key_type: KeyType::P256,
    published_for: Duration::from_mins(5),
    alive_for: Duration::from_mins(11),
};

fn rotate(folder: &Path, now: Timestamp) -> Result<Step, RotationError> {
    super::rotate(folder, PACE, now)
}

fn replace(folder: &Path, now: Timestamp) -> Result<Step, KeyFolderError> {
    super::replace(folder, PACE.key_type, now)
}

/// A folder whose first key is an hour old.
fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let kid = files::generate(folder.path(), PACE.key_type).unwrap();
    let opened = File::open(folder.path().join(CURRENT)).unwrap();
    let seconds = u64::try_from(START.as_unix()).unwrap() - 3600;
    opened
        .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .unwrap();
    (folder, kid)
}

/// Which key is in use, then all that are published.
fn published(folder: &Path) -> (String, Vec<String>) {
    let kid = |pem: &Secret| PrivateKey::from_pem(PACE.key_type, pem).map(|key| key.public().thumbprint());
    let keys = files::read(folder, PACE.key_type, kid).unwrap();
    (keys.current.clone(), [vec![keys.current], keys.others].concat())
}

#[test]
fn a_key_is_published_before_it_is_used_and_after_it_was() {
    let (folder, old) = folder();
    let folder = folder.path();
    let Step::Published { kid: new, used_from } = rotate(folder, START).unwrap() else {
        panic!("no next key");
    };
    assert_eq!(used_from, START.plus(Duration::from_mins(10)));
    assert_eq!(published(folder), (old.clone(), vec![old.clone(), new.clone()]));

    let early = rotate(folder, used_from.minus(Duration::from_secs(1)));
    assert!(matches!(early, Err(RotationError::NextTooYoung { until }) if until == used_from));
    assert_eq!(published(folder).0, old);

    let Step::Promoted { kid, previous_until } = rotate(folder, used_from).unwrap() else {
        panic!("no promotion");
    };
    assert_eq!(kid, new);
    assert_eq!(published(folder), (new.clone(), vec![new.clone(), old.clone()]));

    let early = rotate(folder, previous_until.minus(Duration::from_secs(1)));
    assert!(matches!(early, Err(RotationError::PreviousNeeded { until }) if until == previous_until));
    assert_eq!(published(folder).1.len(), 2);
    assert_eq!(
        rotate(folder, previous_until).unwrap(),
        Step::Removed { kid: old }
    );
    assert_eq!(published(folder), (new.clone(), vec![new]));
}

#[test]
fn the_list_says_what_each_key_is_and_since_when() {
    let (folder, first) = folder();
    let folder = folder.path();
    rotate(folder, START).unwrap();
    let promoted_at = START.plus(Duration::from_hours(2));
    rotate(folder, promoted_at).unwrap();
    let list = list(folder, PACE.key_type).unwrap();
    let roles: Vec<_> = list.iter().map(|key| (key.role, key.since)).collect();
    assert_eq!(
        roles,
        [(Role::Current, promoted_at), (Role::Previous, promoted_at)]
    );
    assert_eq!(list[1].kid, first);
    assert_eq!(list[1].file, folder.join("previous.pem"));
}

#[test]
fn a_promotion_that_was_interrupted_is_done_again() {
    let (folder, old) = folder();
    let folder = folder.path();
    let Step::Published { kid: new, used_from } = rotate(folder, START).unwrap() else {
        panic!("no next key");
    };
    // The power went between the copy and the move.
    fs::copy(folder.join(CURRENT), folder.join(PREVIOUS)).unwrap();
    fs::write(folder.join(".unfinished.pem"), "half a k").unwrap();
    assert_eq!(published(folder), (old.clone(), vec![old.clone(), new.clone()]));
    assert!(matches!(rotate(folder, used_from), Ok(Step::Promoted { .. })));
    assert_eq!(published(folder), (new.clone(), vec![new, old]));
}

#[test]
fn after_a_leak_no_old_key_is_published() {
    let (folder, _) = folder();
    let folder = folder.path();
    rotate(folder, START).unwrap();
    fs::copy(folder.join(NEXT), folder.join(PREVIOUS)).unwrap();
    let Step::Replaced { kid } = replace(folder, START).unwrap() else {
        panic!("not replaced");
    };
    assert_eq!(published(folder), (kid.clone(), vec![kid]));
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["current.pem"]);
}

#[test]
fn every_file_is_for_this_user_only() {
    let (folder, _) = folder();
    let folder = folder.path();
    rotate(folder, START).unwrap();
    rotate(folder, START.plus(Duration::from_hours(1))).unwrap();
    for file in fs::read_dir(folder).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }
}

#[test]
fn two_rotations_do_not_meet() {
    let (folder, _) = folder();
    let held = HeldFolder::hold(folder.path(), PACE.key_type).unwrap();
    assert!(matches!(
        rotate(folder.path(), START),
        Err(RotationError::Folder(KeyFolderError::UnderWay(_)))
    ));
    assert!(matches!(
        replace(folder.path(), START),
        Err(KeyFolderError::UnderWay(_))
    ));
    assert_eq!(published(folder.path()).1.len(), 1);
    drop(held);
    assert!(matches!(rotate(folder.path(), START), Ok(Step::Published { .. })));
}

#[test]
fn a_folder_without_a_key_has_nothing_to_rotate() {
    let folder = tempfile::tempdir().unwrap();
    let refused = rotate(folder.path(), START);
    assert!(matches!(
        refused,
        Err(RotationError::Folder(KeyFolderError::Keys(KeyFileError::NoCurrent(named)))) if named == folder.path()
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A key that the gateway's user can only point at.
fn of_somebody_else() -> (TempDir, PathBuf) {
    let (folder, _) = folder();
    let key = folder.path().join(CURRENT);
    (folder, key)
}

/// What a stranger would notice about a file.
fn state(file: &Path) -> (Vec<u8>, i64, u32, u32) {
    let metadata = fs::metadata(file).unwrap();
    let content = fs::read(file).unwrap();
    (content, metadata.mtime(), metadata.uid(), metadata.gid())
}

#[test]
fn a_link_is_refused_under_every_name_and_what_it_leads_to_stays_as_it_is() {
    let (_theirs, theirs) = of_somebody_else();
    let before = state(&theirs);
    let due = START.plus(Duration::from_hours(1));
    for role in [Role::Next, Role::Current, Role::Previous] {
        let (folder, _) = folder();
        let folder = folder.path();
        let link = folder.join(format!("{}.pem", role.as_str()));
        rotate(folder, START).unwrap();
        if role != Role::Previous {
            fs::remove_file(&link).unwrap();
        }
        std::os::unix::fs::symlink(&theirs, &link).unwrap();
        let refused = rotate(folder, due);
        assert!(
            matches!(&refused, Err(RotationError::Folder(KeyFolderError::Link(named))) if *named == link),
            "{refused:?}"
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(state(&theirs), before, "{role:?}");
    }
}

#[test]
fn after_a_leak_no_owner_is_taken_from_a_link() {
    let (_theirs, theirs) = of_somebody_else();
    let (folder, _) = folder();
    let current = folder.path().join(CURRENT);
    fs::remove_file(&current).unwrap();
    std::os::unix::fs::symlink(&theirs, &current).unwrap();
    let refused = replace(folder.path(), START);
    assert!(matches!(refused, Err(KeyFolderError::Link(named)) if named == current));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Somebody takes each new file away while it is written, and puts a link under its name.
#[test]
fn whoever_races_for_the_name_of_a_new_key_changes_nothing_that_is_somebody_elses() {
    let (_theirs, theirs) = of_somebody_else();
    let before = state(&theirs);
    let (folder, _) = folder();
    let (unfinished, away) = (folder.path().join(".unfinished.pem"), folder.path().join("away"));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                if fs::rename(&unfinished, &away).is_ok() {
                    // A rotation may have begun anew.
                    drop(std::os::unix::fs::symlink(&theirs, &unfinished));
                }
            }
        });
        for _ in 0..20 {
            // Whether it succeeds is his affair, who owns the folder.
            drop(replace(folder.path(), START));
            drop(fs::remove_file(folder.path().join(CURRENT)));
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(away.exists(), "nobody raced");
    assert_eq!(state(&theirs), before);
}

#[test]
fn a_folder_that_a_stranger_points_at_is_not_rotated() {
    let (theirs, _) = folder();
    let place = tempfile::tempdir().unwrap();
    let named = place.path().join("keys");
    std::os::unix::fs::symlink(theirs.path(), &named).unwrap();
    if fs::metadata(theirs.path()).unwrap().uid() != 0 {
        // Only root can make a link look like a stranger's.
        assert!(rotate(&named, START).is_ok());
        return;
    }
    std::os::unix::fs::lchown(&named, Some(65_534), Some(65_534)).unwrap();
    for refused in [rotate(&named, START), replace(&named, START).map_err(Into::into)] {
        assert!(
            matches!(&refused, Err(RotationError::Folder(KeyFolderError::Link(link))) if *link == named),
            "{refused:?}"
        );
    }
    assert_eq!(fs::read_dir(theirs.path()).unwrap().count(), 1);
    std::os::unix::fs::lchown(&named, Some(0), Some(0)).unwrap();
    assert!(rotate(&named, START).is_ok());
}

#[test]
fn a_file_that_is_too_large_for_a_key_is_not_read_to_its_end() {
    let (folder, _) = folder();
    let file = File::options()
        .write(true)
        .open(folder.path().join("current.pem"))
        .unwrap();
    file.set_len(1 << 33).unwrap();
    let refused = rotate(folder.path(), START).unwrap_err();
    assert_eq!(
        crate::causes::in_one_line(&refused)
            .matches("it is too large")
            .count(),
        1,
        "{refused:?}"
    );
}

#[test]
fn a_folder_that_takes_the_name_of_the_held_one_is_not_touched() {
    let (parent, (folder, kid)) = (tempfile::tempdir().unwrap(), folder());
    let (named, away) = (parent.path().join("keys"), parent.path().join("away"));
    fs::rename(folder.path(), &named).unwrap();
    let held = HeldFolder::hold(&named, PACE.key_type).unwrap();
    fs::rename(&named, &away).unwrap();
    fs::create_dir(&named).unwrap();
    let done = step(&held, PACE, START).unwrap();
    assert!(matches!(done, Step::Published { .. }));
    assert_eq!(fs::read_dir(&named).unwrap().count(), 0);
    assert_eq!(published(&away).0, kid);
    assert_eq!(published(&away).1.len(), 2);
}
