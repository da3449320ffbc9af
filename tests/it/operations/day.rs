//! What `docs/operations.md` says about the days after its installation, followed word for word where it was installed: TLS, a
//! Redis that knows its access list, every secret replaced, a newer certificate, the end and a newer program. People work all
//! the time, and nobody notices anything.

use std::fs;
use std::net::SocketAddr;

use super::machine::Machine;
use super::machine::PAGE;
use super::machine::scripts;
use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::browser::Browser;
use crate::support::document;
use crate::support::load::Load;
use crate::support::ports::local;
use crate::support::process::Process;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::provider::to_the_provider;
use crate::support::raw::exchange;
use crate::support::steps::cookie_line;
use crate::support::tunnel::Tunnel;
use crate::support::upstream::Upstream;
use crate::support::wait::until;

/// The client of `deploy/guichet.toml`, and what its secret is one day.
const CLIENT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The town hall on a working day. Fields end in this order.
struct Day {
    service: Process,
    redis: Process,
    tunnel: Tunnel,
    provider: Provider,
    _application: Upstream,
    machine: Machine,
}

impl Day {
    /// Everything is installed as the page says, with a certificate of its own.
    fn begins(authority: &Authority) -> Self {
        let (provider, application) = (Provider::start(Alg::Es256), Upstream::start());
        let issuer = provider.issuer();
        let machine = Machine::new(
            "https",
            &format!("environment = \"simulated\"\nissuer = \"{issuer}\""),
        );
        let redis = machine.installed(&application.url());
        machine.configures(&document::block(PAGE, "toml", "key.pem"));
        renewed(&machine, authority, "exit 0 # nothing runs yet");
        let last = scripts().pop().unwrap();
        machine.says(last.split_once("guichet healthcheck\n").unwrap().0);
        let service = machine.service();
        let tunnel = Tunnel::into_tls(local(machine.port), authority.client("http/1.1"), "localhost");
        let day = Self {
            service,
            redis,
            tunnel,
            provider,
            _application: application,
            machine,
        };
        day.is_registered_with(super::machine::CLIENT_SECRET.trim());
        day
    }

    fn address(&self) -> SocketAddr {
        self.tunnel.address()
    }

    fn is_registered_with(&self, secret: &str) {
        self.provider
            .register_at(&self.machine.origin(), (CLIENT, secret));
    }

    /// Somebody signs in, and is at work from then on.
    fn sign_in(&self, person: usize) -> Browser {
        let (browser, origin) = (Browser::new(), self.machine.origin());
        browser.reaches(&origin, self.address());
        let at_the_provider = to_the_provider(&browser, &format!("{origin}/dossier"));
        let page = self.provider.sign_in(&browser, &at_the_provider, person);
        assert_eq!(page.url, format!("{origin}/dossier"), "{}", page.text());
        browser
    }

    fn request(&self, browser: &Browser) -> String {
        format!(
            "GET /dossier HTTP/1.1\r\nHost: localhost:{}\r\n{}\r\n",
            self.machine.port,
            cookie_line(browser)
        )
    }

    /// Follows a block of the page. Where it says that time goes by, `meanwhile` lets it.
    fn follows(&self, with: &str, meanwhile: &mut dyn FnMut(&str)) -> String {
        let (mut script, mut said) = (String::new(), String::new());
        for line in document::block(PAGE, "sh", with).lines() {
            if ["# 1. ", "# 2. ", "# 3. "].iter().any(|mark| line.contains(mark)) {
                said += &self.machine.says(&script).out;
                script.clear();
                meanwhile(line);
            }
            script.push_str(line);
            script.push('\n');
        }
        said + &self.machine.says(&script).out
    }

    /// A key has been what it is for long enough.
    fn lets_time_go_by(&self, line: &str) {
        let aged = match line.split_once("# ").unwrap().1.split('.').next().unwrap() {
            "1" => "current.pem",
            "2" => "next.pem",
            _ => "previous.pem",
        };
        self.machine
            .run(&format!("touch -d '30 minutes ago' /var/lib/guichet/keys/{aged}"));
    }

    /// The certificate that a new connection is shown, in PEM.
    fn certificate(&self, authority: &Authority) -> String {
        let said = authority.s_client((local(self.machine.port), "localhost"), &[], "");
        let (_, begun) = said.split_once("-----BEGIN CERTIFICATE-----").unwrap();
        begun.split_once("-----END").unwrap().0.to_owned()
    }
}

