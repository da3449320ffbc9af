//! A file goes to its owner by its handle.

use super::*;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// What a stranger would notice about a file.
fn state(file: &Path) -> (Vec<u8>, i64, u32, u32) {
    let metadata = fs::metadata(file).unwrap();
    let content = fs::read(file).unwrap();
    (content, metadata.mtime(), metadata.uid(), metadata.gid())
}

#[test]
fn owner_and_time_go_to_the_new_file_and_not_to_what_took_its_name() {
    let theirs = tempfile::NamedTempFile::new().unwrap();
    let before = state(theirs.path());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(UNFINISHED);
    let new = write_private(folder.path(), &path, &Secret::new(b"k".to_vec())).unwrap();
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(theirs.path(), &path).unwrap();
    let mut to = Owner::of(&new).unwrap();
    if to.user == 0 {
        // Only root gives a file away.
        to = Owner {
            user: 65_534,
            group: 65_534,
        };
    }
    finish(&new, Some(to), NOW).unwrap();
    assert_eq!(state(theirs.path()), before);
    assert_eq!(Owner::of(&new).unwrap(), to);
    assert_eq!(new.metadata().unwrap().mtime(), NOW.as_unix());
}
