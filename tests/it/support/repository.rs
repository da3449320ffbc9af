//! The files of this repository.

use std::fs;
use std::path::PathBuf;

/// A file or folder of it.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What a file of it says.
pub(crate) fn text_of(path: &str) -> String {
    let file = in_repository(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
