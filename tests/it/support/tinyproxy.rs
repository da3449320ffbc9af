//! An organisation's proxy: Debian's tinyproxy, which notes every tunnel that it was asked for.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::ports::free_port;
use super::ports::local;
use super::process::Process;
use super::wait::until;

/// A running proxy on a port of its own.
#[derive(Debug)]
pub(crate) struct Tinyproxy {
    process: Process,
    folder: TempDir,
    port: u16,
}

impl Tinyproxy {
    /// For everybody on this machine.
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// For whoever knows this login.
    pub(crate) fn start_for(user: &str, password: &str) -> Self {
        Self::start_with(&format!("BasicAuth {user} {password}\n"))
    }

    fn start_with(lines: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let log = folder.path().join("log");
        let text = format!(
            "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nMaxClients 50\nLogLevel Connect\nLogFile {:?}\n{lines}",
            log.display().to_string()
        );
        let file = folder.path().join("tinyproxy.conf");
        fs::write(&file, text).unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", "echo started; exec tinyproxy -d -c \"$0\""])
            .arg(&file);
        let (process, _) = Process::announced(&mut command, "started");
        until("tinyproxy listens; `./test` installs it", || {
            TcpStream::connect(local(port)).is_ok()
        });
        Self {
            process,
            folder,
            port,
        }
    }

    /// For the configuration.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What was asked of it, such as `CONNECT localhost:443 HTTP/1.1`, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines = log.lines().filter(|line| line.contains("Request (file"));
        lines
            .filter_map(|line| Some(line.split_once("): ")?.1.to_owned()))
            .collect()
    }

    /// It is away.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}
