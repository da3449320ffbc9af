//! What `docs/operations.md` says about the days after the installation, followed word for word: TLS, a Redis that knows its
//! access list, every secret replaced, a newer certificate, the end. People work all the time, and nobody notices anything.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::browser::Browser;
use crate::support::command::GUICHET;
use crate::support::document;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::gateway::Place;
use crate::support::load::Load;
use crate::support::ports::free_port;
use crate::support::process::Process;
use crate::support::provider::to_the_provider;
use crate::support::raw::exchange;
use crate::support::repository::text_of;
use crate::support::scene::CLIENT_SECRET;
use crate::support::steps::cookie_line;
use crate::support::tunnel::Tunnel;

const PAGE: &str = "docs/operations.md";

const PASSWORD: &str = "the-password-of-the-first-day";
const OPERATOR: &str = "the-password-of-the-operator";

/// A Redis with the settings and the access list that are shipped.
struct TownRedis {
    port: u16,
    _process: Process,
}

impl TownRedis {
    fn start(folder: &Path) -> Self {
        let port = free_port();
        let access = text_of("deploy/redis/users.acl")
            .replace("PASSWORD", PASSWORD)
            .replace("OPERATOR", OPERATOR);
        fs::write(folder.join("users.acl"), access).unwrap();
        let settings = format!(
            "bind 127.0.0.1\nport {port}\ndir {}\naclfile {}\n{}",
            folder.display(),
            folder.join("users.acl").display(),
            text_of("deploy/redis/redis.conf")
        );
        fs::write(folder.join("redis.conf"), settings).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(folder.join("redis.conf"));
        let (process, _) = Process::announced(&mut command, "Ready to accept connections");
        Self {
            port,
            _process: process,
        }
    }
}

/// The town hall on a working day.
struct Day {
    executable: Executable,
    tunnel: Tunnel,
    origin: String,
    redis: TownRedis,
}

impl Day {
    fn begins(redis: TownRedis, authority: &Authority) -> Self {
        let pair = authority.issue("site", LOCALHOST, LONG);
        let executable = Executable::start(&Start {
            provider: true,
            store: &|place| {
                let url = format!("redis://guichet:{PASSWORD}@127.0.0.1:{}", redis.port);
                let url = place.secret("redis_url", &url);
                format!("store = \"redis\"\nredis = {{ url = {url} }}\n")
            },
            edit: &|place, usual| {
                let server = format!(
                    "[server]\n{}\nadmin_socket = \"admin.sock\"\nshutdown_delay = \"2s\"",
                    pair.configured()
                );
                usual
                    .replace(&place.public_url(), &origin(place))
                    .replace("[server]", &server)
            },
            ..Start::default()
        });
        let tunnel = Tunnel::into_tls(executable.address(), authority.client("http/1.1"), "localhost");
        let day = Self {
            origin: origin(executable.place()),
            executable,
            tunnel,
            redis,
        };
        day.is_registered_with(CLIENT_SECRET);
        day.tools();
        day
    }

