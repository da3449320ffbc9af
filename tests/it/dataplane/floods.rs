//! Many of one kind: logins that nobody ends, names that nobody has, lines that nobody reads. What they cost has an end.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::slow_and_long::limited;
use super::slow_and_long::refusals;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::command::guichet_at;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::memory;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::raw::RawClient;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::scene::redis_store;
use crate::support::steps::get;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::usual::with_limits;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T158"],
            sentence: "an identity that no application server would read is refused once, in clear words",
            plays: an_identity_that_is_too_long,
        },
        Play {
            ids: &["T159"],
            sentence: "logins that nobody ends write nothing to Redis, ask the provider nothing and have an end",
            plays: begun_logins,
        },
        Play {
            ids: &["T170"],
            sentence: "a hundred thousand routes are refused by name, and a pattern is no path",
            plays: route_bombs,
        },
        Play {
            ids: &["T173"],
            sentence: "names that strangers make up are no series of a metric",
            plays: made_up_names,
        },
        Play {
            ids: &["T174"],
            sentence: "the same error over and over is some lines and a count",
            plays: the_same_error,
        },
        Play {
            ids: &["T175"],
            sentence: "no page of ours is compressed",
            plays: nothing_is_compressed,
        },
    ]
}

fn an_identity_that_is_too_long() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    scene.provider.lie(&json!({
        "target": "userinfo", "payload": [{ "set": "family_name", "to": "É".repeat(1500) }],
    }));
    let page = scene.sign_in(&Browser::new(), "/dossier");
    assert_eq!(
        (page.status(), page.url.as_str()),
        (502, scene.url("/dossier").as_str())
    );
    assert!(page.text().contains("P08 · "), "{}", page.text());
    assert!(page.hops.len() < 12, "{:?}", page.hops);
    assert_eq!(scene.application.byte_count(), 0);
}

fn begun_logins() {
    let redis = crate::support::redis::Redis::start();
    let gateway = Executable::start(&Start {
        provider: true,
        store: &|place| redis_store(place, &redis),
        edit: &|_, usual| with_limits(usual, "logins_per_client = 100"),
        ..Start::default()
    });
    let host = gateway.place().host();
    let mut client = RawClient::connect(gateway.address());
    let mut ask = |path: &str| {
        client.send(format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Language: en\r\n\r\n"
        ));
        client.answer()
    };
    assert_eq!(ask("/_guichet/login/fc?return_to=/a").status, 303);
    let before = memory::resident(gateway.id());
    for number in 0..500 {
        let answer = ask(&format!("/dossier/{number}"));
        assert_eq!(answer.status, 303);
    }
    let begun = (0..300).filter(|number| {
        let answer = ask(&format!("/_guichet/login/fc?return_to=/{number}"));
        if answer.status == 429 {
            let seconds: u64 = answer.field("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
            assert!(
                answer.text().contains("Too many sign-ins from your network"),
                "{}",
                answer.text()
            );
            assert_eq!(answer.field("set-cookie"), None);
        }
        answer.status == 303
    });
    let begun = begun.count();
    assert!((99..200).contains(&begun), "{begun}");
    assert_eq!(redis.keys(), Vec::<Vec<u8>>::new());
    assert_eq!(gateway.application.byte_count(), 0);
    let asked: Vec<_> = gateway
        .provider()
        .requests()
        .into_iter()
        .map(|asked| asked.path)
        .collect();
    assert!(asked.len() <= 2, "{asked:?}");
    let grown = memory::peak(gateway.id()).saturating_sub(before);
    assert!(grown < 16 << 20, "{grown}");
}

#[test]
fn whoever_has_to_wait_keeps_the_attempt_and_the_code() {
    let scene = limited(Store::Redis, "logins_per_client = 2");
    let [first, second] = [Browser::new(), Browser::new()];
    let [one, two] = [&first, &second].map(|browser| to_the_callback(&scene, browser, "/dossier", ZOE));
    assert_eq!(first.open_once(&one).status(), 303);
    // The same answer twice more: the second is the loser of a double click, the third is one too many.
    let path = |callback: &str| callback.strip_prefix(&scene.url("")).unwrap().to_owned();
    let login = second.cookie_names("localhost");
    let replay = Browser::new();
    for name in &login {
        let value = second.cookie("localhost", name).unwrap();
        replay.plant(&scene.url("/"), &format!("{name}={value}; Path=/"));
    }
    let forged = path(&two).replace("code=", "code=x");
    assert_eq!(
        get(&scene, &replay, &forged).status,
        502,
        "spent by whoever has the cookie"
    );
    let keys = scene.redis().keys().len();
    let tokens = scene.provider.requests_to("/token").len();
    let answer = get(&scene, &second, &path(&two));
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert!(
        answer.text().contains("Trop de connexions depuis votre réseau"),
        "{}",
        answer.text()
    );
    assert!(answer.text().contains("L20 · "), "{}", answer.text());
    assert_eq!(answer.field("set-cookie"), None, "the attempt stays");
    assert_eq!(scene.redis().keys().len(), keys, "nothing is claimed");
    assert_eq!(
        scene.provider.requests_to("/token").len(),
        tokens,
        "no code is sent"
    );
    assert_eq!(refusals(&scene, "logins_per_client"), 1);
    let events = scene.gateway.audited("request_refused");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["event.reason"], "too_many_logins");
    assert_eq!(events[0]["source.ip"], "127.0.0.1");
}

