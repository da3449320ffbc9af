//! Each secret is replaced while people are signed in, and nobody notices.

use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::clock::SystemClock;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::command::Ended;
use crate::support::command::guichet;
use crate::support::gateway::TestGateway;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::pyjwt;
use crate::support::raw::exchange;
use crate::support::redis::Options;
use crate::support::redis::PASSWORD;
use crate::support::redis::Redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::wait::until;

/// What `guichet reload` does.
trait TakesOver {
    fn takes_over(&mut self, edit: impl FnOnce(&str) -> String);
}

impl TakesOver for TestGateway {
    fn takes_over(&mut self, edit: impl FnOnce(&str) -> String) {
        self.reload(edit)
            .unwrap_or_else(|refusal| panic!("it was refused: {refusal}"));
    }
}

/// Two instances over one Redis, behind one name.
struct Pair {
    scene: Scene,
    second: TestGateway,
}

impl Pair {
    /// A session may rest for as long as it lives, so that time can go by in one step.
    fn start() -> Self {
        let scene = Scene::start_with(Alg::Es256, Store::Redis, |_, text| {
            text.replace("[session]\n", "[session]\nidle_timeout = \"8h\"\n")
        });
        let text = fs::read_to_string(scene.gateway.place().file()).unwrap();
        let listens = |port: u16| format!("listen = \"127.0.0.1:{port}\"");
        let first = scene.gateway.place().port();
        let second = TestGateway::start(|place| text.replace(&listens(first), &listens(place.port())));
        Self { scene, second }
    }

    /// Whether both instances let this browser through, without a question.
    fn let_in(&self, browser: &Browser) -> bool {
        let host = self.scene.host();
        let request = format!(
            "GET /again HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Mode: navigate\r\nCookie: {}\r\n\r\n",
            cookie_field(browser)
        );
        let both = [&self.scene.gateway, &self.second];
        self.scene.application.forget();
        let passed = both.map(|gateway| exchange(gateway.address(), &request).status == 200);
        let count = passed.iter().filter(|passed| **passed).count();
        assert_eq!(self.scene.application.received().len(), count);
        passed == [true; 2]
    }

    fn sign_in(&self) -> Browser {
        let browser = Browser::new();
        let page = self.scene.sign_in(&browser, "/dossier");
        assert_eq!(page.url, self.scene.url("/dossier"), "{}", page.text());
        browser
    }

    fn advance(&self, browser: &Browser, duration: Duration) {
        self.scene.advance(browser, duration);
        self.second.clock().advance(duration);
        let ahead = self.scene.gateway.clock().now().since(SystemClock.now());
        self.scene.provider.clock_ahead(ahead);
    }
}

/// The session secrets are these.
fn with_secrets(text: &str, secrets: &[&str]) -> String {
    let line = text.lines().find(|line| line.starts_with("secret = ")).unwrap();
    text.replace(line, &format!("secret = [{}]", secrets.join(", ")))
}

#[test]
fn a_new_session_secret_logs_nobody_out() {
    let mut pair = Pair::start();
    let place = pair.scene.gateway.place();
    let old = place.secret("session_secret", SESSION_SECRET);
    let new = place.secret(
        "new_session_secret",
        "another-session-secret-of-the-tests-9876543210",
    );

    let zoe = pair.sign_in();
    let late = Browser::new();
    let at_the_provider = pair.scene.to_the_provider(&late, "/dossier");
    for secrets in [[&*old, &*new], [&*new, &*old]] {
        pair.scene.gateway.takes_over(|text| with_secrets(text, &secrets));
        assert!(
            pair.let_in(&zoe),
            "the first instance has {secrets:?}, the second not yet"
        );
        let between = pair.sign_in();
        assert!(
            pair.let_in(&between),
            "sealed by one instance, not opened by the other"
        );
        pair.second.takes_over(|text| with_secrets(text, &secrets));
        assert!(pair.let_in(&zoe) && pair.let_in(&between));
    }
    let page = pair.scene.provider.sign_in(&late, &at_the_provider, ZOE);
    assert_eq!(
        page.url,
        pair.scene.url("/dossier"),
        "a login that began under the old secret"
    );

    // Those who signed in before the new one stood first are at their absolute end when the old one goes.
    pair.advance(&zoe, Duration::from_hours(1));
    let amelie = pair.sign_in();
    pair.advance(&amelie, Duration::from_hours(7) + Duration::from_mins(1));
    assert!(!pair.let_in(&zoe), "she is past her absolute end");
    assert!(pair.let_in(&amelie));
    pair.scene.gateway.takes_over(|text| with_secrets(text, &[&new]));
    pair.second.takes_over(|text| with_secrets(text, &[&new]));
    assert!(pair.let_in(&amelie));
}