/// The hook of the page, with what an authority just issued.
fn renewed(machine: &Machine, authority: &Authority, at_first: &str) {
    let pair = authority.issue("site", LOCALHOST, LONG);
    fs::copy(pair.cert_file, authority.path("fullchain.pem")).unwrap();
    fs::copy(pair.key_file, authority.path("privkey.pem")).unwrap();
    let lineage = authority.path("");
    let hook = document::block(PAGE, "sh", "RENEWED_LINEAGE");
    let (install, reload) = hook.split_once("systemctl").unwrap();
    let script = format!(
        "RENEWED_LINEAGE={}\n{install}\n{at_first}\nsystemctl{reload}",
        lineage.display()
    );
    machine.run(&script);
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
    fn goes_on(&self) {
        let before: Vec<usize> = self.loads.iter().map(Load::answered).collect();
        let each = |(load, before): (&Load, &usize)| load.answered() > before + 30;
        until("work goes on", || self.loads.iter().zip(&before).all(each));
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
    let authority = Authority::new();
    let mut day = Day::begins(&authority);
    let mut shift = Shift::begins(&day);

    day.follows("guichet keys list", &mut |line| {
        shift.goes_on();
        day.lets_time_go_by(line);
    });
    let certificate = day.certificate(&authority);
    renewed(&day.machine, &authority, "");
    assert_ne!(
        day.certificate(&authority),
        certificate,
        "the old certificate is still shown"
    );
    // What the reader types is the same again: another secret is in the file until then.
    day.machine
        .says("printf another > \"$secrets/fc_client_secret\"\nguichet reload");
    day.follows("New client secret", &mut |line| panic!("{line}"));
    shift.goes_on();
    the_password_of_redis_is_replaced(&day, &shift);
    day.follows("session_secret_spare\")", &mut |line| panic!("{line}"));
    shift.goes_on();
    // Those of the morning have gone home; whoever signed in since the first step stays.
    let next = Shift::begins(&day);
    drop(std::mem::replace(&mut shift, next).ends());
    day.follows("# eight hours later", &mut |line| panic!("{line}"));
    shift.goes_on();

    day.service.signal("TERM");
    until("it leaves", || day.service.errors().contains("still serving"));
    shift.goes_on();
    let people = shift.ends();
    assert_eq!(day.service.ended().code(), Some(0));

    // The next morning, with a newer program and a Redis that was started again.
    day.redis.signal("TERM");
    day.redis.ended();
    day.redis = day.machine.redis();
    let upgrade = document::block(PAGE, "sh", "guichet.before");
    day.machine.says(upgrade.split_once("systemctl").unwrap().0);
    day.service = day.machine.service();
    for person in &people {
        assert_eq!(exchange(day.address(), day.request(person)).status, 200);
    }
    let found = day.machine.says("guichet doctor").out;
    let doubts: Vec<&str> = found.lines().filter(|line| line.starts_with("  ! ")).collect();
    assert!(doubts.is_empty(), "{found}");
}

/// What the three steps of the page have in them.
const NEW_PASSWORD_OF_REDIS: [&str; 3] = ["guichet >%s", "before=$(cat", "resetpass"];

/// The file has another password afterwards, and Redis takes that one alone.
fn the_password_of_redis_is_replaced(day: &Day, shift: &Shift) {
    let url = || fs::read_to_string(day.machine.path("/etc/guichet/secrets/redis_url")).unwrap();
    let before = url();
    // Typed into one shell.
    let steps = NEW_PASSWORD_OF_REDIS.map(|with| document::block(PAGE, "sh", with));
    day.machine.says(&steps.join("\n"));
    shift.goes_on();
    let after = url();
    let taken = || [&before, &after].map(|url| day.machine.redis_answers(&["-u", url]));
    assert_eq!(taken(), [false, true]);
    let log = day.service.errors();
    for password in [&before, &after].map(|url| url.split([':', '@']).nth(2).unwrap()) {
        assert!(password.len() == 48 && !log.contains(password), "{log}");
    }
    let saved = fs::read_to_string(day.machine.path("/etc/redis/users.acl")).unwrap();
    assert!(saved.contains("user guichet on #"), "{saved}");
}
