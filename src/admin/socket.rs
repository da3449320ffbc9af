//! The file of the operator's socket: this user's alone from the moment when it is there, and gone with the process.

use std::fs;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::path::PathBuf;

use crate::seal;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// Another process answers there.
    #[error("another process answers at the admin socket `{}`", .0.display())]
    Taken(PathBuf),
    /// Something else has that name, and is left as it is.
    #[error("`{}` is there and is no socket", .0.display())]
    NotASocket(PathBuf),
    /// The system refuses.
    #[error("the admin socket `{}` cannot be made", .0.display())]
    System(PathBuf, #[source] io::Error),
}

/// The listening socket. Its file is taken away when this is dropped.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    inode: u64,
    owner: u32,
    listener: UnixListener,
}

/// What comes to the socket, and who alone is answered besides root.
#[derive(Debug)]
pub struct Questions {
    pub(super) listener: UnixListener,
    pub(super) owner: u32,
}

impl Socket {
    /// Listens at `path`. What a process left there that is gone is replaced.
    ///
    /// It is made in a folder that nobody else can enter and moved from there, so it is at no moment open to others.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        make_way(path)?;
        let refused = |error| SocketError::System(path.to_owned(), error);
        let hidden = Hidden::beside(path).map_err(refused)?;
        let made = hidden.0.join("s");
        let listener = UnixListener::bind(&made).map_err(refused)?;
        fs::set_permissions(&made, fs::Permissions::from_mode(0o600)).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let made_as = fs::metadata(&made).map_err(refused)?;
        fs::rename(&made, path).map_err(refused)?;
        Ok(Self {
            path: path.to_owned(),
            inode: made_as.ino(),
            owner: made_as.uid(),
            listener,
        })
    }

    /// For whoever answers. The file stays with the socket.
    pub fn questions(&self) -> Result<Questions, SocketError> {
        let listener = self.listener.try_clone();
        let listener = listener.map_err(|error| SocketError::System(self.path.clone(), error))?;
        Ok(Questions {
            listener,
            owner: self.owner,
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Whoever put another one in its place keeps it.
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "the admin socket is left behind");
        }
    }
}

/// The name must be free, or that of a socket at which nobody answers.
fn make_way(path: &Path) -> Result<(), SocketError> {
    let refused = |error| SocketError::System(path.to_owned(), error);
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(error)),
    };
    if !found.file_type().is_socket() {
        return Err(SocketError::NotASocket(path.to_owned()));
    }
    match UnixStream::connect(path) {
        Ok(_somebody) => Err(SocketError::Taken(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

/// A folder for a moment.
struct Hidden(PathBuf);

impl Hidden {
    fn beside(path: &Path) -> io::Result<Self> {
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let name = seal::random::<4>().map_err(io::Error::other)?;
        let hidden = folder.join(format!(".{}", seal::hex(&name)));
        DirBuilder::new().mode(0o700).create(&hidden)?;
        Ok(Self(hidden))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a folder is left behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_ours_alone_and_gone_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let socket = Socket::bind(&path).unwrap();
        let found = fs::symlink_metadata(&path).unwrap();
        assert!(found.file_type().is_socket());
        assert_eq!(found.permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing else is left"
        );
        assert!(matches!(Socket::bind(&path), Err(SocketError::Taken(_))));
        drop(socket);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_process_left_that_is_gone_is_replaced_and_anything_else_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        drop(UnixListener::bind(&path).unwrap());
        let socket = Socket::bind(&path).unwrap();
        assert!(UnixStream::connect(&path).is_ok());
        fs::remove_file(&path).unwrap();
        fs::write(&path, "a letter").unwrap();
        drop(socket);
        assert!(matches!(Socket::bind(&path), Err(SocketError::NotASocket(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
    }
}
