//! A file that is appended to and that somebody else may move away: the next line then begins a new one. So log rotation
//! needs no signal.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// An open file, and the path where it belongs.
#[derive(Debug)]
pub struct FollowedFile {
    path: PathBuf,
    file: File,
}

impl FollowedFile {
    /// Opens the file, or makes it, for this user only.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let file = append_to(&path)?;
        Ok(Self { path, file })
    }

    fn is_where_it_belongs(&self) -> io::Result<bool> {
        let held = self.file.metadata()?;
        match fs::metadata(&self.path) {
            Ok(found) => Ok((found.dev(), found.ino()) == (held.dev(), held.ino())),
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A pipe would be waited for until somebody reads it: at the start, and, with every later line, in the place of the file.
fn append_to(path: &PathBuf) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Err(io::Error::other("it is a pipe"));
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

impl Write for FollowedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_where_it_belongs()? {
            self.file = append_to(&self.path)?;
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_moved_away_is_begun_anew_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("audit.log"), folder.path().join("audit.log.1"));
        let mut file = FollowedFile::open(path.clone()).unwrap();
        file.write_all(b"one\n").unwrap();
        fs::rename(&path, &moved).unwrap();
        file.write_all(b"two\n").unwrap();
        assert_eq!(fs::read_to_string(&moved).unwrap(), "one\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn nobody_waits_for_a_pipe_at_the_start_or_in_the_place_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, path) = (folder.path().join("pipe"), folder.path().join("audit.log"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(FollowedFile::open(pipe.clone()).is_err());
        let mut file = FollowedFile::open(path.clone()).unwrap();
        file.write_all(b"one\n").unwrap();
        fs::rename(&pipe, &path).unwrap();
        assert!(file.write_all(b"lost\n").is_err(), "it says that it is lost");
        fs::remove_file(&path).unwrap();
        file.write_all(b"two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
    }
}
