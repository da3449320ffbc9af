//! The executable with a configuration of a test, as an operator runs it.

use std::fs;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;

use tempfile::TempDir;

pub(crate) const GUICHET: &str = env!("CARGO_BIN_EXE_guichet");

/// A running process; it ends with its owner.
#[derive(Debug)]
pub(crate) struct Executable {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

impl Executable {
    /// Starts `command`, which runs the program with the arguments that are appended, on a site with these applications.
    pub(crate) fn start(command: &mut Command, apps: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let file = configuration(folder.path(), port, apps);
        let child = command
            .arg("--config")
            .arg(file)
            .arg("run")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut executable = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            _folder: folder,
        };
        while TcpStream::connect(executable.address).is_err() {
            assert!(executable.child.try_wait().unwrap().is_none(), "it ended");
            thread::yield_now();
        }
        executable
    }

    /// How many files and sockets it has open.
    pub(crate) fn descriptors(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(folder).unwrap().count()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn configuration(folder: &Path, port: u16, apps: &str) -> std::path::PathBuf {
    fs::write(folder.join("client_secret"), "a-client-secret").unwrap();
    let text = format!(
        r#"public_url = "http://localhost:{port}"
organisation = {{ name = "Ville" }}
server = {{ listen = "127.0.0.1:{port}" }}
[providers.fc]
preset = "franceconnect"
environment = "sandbox"
client_id = "x"
client_secret = {{ file = "client_secret" }}
{apps}"#
    );
    let file = folder.join("guichet.toml");
    fs::write(&file, text).unwrap();
    file
}
