//! The executable as an operator runs it, with what it says on standard output and standard error.

use std::fs;
use std::fs::File;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::raw::Answer;
use crate::support::raw::exchange;

const GUICHET: &str = env!("CARGO_BIN_EXE_guichet");

/// A running process; it ends when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Executable {
    process: Child,
    folder: TempDir,
    pub(crate) listen: SocketAddr,
    pub(crate) monitor: SocketAddr,
}

/// Where its standard error goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errors {
    Kept,
    /// To somebody who went away.
    Unheard,
    /// To somebody who reads nothing.
    Unread,
}

impl Executable {
    /// With `more` in the configuration, before the application at this address.
    pub(crate) fn start(upstream: &str, more: &str) -> Self {
        Self::start_with(upstream, more, Errors::Kept)
    }

    pub(crate) fn start_with(upstream: &str, more: &str, errors: Errors) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (listen, monitor) = (free(), free());
        let secret = folder.path().join("client_secret");
        fs::write(&secret, "a-client-secret").unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        let file = folder.path().join("guichet.toml");
        fs::write(&file, configuration((listen, monitor), upstream, more)).unwrap();
        let out = File::create(folder.path().join("out")).unwrap();
        let mut command = Command::new(GUICHET);
        command.arg("--config").arg(&file).arg("run").stdout(out);
        command.env("GUICHET_LOG", "trace");
        command.stderr(match errors {
            Errors::Kept => Stdio::from(File::create(folder.path().join("err")).unwrap()),
            Errors::Unheard | Errors::Unread => Stdio::piped(),
        });
        let mut process = command.spawn().unwrap();
        match errors {
            Errors::Unheard => drop(process.stderr.take()),
            Errors::Kept | Errors::Unread => {}
        }
        let mut executable = Self {
            process,
            folder,
            listen,
            monitor,
        };
        while TcpStream::connect(executable.listen).is_err() {
            let ended = executable.process.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}\n{}", executable.errors());
            thread::yield_now();
        }
        executable
    }

    /// A request of these bytes after the request line and the host.
    pub(crate) fn ask(&self, request_line: &str, fields: &str) -> Answer {
        let host = self.listen.port();
        exchange(
            self.listen,
            format!("{request_line} HTTP/1.1\r\nHost: localhost:{host}\r\n{fields}\r\n"),
        )
    }

    /// A request to the monitor.
    pub(crate) fn probe(&self, request_line: &str) -> Answer {
        exchange(
            self.monitor,
            format!("{request_line} HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n"),
        )
    }

    /// What `guichet healthcheck` finds.
    pub(crate) fn healthcheck(&self) -> bool {
        self.command(&["healthcheck"])
    }

    /// Whether a command of the operator succeeds.
    pub(crate) fn command(&self, arguments: &[&str]) -> bool {
        let file = self.folder.path().join("guichet.toml");
        let mut command = Command::new(GUICHET);
        let output = command.arg("--config").arg(file).args(arguments).output();
        output.unwrap().status.success()
    }

    /// Rewrites the configuration.
    pub(crate) fn rewrite(&self, edit: impl FnOnce(&str) -> String) {
        let file = self.folder.path().join("guichet.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, edit(&text)).unwrap();
    }

    /// Tells it to end, and waits for that.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        self.process.wait().unwrap()
    }

    pub(crate) fn output(&self) -> String {
        self.read("out")
    }

    pub(crate) fn errors(&self) -> String {
        self.read("err")
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.folder.path().join(name)).unwrap_or_default();
        String::from_utf8(bytes).unwrap()
    }

    /// Every line of standard error: each of them JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        parsed(&self.errors())
    }

    /// The lines of one stream.
    pub(crate) fn dataset(&self, dataset: &str) -> Vec<Value> {
        let mut lines = self.lines();
        lines.retain(|line| line["event.dataset"] == dataset);
        lines
    }
}

/// Lines of JSON.
pub(crate) fn parsed(text: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(line).collect()
}

impl Drop for Executable {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn configuration((listen, monitor): (SocketAddr, SocketAddr), upstream: &str, more: &str) -> String {
    format!(
        r#"public_url = "http://localhost:{port}"
organisation = {{ name = "Ville" }}
server = {{ listen = "{listen}", monitor_listen = "0.0.0.0:{monitor_port}", admin_socket = "admin.sock" }}
{more}
[providers.fc]
preset = "franceconnect"
environment = "simulated"
issuer = "http://localhost:9/none"
client_id = "x"
client_secret = {{ file = "client_secret" }}
[[apps]]
name = "urbanisme"
providers = ["fc"]
upstreams = ["{upstream}"]
[[apps.routes]]
path = "/public"
access = "public"
"#,
        port = listen.port(),
        monitor_port = monitor.port(),
    )
}
