use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;
use crate::identity_headers::signing_keys::SigningKeys;

const START: Timestamp = Timestamp::from_unix(1_800_000_000);

/// A folder whose first key is an hour old.
fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let kid = SigningKeys::generate(folder.path()).unwrap();
    date(&folder.path().join(CURRENT), START.minus(Duration::from_hours(1))).unwrap();
    (folder, kid)
}

/// Who signs, then everybody who is published.
fn published(folder: &Path) -> (String, Vec<String>) {
    let keys = SigningKeys::read(folder).unwrap();
    let set = serde_json::to_value(keys.jwk_set()).unwrap();
    let kids = set["keys"].as_array().unwrap().iter();
    let kids = kids.map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    (keys.current().kid().to_owned(), kids)
}

#[test]
fn a_key_is_published_before_it_signs_and_after_it_signed() {
    let (folder, old) = folder();
    let folder = folder.path();
    let Step::Published { kid: new, signs_from } = rotate(folder, START).unwrap() else {
        panic!("no next key");
    };
    assert_eq!(signs_from, START.plus(Duration::from_mins(10)));
    assert_eq!(published(folder), (old.clone(), vec![old.clone(), new.clone()]));

    let early = rotate(folder, signs_from.minus(Duration::from_secs(1)));
    assert!(matches!(early, Err(RotationError::NextTooYoung { until }) if until == signs_from));
    assert_eq!(published(folder).0, old);

    let Step::Promoted { kid, previous_until } = rotate(folder, signs_from).unwrap() else {
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
    let list = list(folder).unwrap();
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
    let Step::Published { kid: new, signs_from } = rotate(folder, START).unwrap() else {
        panic!("no next key");
    };
    // The power went between the copy and the move.
    fs::copy(folder.join(CURRENT), folder.join(PREVIOUS)).unwrap();
    fs::write(folder.join(UNFINISHED), "half a k").unwrap();
    assert_eq!(published(folder), (old.clone(), vec![old.clone(), new.clone()]));
    assert!(matches!(rotate(folder, signs_from), Ok(Step::Promoted { .. })));
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
    let held = lock(folder.path()).unwrap();
    assert!(matches!(
        rotate(folder.path(), START),
        Err(RotationError::UnderWay(_))
    ));
    assert!(matches!(
        replace(folder.path(), START),
        Err(RotationError::UnderWay(_))
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
        Err(RotationError::Keys(SigningKeysError::NoCurrent(_)))
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
