//! A provider that is not there: who comes is told so within seconds, then at once; who is signed in goes on; and when it is back
//! nobody has to do anything.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::stage::SOON;
use super::stage::arrives;
use super::stage::begins_no_login;
use super::stage::lie_on;
use super::stage::lying;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::command::guichet;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::wait::until;

/// Longer than an answer of the provider says that it is there.
const A_MOMENT: Duration = Duration::from_millis(1100);
/// Nobody was asked for it.
const AT_ONCE: Duration = Duration::from_secs(2);
/// How many want to sign in together.
const CROWD: usize = 20;

const UNREACHABLE: &str = "provider_unreachable";

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T291"],
            sentence: "a gateway starts without its provider, serves what needs none, and finds it by itself when it comes",
            plays: not_there_yet,
        },
        Play {
            ids: &[],
            sentence: "a provider that stands still keeps those who come for five seconds, then for none, and those who are signed in not at all",
            plays: stands_still,
        },
        Play {
            ids: &[],
            sentence: "a provider whose document cannot be had, and that answers, is one that people are sent to",
            plays: in_trouble_and_there,
        },
        Play {
            ids: &[],
            sentence: "a provider that falls silent while somebody is there is asked before the next one is sent",
            plays: silent_in_the_middle,
        },
    ]
}

fn metric(scene: &Scene, line: &str) -> bool {
    scene.gateway.metrics().lines().any(|said| said == line)
}

const UP: &str = "guichet_provider_up{provider=\"fc\"} 1";
const DOWN: &str = "guichet_provider_up{provider=\"fc\"} 0";

/// The same provider again, at the same address, with other keys.
fn comes_back(scene: &mut Scene) {
    let issuer = scene.provider.issuer().to_owned();
    scene.provider = Provider::start_at(scene.provider.address().port(), Alg::Es256);
    assert_eq!(scene.provider.issuer(), issuer);
    scene.is_registered_with(CLIENT_SECRET);
}

fn not_there_yet() {
    let mut scene = lying(&[]);
    scene.provider.dies();
    scene.gateway.restart(str::to_owned);
    for _ in 0..3 {
        let took = begins_no_login(&scene, 503, UNREACHABLE);
        assert!(took < AT_ONCE, "{took:?}");
    }
    assert_eq!(scene.ask("/public", "").status, 200);
    assert_eq!(scene.ask("/optional", "").status, 200);
    assert!(metric(&scene, DOWN), "{}", scene.gateway.metrics());
    comes_back(&mut scene);
    until("it is found", || metric(&scene, UP));
    arrives(&scene);

    // A name that leads nowhere.
    let scene = Scene::start_with(Alg::Es256, Store::Redis, |_, usual| {
        let issuer = usual
            .lines()
            .find(|line| line.starts_with("issuer = \"http"))
            .unwrap();
        usual
            .replace(issuer, "issuer = \"https://franceconnect.invalid/api/v2\"")
            .replace(r#"environment = "simulated""#, r#"environment = "sandbox""#)
    });
    let took = begins_no_login(&scene, 503, UNREACHABLE);
    assert!(took < SOON, "{took:?}");
    assert_eq!(scene.ask("/public", "").status, 200);
    is_asked_ever_more_seldom();
}

/// After two seconds, then after four.
fn is_asked_ever_more_seldom() {
    const ALMOST_FOUR: Duration = Duration::from_millis(3500);
    let mut scene = lying(&[]);
    let address = scene.provider.address();
    scene.provider.dies();
    begins_no_login(&scene, 503, UNREACHABLE);
    let nobody = TcpListener::bind(address).unwrap();
    nobody.set_nonblocking(true).unwrap();
    let mut asked = Vec::new();
    until("it is asked twice", || {
        asked.extend(nobody.accept().ok().map(|_connection| Instant::now()));
        asked.len() == 2
    });
    let pause = asked[1] - asked[0];
    assert!(pause > ALMOST_FOUR, "{pause:?}");
}

fn stands_still() {
    let scene = lying(&[]);
    let signed_in = arrives(&scene);
    scene.provider.stalls();
    thread::sleep(A_MOMENT);
    // Together they ask once, and none of them waits for longer than that.
    thread::scope(|threads| {
        for _ in 0..CROWD {
            threads.spawn(|| {
                let began = Instant::now();
                let page = Browser::new().open_once(&scene.url("/_guichet/login/fc?return_to=/dossier"));
                let took = began.elapsed();
                assert_eq!(page.status(), 503, "{}", page.text());
                assert!(page.answer.field("retry-after").is_some());
                assert!(took < SOON, "{took:?}");
            });
        }
        // Meanwhile.
        assert!(scene.is_signed_in(&signed_in));
    });
    let began = Instant::now();
    for _ in 0..CROWD {
        let page = Browser::new().open_once(&scene.url("/_guichet/login/fc?return_to=/dossier"));
        assert_eq!(page.status(), 503, "{}", page.text());
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    // The log leaves lines away where there are too many in a second.
    thread::sleep(A_MOMENT);
    begins_no_login(&scene, 503, UNREACHABLE);
    assert!(scene.is_signed_in(&signed_in));
    assert!(metric(&scene, DOWN), "{}", scene.gateway.metrics());
    let doctor = guichet(&scene, &["doctor", "--provider", "fc"]);
    assert_eq!(doctor.code, 4, "{}", doctor.out);
    assert!(
        doctor.out.contains("discovery") && doctor.out.contains("no answer within 5 s"),
        "{}",
        doctor.out
    );
    let began = Instant::now();
    let question = signed_in.open(&scene.url("/_guichet/logout"));
    let ended = signed_in.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(ended.status(), 303, "{}", ended.text());
    assert!(!scene.is_signed_in(&signed_in));

    scene.provider.goes_on();
    until("it is heard again", || metric(&scene, UP));
    arrives(&scene);
    let log = scene.gateway.logs().text();
    assert_eq!(log.matches("the provider does not answer").count(), 1, "{log}");
    assert_eq!(log.matches("the provider answers again").count(), 1, "{log}");
}

fn in_trouble_and_there() {
    let scene = lying(&[]);
    arrives(&scene);
    lie_on(
        &scene,
        &[json!({ "target": "discovery", "status": 503, "body": "" })],
    );
    thread::sleep(A_MOMENT);
    arrives(&scene);
    let said = scene
        .gateway
        .logs()
        .lines_with("the one before stays in use")
        .join("\n");
    assert!(said.contains("503"), "{said}");
}

fn silent_in_the_middle() {
    let mut scene = lying(&[]);
    arrives(&scene);
    scene.provider.lie(&json!({ "target": "token", "drop": true }));
    assert_eq!(scene.sign_in(&Browser::new(), "/dossier").status(), 503);
    let before = scene
        .provider
        .requests_to("/.well-known/openid-configuration")
        .len();
    arrives(&scene);
    let asked = scene
        .provider
        .requests_to("/.well-known/openid-configuration")
        .len();
    assert_eq!(
        asked,
        before + 1,
        "it was there all the time, and one question showed it"
    );

    scene.provider.lie(&json!({ "target": "token", "drop": true }));
    assert_eq!(scene.sign_in(&Browser::new(), "/dossier").status(), 503);
    scene.provider.dies();
    let took = begins_no_login(&scene, 503, UNREACHABLE);
    assert!(took < AT_ONCE, "{took:?}");
    comes_back(&mut scene);
    until("it is found", || metric(&scene, UP));
}