#[test]
fn a_session_secret_that_is_taken_away_too_early_is_a_question_and_no_pass() {
    let mut pair = Pair::start();
    let new = pair
        .scene
        .gateway
        .place()
        .secret("new", "another-session-secret-of-the-tests-9876543210");
    let zoe = pair.sign_in();
    pair.scene.gateway.takes_over(|text| with_secrets(text, &[&new]));
    assert!(!pair.scene.is_signed_in(&zoe));
}

#[test]
fn a_new_client_secret_is_used_from_the_next_login_on_and_sessions_live_on() {
    const NEW: &str = "the-next-client-secret-of-the-tests-9876543210";
    let mut scene = Scene::start(Alg::Es256, Store::Redis);
    let zoe = Browser::new();
    scene.sign_in(&zoe, "/dossier");
    scene.is_registered_with(NEW);
    let refused = scene.sign_in(&Browser::new(), "/dossier");
    assert_ne!(
        refused.url,
        scene.url("/dossier"),
        "the provider takes the old secret"
    );
    assert!(scene.is_signed_in(&zoe));

    scene.gateway.place().secret("client_secret", NEW);
    scene.gateway.takes_over(str::to_owned);
    assert!(scene.is_signed_in(&zoe));
    let amelie = Browser::new();
    let page = scene.sign_in(&amelie, "/dossier");
    assert_eq!(page.url, scene.url("/dossier"), "{}", page.text());
    let sent = scene.provider.requests_to("/token").pop().unwrap().body;
    assert!(sent.contains(NEW) && !sent.contains(CLIENT_SECRET), "{sent}");
    let log = scene.gateway.logs().text();
    assert!(!log.contains(NEW) && !log.contains(CLIENT_SECRET));
}

/// A scene whose Redis knows the gateway by a password, with Zoé signed in.
fn with_a_password() -> (Scene, Browser) {
    let redis = Redis::start_with(Options {
        access: Some("~guichet:* +@all".to_owned()),
        ..Options::default()
    });
    let scene = Scene::start_on(Some(redis), Alg::Es256, |_, text| text);
    let zoe = Browser::new();
    scene.sign_in(&zoe, "/dossier");
    (scene, zoe)
}

#[test]
fn a_new_password_of_redis_is_taken_over_while_both_are_good() {
    let (mut scene, zoe) = with_a_password();
    let owner = |scene: &Scene, rule: &str| {
        scene
            .redis()
            .ask(&[b"ACL", b"SETUSER", b"guichet", rule.as_bytes()]);
    };
    owner(&scene, ">the-next-password");
    assert!(scene.is_signed_in(&zoe));
    let url = scene.redis().url().replace(PASSWORD, "the-next-password");
    scene.gateway.place().secret("redis_url", &url);
    scene.gateway.takes_over(str::to_owned);
    assert!(scene.is_signed_in(&zoe));
    owner(&scene, &format!("<{PASSWORD}"));
    // Not only the connection that stands: whatever comes next says the new password.
    scene.redis().ask(&[b"CLIENT", b"KILL", b"USER", b"guichet"]);
    until("the new password is used", || is_answered(&scene, &zoe));
    assert!(scene.is_signed_in(&zoe));
    let amelie = Browser::new();
    scene.sign_in(&amelie, "/dossier");
    assert!(scene.is_signed_in(&amelie));
    assert!(!scene.gateway.logs().text().contains("the-next-password"));
}

