//! The real executable on a port of its own, before an application and a provider: its log, its signals, its end.

use std::fs;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;

use serde_json::Value;

use super::browser::Browser;
use super::browser::Page;
use super::command::Ended;
use super::command::GUICHET;
use super::command::guichet_at;
use super::gateway::Place;
use super::process::Process;
use super::provider::Alg;
use super::provider::Provider;
use super::provider::ZOE;
use super::provider::to_the_provider;
use super::raw::exchange;
use super::scene::CLIENT_SECRET;
use super::scene::is_let_in;
use super::scene::usual;
use super::upstream::Upstream;
use super::wait::eventually;
use super::wait::until;

/// A process, and what it talks to. It is killed when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Executable {
    process: Process,
    place: Place,
    provider: Option<Provider>,
    pub(crate) application: Upstream,
}

/// How it is started.
#[derive(Clone, Copy)]
pub(crate) struct Start<'a> {
    /// Whether somebody can sign in.
    pub(crate) provider: bool,
    /// What `[session]` says about the store.
    pub(crate) store: &'a dyn Fn(&Place) -> String,
    /// The usual configuration, changed.
    pub(crate) edit: &'a dyn Fn(&Place, &str) -> String,
    /// The command, with this process in the end.
    pub(crate) command: &'a dyn Fn(&Place) -> Command,
    pub(crate) log: Log,
}

/// What becomes of its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    Kept,
    /// Whoever would read it went away.
    Unheard,
    /// Somebody holds it, and reads nothing.
    Unread,
}

impl Default for Start<'_> {
    fn default() -> Self {
        Self {
            provider: false,
            store: &|_| String::new(),
            edit: &|_, usual| usual.to_owned(),
            command: &|_| Command::new(GUICHET),
            log: Log::Kept,
        }
    }
}

/// Runs it by this command with this configuration, and waits until it says that it listens.
pub(crate) fn running(command: &mut Command, config: &Path) -> Process {
    let mut process = begun(command, config);
    process.keep_errors();
    let listens = eventually(|| {
        let has_ended = process.has_ended();
        let listens = process.errors().contains("listening");
        assert!(listens || !has_ended, "it ended\n{}", process.errors());
        listens.then_some(())
    });
    assert!(listens.is_some(), "it does not listen\n{}", process.errors());
    process
}

fn begun(command: &mut Command, config: &Path) -> Process {
    command.arg("--config").arg(config).arg("run");
    Process::start(command.stderr(Stdio::piped()))
}

impl Executable {
    /// Starts it and waits until it listens.
    pub(crate) fn start(start: &Start<'_>) -> Self {
        let place = Place::new();
        let alg = Alg::Es256;
        let provider = start.provider.then(|| Provider::start(alg));
        let application = Upstream::start();
        // Nobody signs in where there is no provider.
        let issuer = provider
            .as_ref()
            .map_or("http://localhost:9/none", Provider::issuer);
        let text = usual(&place, (issuer, alg), &application, &(start.store)(&place));
        fs::write(place.file(), (start.edit)(&place, &text)).unwrap();
        if let Some(provider) = &provider {
            provider.register_at(&place.public_url(), ("tests", CLIENT_SECRET));
        }
        let mut command = (start.command)(&place);
        let process = match start.log {
            Log::Kept => running(&mut command, &place.file()),
            Log::Unheard | Log::Unread => {
                let mut process = begun(&mut command, &place.file());
                if start.log == Log::Unheard {
                    process.hang_up();
                }
                until("it listens", || TcpStream::connect(place.address()).is_ok());
                process
            }
        };
        Self {
            process,
            place,
            provider,
            application,
        }
    }

    /// Waits for a condition, and fails with the log if it never comes.
    pub(crate) fn until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let came = eventually(|| condition().then_some(()));
        assert!(came.is_some(), "never: {what}\n{}", self.log());
    }

    /// Everything that it said so far.
    pub(crate) fn log(&self) -> String {
        self.process.errors()
    }

    /// The audit stream so far.
    pub(crate) fn audit(&self) -> String {
        self.process.output()
    }

    /// Whether the log has everything that `check` said: a line for each finding.
    pub(crate) fn logged_all_of(&self, findings: &str) -> bool {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str(line).ok());
        let lines: Vec<Value> = lines.collect();
        findings.split("\n\n").all(|found| {
            let (head, rest) = found.split_once('\n').unwrap();
            let (code, problem) = head.split_once('[').unwrap().1.split_once("]: ").unwrap();
            let help = rest.split_once("= help: ").unwrap().1;
            let is_it = |line: &Value| {
                line["event.code"] == code && line["message"] == problem && line["guichet.help"] == help
            };
            lines.iter().any(is_it)
        })
    }

    /// How often it said this.
    pub(crate) fn said(&self, what: &str) -> usize {
        self.log().matches(what).count()
    }

    /// The provider, if somebody can sign in.
    pub(crate) fn provider(&self) -> &Provider {
        self.provider.as_ref().expect("started without a provider")
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.place.address()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.place.public_url())
    }

    /// A `GET` of its own, as bytes.
    pub(crate) fn request(&self, path: &str) -> String {
        let host = self.place.host();
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
    }

    /// The status of one request.
    pub(crate) fn status(&self, path: &str) -> u16 {
        exchange(self.address(), self.request(path)).status
    }

    /// Another text for its configuration file.
    pub(crate) fn rewrite(&self, edit: impl FnOnce(&str) -> String) {
        let text = fs::read_to_string(self.place.file()).unwrap();
        fs::write(self.place.file(), edit(&text)).unwrap();
    }

    /// Sends a signal, such as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Another command of the program, with the same configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Ended {
        guichet_at(&self.place.file(), arguments)
    }

    /// Zoé signs in on the way to a page; returns where she arrives.
    pub(crate) fn sign_in(&self, browser: &Browser, path: &str) -> Page {
        let page = self.to_the_provider(browser, path);
        self.provider().sign_in(browser, &page, ZOE)
    }

    /// From a protected page through the chooser to the provider's page.
    pub(crate) fn to_the_provider(&self, browser: &Browser, path: &str) -> Page {
        to_the_provider(browser, &self.url(path))
    }

    /// Whether the browser gets through to the application without being asked who it is.
    pub(crate) fn is_signed_in(&self, browser: &Browser) -> bool {
        is_let_in(&self.application, browser, &self.url("/again"))
    }

    /// How it ended. Waits for it.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.process.ended()
    }

    /// Whether it has ended already.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }
}
