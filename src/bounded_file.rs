//! A file that is read whole, within a bound, and only if it is a file: a pipe or a device would keep whoever reads it
//! waiting. It may hold a secret, so what was read is wiped.

use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zeroize::Zeroizing;

/// What was found in a file.
#[derive(Debug)]
pub struct BoundedFile {
    /// All of it.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Who else can read it.
    pub exposure: Exposure,
}

/// Who else can read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Nobody that we can see.
    Private,
    /// Every user of this machine.
    WorldReadable,
}

/// Why a file was not read, in the words of a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoundedFileError {
    /// The system does not give it.
    #[error("{}", in_words(.0))]
    System(#[from] io::Error),
    /// A folder.
    #[error("it is a folder")]
    Folder,
    /// A pipe, a device, a socket.
    #[error("it is no file")]
    NoFile,
    /// Longer than anything that belongs there.
    #[error("it is too large")]
    TooLarge,
}

/// For whoever has one error for what is read and what is written.
impl From<BoundedFileError> for io::Error {
    fn from(error: BoundedFileError) -> Self {
        match error {
            BoundedFileError::System(error) => error,
            other => Self::other(other),
        }
    }
}

/// Reads at most so many bytes; a longer file is refused, not cut.
pub fn read(path: &Path, at_most: u64) -> Result<BoundedFile, BoundedFileError> {
    let opened = open(path)?;
    let bytes = whole(&opened, at_most)?;
    let exposure = if opened.metadata()?.permissions().mode() & 0o004 == 0 {
        Exposure::Private
    } else {
        Exposure::WorldReadable
    };
    Ok(BoundedFile { bytes, exposure })
}

/// Opens what is a file, perhaps through a link: mounted secrets are links.
pub fn open(path: &Path) -> Result<File, BoundedFileError> {
    // Before it is opened: a pipe is open when somebody writes, and a device may do more than be read.
    is_file(&std::fs::metadata(path)?)?;
    let opened = File::open(path)?;
    is_file(&opened.metadata()?)?;
    Ok(opened)
}

/// All of an open file, if it is not longer than that.
pub fn whole(opened: &File, at_most: u64) -> Result<Zeroizing<Vec<u8>>, BoundedFileError> {
    let mut bytes = Zeroizing::new(Vec::new());
    opened.take(at_most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > at_most {
        return Err(BoundedFileError::TooLarge);
    }
    Ok(bytes)
}

fn is_file(metadata: &Metadata) -> Result<(), BoundedFileError> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(BoundedFileError::Folder)
    } else {
        Err(BoundedFileError::NoFile)
    }
}

/// What the system says about a file, in the words of a person.
pub fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn nobody_waits_for_what_is_no_file_and_nothing_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(read(&pipe, 9), Err(BoundedFileError::NoFile)));
        assert!(matches!(read(folder.path(), 9), Err(BoundedFileError::Folder)));
        let file = folder.path().join("file");
        std::fs::write(&file, "0123456789").unwrap();
        assert!(matches!(read(&file, 9), Err(BoundedFileError::TooLarge)));
        assert_eq!(read(&file, 10).unwrap().bytes.as_slice(), b"0123456789");
        assert!(matches!(
            read(&folder.path().join("none"), 9),
            Err(BoundedFileError::System(_))
        ));
    }
}