/// Not 503: the connection that was cut is made anew.
fn is_answered(scene: &Scene, browser: &Browser) -> bool {
    browser.open_once(&scene.url("/again")).status() != 503
}

/// `guichet keys`, with the configuration of the running gateway.
fn keys(scene: &Scene, arguments: &[&str]) -> Ended {
    guichet(scene, &[&["keys"], arguments].concat())
}

/// The key became what it is some time ago.
fn age(scene: &Scene, file: &str, minutes: u64) {
    let path = scene.gateway.place().folder().join("keys").join(file);
    let now = Duration::from_secs(SystemClock.now().as_unix().unsigned_abs());
    let then = std::time::UNIX_EPOCH + now - Duration::from_mins(minutes);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(then)
        .unwrap();
}

/// What the application gets about Zoé.
fn assertion(scene: &Scene, zoe: &Browser) -> String {
    assert!(scene.is_signed_in(zoe));
    scene.application.only().values("x-guichet-assertion").remove(0)
}

/// Whether an application in Python that keeps these keys believes it.
fn believed(scene: &Scene, token: &str, kept: &Value) -> Result<(), String> {
    let issuer = scene.gateway.place().public_url();
    pyjwt::verify(token, kept, "urbanisme", &issuer).map(drop)
}

fn files(scene: &Scene) -> Vec<(String, Vec<u8>)> {
    let folder = scene.gateway.place().folder().join("keys");
    let read = |path: &Path| (path.display().to_string(), fs::read(path).unwrap());
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| read(&file.unwrap().path()))
        .collect();
    all.sort();
    all
}

/// A step that comes too early changes nothing, and says when it will be time.
fn is_too_early(scene: &Scene) {
    let before = files(scene);
    let why = keys(scene, &["rotate"]).refused(1);
    assert!(
        why.contains("do this step at 20") && why.contains("--now"),
        "{why}"
    );
    assert_eq!(files(scene), before);
}

#[test]
fn the_keys_of_the_assertion_rotate_and_every_assertion_finds_its_key() {
    let mut scene = Scene::start(Alg::Es256, Store::Redis);
    let zoe = Browser::new();
    scene.sign_in(&zoe, "/dossier");
    age(&scene, "current.pem", 90 * 24 * 60);
    let kept_at_first = scene.jwks();
    assert!(keys(&scene, &["rotate"]).well().contains("guichet reload"));
    scene.gateway.takes_over(str::to_owned);
    assert_eq!(believed(&scene, &assertion(&scene, &zoe), &kept_at_first), Ok(()));
    is_too_early(&scene);

    let kept = scene.jwks();
    age(&scene, "next.pem", 11);
    assert!(keys(&scene, &["rotate"]).well().contains("is the current key"));
    let by_the_old_key = assertion(&scene, &zoe);
    scene.gateway.takes_over(str::to_owned);
    let by_the_new_key = assertion(&scene, &zoe);
    assert_eq!(
        believed(&scene, &by_the_new_key, &kept_at_first),
        Err("KeyError".to_owned())
    );
    assert_eq!(
        believed(&scene, &by_the_new_key, &kept),
        Ok(()),
        "an application has not heard of it"
    );
    assert_eq!(
        believed(&scene, &by_the_old_key, &scene.jwks()),
        Ok(()),
        "an assertion lost its key"
    );
    is_too_early(&scene);

    let list = keys(&scene, &["list"]).well();
    let roles: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(roles, ["current", "previous"], "{list}");
    age(&scene, "previous.pem", 22);
    assert!(keys(&scene, &["rotate"]).well().contains("is removed"));
    scene.gateway.takes_over(str::to_owned);
    assert_eq!(scene.jwks()["keys"].as_array().unwrap().len(), 1);
    assert_eq!(believed(&scene, &assertion(&scene, &zoe), &scene.jwks()), Ok(()));
}

