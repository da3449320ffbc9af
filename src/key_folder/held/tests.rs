//! A file goes to its owner by its handle.

use super::*;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

#[test]
fn owner_and_time_go_to_the_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(UNFINISHED);
    let new = write_private(folder.path(), &path, &Secret::new(b"k".to_vec())).unwrap();
    let mut to = Owner::of(&new).unwrap();
    if to.user == 0 {
        // Only root gives a file away.
        to = Owner {
            user: 65_534,
            group: 65_534,
        };
    }
    finish(&new, Some(to), NOW).unwrap();
    assert_eq!(Owner::of(&new).unwrap(), to);
    assert_eq!(new.metadata().unwrap().mtime(), NOW.as_unix());
}