fn route_bombs() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let text = fs::read_to_string(scene.gateway.place().file()).unwrap();
    let file = scene.gateway.place().folder().join("bomb.toml");
    let pattern = "\n[[apps.routes]]\npath = \"/(a{1000}){1000}\"\naccess = \"public\"\n";
    fs::write(&file, format!("{text}{pattern}")).unwrap();
    let ended = guichet_at(&file, &["check"]);
    assert_eq!(ended.code, 3);
    let said = format!("{}{}", ended.out, ended.err);
    assert!(
        said.contains("C033") && said.contains("/(a{1000}){1000}"),
        "{said}"
    );

    let rules: Vec<String> = (0..100_000)
        .map(|number| format!("[[apps.routes]]\npath = \"/r{number}\"\naccess = \"public\"\n"))
        .collect();
    fs::write(&file, format!("{text}{}", rules.concat())).unwrap();
    let began = Instant::now();
    // So much memory, and no more, is enough to say no.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 1000000; exec \"$0\" --config \"$1\" check"]);
    limited.arg(crate::support::command::GUICHET).arg(&file);
    let ended = crate::support::command::tool(&mut limited, "");
    assert_eq!(ended.code, 3, "{}", ended.err);
    let said = format!("{}{}", ended.out, ended.err);
    assert!(
        said.contains("C109") && said.contains("apps[0].routes[1000]"),
        "{said}"
    );
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
}

fn made_up_names() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let mut client = RawClient::connect(scene.gateway.address());
    let mut ask = |number: usize| {
        let (host, name) = (scene.host(), format!("made-up-{number}"));
        for head in [
            format!("GET /public HTTP/1.1\r\nHost: {name}.example\r\n\r\n"),
            format!(
                "GET /public/{name} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {name}\r\nX-Forwarded-For: {name}\r\n\r\n"
            ),
            format!("GET /_guichet/{name} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            format!("GET /_guichet/login/{name}?app={name} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            format!(
                "GET /_guichet/callback?code={name}&state={name}&iss={name} HTTP/1.1\r\nHost: {host}\r\n\r\n"
            ),
        ] {
            client.send(head);
            client.answer();
        }
        let odd = format!("MADE{number} /public HTTP/1.1\r\nHost: {host}\r\n\r\n");
        crate::support::raw::exchange(scene.gateway.address(), odd);
    };
    ask(0);
    let series = || -> BTreeSet<String> {
        let metrics = scene.gateway.metrics();
        // What is left away of a flood of events is counted by action, which is a closed list.
        let counts =
            |line: &&str| !line.starts_with('#') && !line.starts_with("guichet_audit_events_dropped");
        let lines = metrics.lines().filter(counts);
        lines
            .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
            .collect()
    };
    let before = series();
    for number in 1..100 {
        ask(number);
    }
    assert_eq!(series(), before);
    assert!(!scene.gateway.metrics().contains("made-up"));
}

fn the_same_error() {
    const ERRORS: usize = 2000;
    let gateway = Executable::start(&Start::default());
    let head = format!(
        "GET /_guichet/callback?code=x&state=y HTTP/1.1\r\nHost: {}\r\n\r\n",
        gateway.place().host()
    );
    let began = Instant::now();
    let mut client = RawClient::connect(gateway.address());
    for _ in 0..ERRORS {
        client.send(&head);
        assert_eq!(client.answer().status, 400);
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap() + 2;
    gateway.until("a line counts what was left away", || {
        gateway.said("lines left away: ") > 0
    });
    let said = gateway.said("\"event.code\":\"L06\"");
    assert!(said > 0 && said <= 20 * seconds, "{said} lines in {seconds} s");
    let events = gateway.audit().matches("\"login_failed\"").count();
    assert!(events <= 20 * seconds, "{events} events in {seconds} s");
}

fn nothing_is_compressed() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    for path in [
        "/_guichet/login?return_to=/reflected",
        "/_guichet/logout",
        "/_guichet/logged-out",
        "/_guichet/callback?code=a&state=b",
        "/_guichet/nowhere",
        "/_guichet/jwks.json",
    ] {
        let fields = "Accept-Encoding: gzip, deflate, br, zstd\r\n";
        let answer = crate::support::steps::raw(&scene, &browser, ("GET", path), fields);
        assert_eq!(answer.field("content-encoding"), None, "{path}");
        assert_eq!(answer.field("transfer-encoding"), None, "{path}");
        let vary = answer.field("vary").unwrap_or_default();
        assert!(!vary.to_lowercase().contains("accept-encoding"), "{path}: {vary}");
        assert!(answer.text().is_ascii() || answer.text().contains('é'), "{path}");
    }
}