#[test]
fn after_a_leak_nothing_that_an_old_key_signed_is_believed() {
    let mut scene = Scene::start(Alg::Es256, Store::Redis);
    let zoe = Browser::new();
    scene.sign_in(&zoe, "/dossier");
    let by_the_leaked_key = assertion(&scene, &zoe);
    keys(&scene, &["rotate"]).well();
    assert!(
        keys(&scene, &["rotate", "--now"])
            .well()
            .contains("is the only key")
    );
    scene.gateway.takes_over(str::to_owned);
    let token = assertion(&scene, &zoe);
    assert_eq!(believed(&scene, &token, &scene.jwks()), Ok(()));
    assert_eq!(
        believed(&scene, &by_the_leaked_key, &scene.jwks()),
        Err("KeyError".to_owned())
    );
    assert_eq!(scene.jwks()["keys"].as_array().unwrap().len(), 1);
}

/// Somebody who is signed in and never stops asking.
struct Steady {
    stop: Arc<AtomicBool>,
    asking: JoinHandle<Vec<u16>>,
}

impl Steady {
    fn start(scene: &Scene, browser: &Browser) -> Self {
        let address = scene.gateway.address();
        let host = scene.host();
        let cookies = cookie_field(browser);
        let request = format!("GET /steady HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let asking = std::thread::spawn(move || {
            let mut answers = Vec::new();
            while !stopped.load(Ordering::SeqCst) {
                answers.push(exchange(address, &request).status);
            }
            answers
        });
        Self { stop, asking }
    }

    /// Every answer was the application's.
    fn was_never_refused(self) {
        self.stop.store(true, Ordering::SeqCst);
        let answers = self.asking.join().unwrap();
        let refused = answers.iter().filter(|status| **status != 200).count();
        assert!(answers.len() > 20, "hardly anything was asked: {}", answers.len());
        assert_eq!(refused, 0, "of {}: {answers:?}", answers.len());
    }
}

#[test]
fn no_request_fails_while_every_secret_changes() {
    let (mut scene, zoe) = with_a_password();
    let steady = Steady::start(&scene, &zoe);

    let place = scene.gateway.place();
    let old = place.secret("session_secret", SESSION_SECRET);
    let new = place.secret(
        "new_session_secret",
        "another-session-secret-of-the-tests-9876543210",
    );
    for secrets in [[&*old, &*new], [&*new, &*old]] {
        scene.gateway.takes_over(|text| with_secrets(text, &secrets));
    }
    for (file, minutes) in [("current.pem", 60), ("next.pem", 11), ("previous.pem", 22)] {
        age(&scene, file, minutes);
        keys(&scene, &["rotate"]).well();
        scene.gateway.takes_over(str::to_owned);
    }
    let redis = scene.redis();
    redis.ask(&[b"ACL", b"SETUSER", b"guichet", b">the-next-password"]);
    scene
        .gateway
        .place()
        .secret("redis_url", &redis.url().replace(PASSWORD, "the-next-password"));
    scene.gateway.takes_over(str::to_owned);
    let redis = scene.redis();
    redis.ask(&[b"ACL", b"SETUSER", b"guichet", format!("<{PASSWORD}").as_bytes()]);
    scene.is_registered_with("the-next-client-secret-of-the-tests-9876543210");
    scene
        .gateway
        .place()
        .secret("client_secret", "the-next-client-secret-of-the-tests-9876543210");
    scene.gateway.takes_over(str::to_owned);

    steady.was_never_refused();
    assert!(scene.is_signed_in(&zoe));
    let amelie = Browser::new();
    let page = scene.sign_in(&amelie, "/dossier");
    assert_eq!(page.url, scene.url("/dossier"), "{}", page.text());
}
