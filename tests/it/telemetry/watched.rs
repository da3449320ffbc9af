//! The executable as whoever watches it sees it: its monitor, its log as lines of JSON, its audit stream.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use crate::support::command::GUICHET;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::ports::free_port;
use crate::support::ports::local;
use crate::support::raw::Answer;
use crate::support::raw::exchange;

/// A running process that logs everything, with a monitor and an admin socket.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) executable: Executable,
    pub(super) monitor: SocketAddr,
}

impl Watched {
    pub(super) fn start() -> Self {
        Self::start_as(&Start::default())
    }

    /// Started otherwise; the command is ours.
    pub(super) fn start_as(start: &Start<'_>) -> Self {
        let monitor = free_port();
        let server =
            format!("[server]\nmonitor_listen = \"0.0.0.0:{monitor}\"\nadmin_socket = \"admin.sock\"");
        let executable = Executable::start(&Start {
            edit: &|place, usual| (start.edit)(place, &usual.replace("[server]", &server)),
            command: &|_| {
                let mut command = Command::new(GUICHET);
                command.env("GUICHET_LOG", "trace");
                command
            },
            ..*start
        });
        Self {
            executable,
            monitor: local(monitor),
        }
    }

    /// A request of these bytes after the request line and the host.
    pub(super) fn ask(&self, request_line: &str, fields: &str) -> Answer {
        let host = self.executable.place().host();
        exchange(
            self.executable.address(),
            format!("{request_line} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n"),
        )
    }

    /// A request to the monitor.
    pub(super) fn probe(&self, request_line: &str) -> Answer {
        exchange(
            self.monitor,
            format!("{request_line} HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n"),
        )
    }

    /// What `guichet healthcheck` finds.
    pub(super) fn healthcheck(&self) -> bool {
        self.command(&["healthcheck"])
    }

    /// Whether a command of the operator succeeds.
    pub(super) fn command(&self, arguments: &[&str]) -> bool {
        self.executable.command(arguments).code == 0
    }

    /// Ends it in good order, after which everything that it said is there.
    pub(super) fn end(&mut self) {
        self.executable.signal("TERM");
        assert_eq!(self.executable.ended().code(), Some(0));
    }

    /// Everything that it said.
    pub(super) fn text(&self) -> String {
        self.executable.log() + &self.executable.audit()
    }

    /// Every line of the log: each of them JSON.
    pub(super) fn lines(&self) -> Vec<Value> {
        parsed(&self.executable.log())
    }

    /// The lines of one stream.
    pub(super) fn dataset(&self, dataset: &str) -> Vec<Value> {
        let mut lines = self.lines();
        lines.retain(|line| line["event.dataset"] == dataset);
        lines
    }

    /// The events of the audit stream.
    pub(super) fn audited(&self) -> Vec<Value> {
        parsed(&self.executable.audit())
    }
}

/// Lines of JSON.
pub(super) fn parsed(text: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(line).collect()
}
