//! The executable over Redis, many people at one provider, and an application: what stands on the stage of a soak.

use std::fs;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::application::Application;
use super::faults::Faults;
use super::person::Person;
use super::tally::Tally;
use crate::support::browser::Browser;
use crate::support::gateway::Place;
use crate::support::memory;
use crate::support::process::Process;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::provider::to_the_provider;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::SESSION;
use crate::support::scene::redis_store;
use crate::support::scene::usual;
use crate::support::upstream::Upstream;
use crate::support::wait::until;

/// How many sign in at once.
const AT_ONCE: usize = 6;
/// How long Redis or the application is away.
const AWAY: Duration = Duration::from_millis(700);
/// So many good answers in a row end a fault: whoever was turned away comes back at once, all of them together.
const WELL: usize = 20;
/// All of these clients have one address, which nobody has in the world.
const LIMITS: &str = "[limits]\nconnections_per_client = 5000\nrequests_per_client = 2000\nlogins_per_client = 10000\n\
                      head_timeout = \"2s\"\nbody_grace = \"2s\"\nwrite_timeout = \"4s\"\n";

/// Everything that stands there.
#[derive(Debug)]
pub(super) struct Stage {
    process: Process,
    place: Place,
    provider: Provider,
    application: Application,
    redis: Mutex<Redis>,
    people: usize,
    pub(super) faults: Faults,
    pub(super) tally: Tally,
    over: AtomicBool,
}

/// Says that it is over when it goes out of scope.
pub(super) struct Over<'a>(&'a Stage);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
    }
}

impl Stage {
    pub(super) fn start(program: &Path, people: usize) -> Self {
        let redis = Redis::start_with(Options {
            // A process that is killed loses nothing that it wrote. Waiting for the disk would be a fault that nobody declared.
            arguments: &["--appendonly", "yes", "--appendfsync", "no"],
            ..Options::default()
        });
        let accounts: Vec<Value> = (0..people).map(account).collect();
        let provider = Provider::start_for(Alg::Es256, &accounts);
        let (application, place) = (Application::start(), Place::new());
        // The usual configuration names an application that keeps what it receives; ours does not.
        let keeping = Upstream::start();
        let store = redis_store(&place, &redis);
        let text = usual(&place, (provider.issuer(), Alg::Es256), &keeping, &store);
        let text = text.replace(&keeping.url(), &application.url());
        let text = text.replace("[session]", &format!("{LIMITS}\n[session]"));
        fs::write(place.file(), text).unwrap();
        provider.register_at(&place.public_url(), ("tests", CLIENT_SECRET));
        let mut command = Command::new(program);
        command.arg("--config").arg(place.file()).arg("run");
        let mut process = Process::start(command.env("GUICHET_LOG", "warn").stderr(Stdio::piped()));
        process.keep_errors();
        until("it listens", || TcpStream::connect(place.address()).is_ok());
        Self {
            process,
            place,
            provider,
            application,
            redis: Mutex::new(redis),
            people,
            faults: Faults::default(),
            tally: Tally::default(),
            over: AtomicBool::new(false),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.place.address()
    }

    pub(super) fn host(&self) -> String {
        self.place.host()
    }

    /// What the gateway complained about.
    pub(super) fn log(&self) -> String {
        self.process.errors()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    pub(super) fn is_over_at_the_end(&self) -> Over<'_> {
        Over(self)
    }

    /// Everybody, each with a session.
    pub(super) fn all_sign_in(&self) -> Vec<Person> {
        let next = AtomicUsize::new(0);
        let signed_in = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= self.people {
                            return;
                        }
                        let person = Person {
                            number,
                            sub: sub(number),
                            cookie: self.signs_in(&sub(number)),
                        };
                        signed_in.lock().unwrap().push(person);
                    }
                });
            }
        });
        signed_in.into_inner().unwrap()
    }

    /// A login; the cookie that comes of it.
    pub(super) fn signs_in(&self, sub: &str) -> String {
        let browser = Browser::new();
        let url = format!("{}/signed-in", self.place.public_url());
        let page = to_the_provider(&browser, &url);
        let page = self.provider.sign_in_as(&browser, &page, sub);
        assert_eq!(
            (page.status(), page.url.as_str()),
            (200, url.as_str()),
            "{}",
            page.text()
        );
        let cookie = browser.cookie("localhost", SESSION).expect("no session");
        self.tally.login();
        format!("{SESSION}={cookie}")
    }

    /// Redis or the application, in turns, goes away and comes back, until somebody who is signed in is served again.
    pub(super) fn something_fails(&self) {
        self.faults.during(|| {
            if self.tally.fault().is_multiple_of(2) {
                let mut redis = self.redis.lock().unwrap();
                redis.kill();
                thread::sleep(AWAY);
                redis.resume();
            } else {
                self.application.stop();
                thread::sleep(AWAY);
                self.application.resume();
            }
            until("everything is well again", || (0..WELL).all(|_| self.is_well()));
        });
    }

    /// Whether the store and the application answer.
    fn is_well(&self) -> bool {
        // A cookie that has the form of a session's makes the gateway ask the store.
        let stranger = format!("Cookie: {SESSION}={}\r\n", "A".repeat(43));
        let answer = self.ask("/optional", &stranger);
        thread::sleep(Duration::from_millis(50));
        answer.status == 200
    }

    /// One request, on a connection of its own.
    pub(super) fn ask(&self, path: &str, lines: &str) -> Answer {
        let host = self.host();
        exchange(
            self.address(),
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Connection: close\r\n\r\n"),
        )
    }

    /// Resident memory of the gateway, in KiB.
    pub(super) fn memory(&self) -> u64 {
        memory::resident(self.process.id()) / 1024
    }
}

fn sub(number: usize) -> String {
    format!("{number:064x}v1")
}

fn account(number: usize) -> Value {
    json!({
        "sub": sub(number), "given_name": "Camille", "given_name_array": ["Camille"], "birthdate": "1990-01-01",
        "family_name": format!("PERSONNE-{number}"), "gender": "female", "birthplace": "75056", "birthcountry": "99100",
        "idp_birthdate": "1990-01-01", "email": format!("p{number}@example.org"),
    })
}