    /// The commands of the page, as the administrator's machine has them.
    fn tools(&self) {
        let folder = self.folder();
        fs::create_dir_all(folder.join("bin")).unwrap();
        fs::create_dir_all(folder.join("credentials")).unwrap();
        fs::write(folder.join("credentials/redis_operator"), OPERATOR).unwrap();
        let file = self.executable.place().file();
        for (name, command) in [
            ("guichet", format!("{GUICHET} --config {}", file.display())),
            ("redis-cli", format!("/usr/bin/redis-cli -p {}", self.redis.port)),
        ] {
            let path = folder.join("bin").join(name);
            fs::write(&path, format!("#!/bin/sh\nexec {command} \"$@\"\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn folder(&self) -> &Path {
        self.executable.place().folder()
    }

    fn address(&self) -> SocketAddr {
        self.tunnel.address()
    }

    fn is_registered_with(&self, secret: &str) {
        let provider = self.executable.provider();
        provider.register_at(&self.origin, ("tests", secret));
    }

    /// Somebody signs in, and is at work from then on.
    fn sign_in(&self, person: usize) -> Browser {
        let browser = Browser::new();
        browser.reaches(&self.origin, self.address());
        let at_the_provider = to_the_provider(&browser, &format!("{}/dossier", self.origin));
        let provider = self.executable.provider();
        let page = provider.sign_in(&browser, &at_the_provider, person);
        assert_eq!(page.url, format!("{}/dossier", self.origin), "{}", page.text());
        browser
    }

    fn request(&self, browser: &Browser) -> String {
        let host = self.origin.trim_start_matches("https://");
        format!(
            "GET /dossier HTTP/1.1\r\nHost: {host}\r\n{}\r\n",
            cookie_line(browser)
        )
    }

    /// Follows a block of the page. Where it says that something is edited, or that time goes by, `meanwhile` does it.
    fn follows(&self, with: &str, meanwhile: &mut dyn FnMut(&str)) {
        let folder = self.folder().display().to_string();
        let block = document::block(PAGE, "sh", with)
            .replace("/etc/guichet", &folder)
            .replace("127.0.0.1:6379", &format!("127.0.0.1:{}", self.redis.port));
        let mut script = String::new();
        for line in block.lines() {
            if line.contains("# 1. ") || line.contains("# 2. ") || line.contains("# 3. ") {
                self.runs(&script);
                script.clear();
                meanwhile(line);
            }
            script.push_str(line);
            script.push('\n');
        }
        self.runs(&script);
    }

    fn runs(&self, script: &str) {
        let folder = self.folder();
        let script = format!("PATH={}/bin:$PATH\n{script}", folder.display());
        drop(document::followed(&script, folder, (&[], "")));
    }

    /// `# 1. secret = [..]     then, on every instance:`
    fn edits_the_secret(&self, line: &str) {
        let (_, said) = line.split_once("secret = ").unwrap();
        let said = said.split("  ").next().unwrap();
        let file = self.executable.place().file();
        let text = fs::read_to_string(&file).unwrap();
        let old = text.lines().find(|line| line.starts_with("secret = ")).unwrap();
        fs::write(&file, text.replace(old, &format!("secret = {said}"))).unwrap();
    }

    /// A key has been what it is for long enough.
    fn lets_time_go_by(&self, line: &str) {
        let aged = match line.split_once("# ").unwrap().1.split('.').next().unwrap() {
            "1" => "current.pem",
            "2" => "next.pem",
            _ => "previous.pem",
        };
        self.runs(&format!("touch -d '30 minutes ago' keys/{aged}"));
    }

    /// The certificate that a new connection is shown, in PEM.
    fn certificate(&self, authority: &Authority) -> String {
        let said = authority.s_client((self.executable.address(), "localhost"), &[], "");
        let (_, begun) = said.split_once("-----BEGIN CERTIFICATE-----").unwrap();
        begun.split_once("-----END").unwrap().0.to_owned()
    }
}

fn origin(place: &Place) -> String {
    place.public_url().replace("http://", "https://")
}

/// Those who are signed in and work.
struct Shift {
    people: Vec<Browser>,
    loads: Vec<Load>,
}

impl Shift {
    fn begins(day: &Day) -> Self {
        let people = vec![day.sign_in(0), day.sign_in(1)];
        let load = |person| Load::of(day.address(), &day.request(person));
        let loads = people.iter().map(load).collect();
        Self { people, loads }
    }

    /// Each of them gets some work done.
    fn goes_on(&self, day: &Day) {
        let before: Vec<usize> = self.loads.iter().map(Load::answered).collect();
        let each = |(load, before): (&Load, &usize)| load.answered() > before + 30;
        day.executable
            .until("work goes on", || self.loads.iter().zip(&before).all(each));
    }

    fn ends(self) -> Vec<Browser> {
        for load in self.loads {
            assert_eq!(load.end(), Vec::<String>::new());
        }
        self.people
    }
}

#[test]
fn a_day_on_which_everything_is_replaced_ends_with_no_failed_request_and_nobody_logged_out() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let mut day = Day::begins(TownRedis::start(folder.path()), &authority);
    let mut shift = Shift::begins(&day);

    day.follows("guichet keys list", &mut |line| {
        shift.goes_on(&day);
        day.lets_time_go_by(line);
    });
    day.follows("ACL SETUSER", &mut |line| {
        panic!("nothing is edited by hand: {line}")
    });
    shift.goes_on(&day);
    let certificate = day.certificate(&authority);
    authority.issue("site", LOCALHOST, LONG);
    day.runs("guichet reload");
    assert_ne!(
        day.certificate(&authority),
        certificate,
        "the old certificate is still shown"
    );
    day.is_registered_with("the-next-client-secret-of-the-tests-9876543210");
    let place = day.executable.place();
    place.secret("client_secret", "the-next-client-secret-of-the-tests-9876543210");
    day.runs("guichet reload");
    shift.goes_on(&day);
    day.follows("session_secret.new", &mut |line| {
        shift.goes_on(&day);
        if line.contains("after absolute_timeout") {
            // Those of the morning have gone home; whoever signed in since the second step stays.
            let next = Shift::begins(&day);
            drop(std::mem::replace(&mut shift, next).ends());
        }
        day.edits_the_secret(line);
    });
    shift.goes_on(&day);

    day.executable.signal("TERM");
    day.executable
        .until("it leaves", || day.executable.said("still serving") == 1);
    shift.goes_on(&day);
    let people = shift.ends();
    assert_eq!(day.executable.ended().code(), Some(0));
    let log = day.executable.log();
    assert!(!log.contains(PASSWORD) && !log.contains(OPERATOR), "{log}");

    // The next morning.
    day.executable.start_again();
    for person in &people {
        assert_eq!(exchange(day.address(), day.request(person)).status, 200);
    }
}
