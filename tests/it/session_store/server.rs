//! A real Redis of a test: started in a folder of its own, on a port that the system chose, stopped at the end.

#![expect(
    clippy::disallowed_methods,
    reason = "support of tests: a panic is its way to fail, and a process that starts runs in real time"
)]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use redis::Connection;
use redis::FromRedisValue;
use redis::RedisResult;
use tempfile::TempDir;

/// A running (or stopped) `redis-server`.
#[derive(Debug)]
pub(crate) struct RedisServer {
    child: Option<Child>,
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    admin: String,
}

impl RedisServer {
    /// Started with these arguments. The tests' own connection logs in as `admin` (`user:password@`, or nothing).
    pub(crate) fn start(arguments: &[&str], admin: &str) -> Self {
        let mut server = Self::stopped(arguments, admin);
        server.run();
        server
    }

    /// Not started yet.
    pub(crate) fn stopped(arguments: &[&str], admin: &str) -> Self {
        Self {
            child: None,
            folder: TempDir::new().unwrap(),
            port: free_port(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            admin: admin.to_owned(),
        }
    }

    /// Starts it, again if need be, on the same port and in the same folder.
    pub(crate) fn run(&mut self) {
        self.run_with(&[]);
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.try_admin::<String>(&["PING"]).is_err() {
            assert!(Instant::now() < deadline, "redis-server did not start");
            std::thread::yield_now();
        }
    }

    /// Starts it with more arguments, and does not wait until it answers.
    pub(crate) fn run_with(&mut self, more: &[&str]) {
        let child = Command::new("redis-server")
            .args(["--port", &self.port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--daemonize", "no"])
            .arg("--dir")
            .arg(self.folder.path())
            .args(&self.arguments)
            .args(more)
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server is needed (package redis-server): {error}"));
        self.child = Some(child);
    }

    /// Ends it, as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends the process a signal: `STOP` holds it, `CONT` lets it go on.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(sent.unwrap().success());
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The address, for somebody who logs in as `who` (`user:password@`, or nothing).
    pub(crate) fn url(&self, who: &str) -> String {
        format!("redis://{who}127.0.0.1:{}", self.port)
    }

    /// What an administrator says to it.
    pub(crate) fn admin<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let told = self.try_admin(words);
        told.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// The same, where a refusal is expected.
    pub(crate) fn try_admin<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let mut connection = self.connect()?;
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.query(&mut connection)
    }

    /// Every key that it holds.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.admin(&["KEYS", "*"]);
        keys.sort();
        keys
    }

    /// Lets `time` pass for every key: its end comes nearer by as much, or has come.
    pub(crate) fn pass(&self, time: Duration) {
        let mut connection = self.connect().unwrap();
        for key in self.keys() {
            let left: i64 = redis::cmd("PTTL").arg(&key).query(&mut connection).unwrap();
            assert_ne!(left, -1, "{key} has no end");
            let left = left - i64::try_from(time.as_millis()).unwrap();
            redis::cmd("PEXPIRE")
                .arg(&key)
                .arg(left)
                .exec(&mut connection)
                .unwrap();
        }
    }

    fn connect(&self) -> RedisResult<Connection> {
        redis::Client::open(self.url(&self.admin))?.get_connection_with_timeout(Duration::from_secs(5))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Writes a file into the folder that the server has not used yet.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
