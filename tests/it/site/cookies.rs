//! The session's cookie as we set it, and how long a browser has it (area L). `T335` is in `seen`.

use std::collections::HashSet;
use std::time::Duration;

use guichet::session::key::SessionKey;
use serde_json::json;

use super::https::SITE;
use super::https::at_host;
use super::https::on_https;
use super::https::signs_in_on_https;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::gateway::TestGateway;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::Answer;
use crate::support::scene::SESSION;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::steps::raw;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;

/// `Set-Cookie` of this name in an answer, without the name.
fn set<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let all = answer.fields("set-cookie").into_iter();
    all.filter_map(|set| set.strip_prefix(&format!("{name}=")))
        .collect()
}

fn its_attributes() {
    let (scene, browser) = on_https();
    let page = signs_in_on_https(&scene, &browser);
    let callback = page
        .hops
        .iter()
        .find(|hop| hop.url.contains("/_guichet/callback"));
    let answer = &callback.unwrap().answer;
    let [session] = set(answer, "__Host-guichet-session-fc")[..] else {
        panic!("{:?}", answer.fields("set-cookie"))
    };
    let (value, attributes) = session.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_eq!(value.len(), 43);
    assert!(
        value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
    assert_eq!(
        browser.cookie_names("demarches.ville.example"),
        ["__Host-guichet-session-fc"]
    );
    assert!(scene.application.only().values("cookie").is_empty());
    let whole = answer
        .fields("set-cookie")
        .into_iter()
        .find(|set| set.contains(value))
        .unwrap();
    assert!(whole.len() < 200 && !whole.to_lowercase().contains("domain"));
    let zoe = people()[ZOE].to_string();
    assert!(!zoe.contains(value));
    for set in answer.fields("set-cookie") {
        assert!(
            set.starts_with("__Host-guichet-") && set.contains("; Secure;"),
            "{set}"
        );
    }
}

fn no_wider_than_a_host() {
    for (place, line) in [
        ("public_url", "cookie_domain = \".gouv.fr\"\npublic_url"),
        ("[session]", "[session]\ncookie_domain = \".example.gouv.fr\""),
    ] {
        let refused = TestGateway::try_start(|here| {
            format!(
                "public_url = \"{}\"\n[organisation]\nname = \"V\"\n[session]\n",
                here.public_url()
            )
            .replacen(place, line, 1)
        });
        let refusal = refused.err().unwrap();
        assert!(
            refusal.contains("C003") && refusal.contains("cookie_domain"),
            "{refusal}"
        );
    }
}

fn its_value() {
    let mut seen = HashSet::new();
    let mut letters = HashSet::new();
    for _ in 0..10_000 {
        let key = SessionKey::generate().unwrap().expose().clone();
        assert_eq!(key.len(), 43);
        letters.extend(key.bytes());
        assert!(seen.insert(key));
    }
    assert_eq!(letters.len(), 64);
    assert!(
        letters
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    );
}

fn the_one_that_takes_it_away() {
    let (scene, browser) = on_https();
    signs_in_on_https(&scene, &browser);
    let question = browser.open(&format!("{SITE}/_guichet/logout"));
    let left = browser.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    assert_eq!(
        set(&left.answer, "__Host-guichet-session-fc"),
        ["; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"]
    );
    assert_eq!(
        browser.cookie_names("demarches.ville.example"),
        ["__Host-guichet-logout"]
    );
}

fn a_login_leaves_nothing() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let logins = |browser: &Browser| {
        let names = browser.cookie_names("localhost");
        names
            .into_iter()
            .filter(|name| name.starts_with("guichet-login-"))
            .count()
    };
    let browser = Browser::new();
    let begun = browser.open_once(&scene.url("/_guichet/login/fc?return_to=/dossier"));
    let login = begun.answer.fields("set-cookie").remove(0).to_owned();
    assert!(
        login.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=7200"),
        "{login}"
    );
    assert_eq!(logins(&browser), 1);
    // Well ended, badly ended, and too late.
    let done = Browser::new();
    scene.sign_in(&done, "/dossier");
    assert_eq!(logins(&done), 0);
    let failed = Browser::new();
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": [{ "set": "nonce", "to": "another" }] }));
    assert_eq!(scene.sign_in(&failed, "/dossier").status(), 502);
    assert_eq!(logins(&failed), 0);
    let late = Browser::new();
    let callback = to_the_callback(&scene, &late, "/dossier", ZOE);
    scene.provider.reset();
    scene.advance(&late, Duration::from_secs(30 * 60 + 1));
    assert_eq!(late.open(&callback).status(), 400);
    assert!(scene.provider.requests_to("/token").is_empty());
    assert_eq!(logins(&late), 0);
}

fn two_tabs() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    let one = to_the_callback(&scene, &browser, "/dossier/1", ZOE);
    // Another session at the provider: it keeps one login for each.
    for name in browser.cookie_names("127.0.0.1") {
        browser.plant(scene.provider.issuer(), &format!("{name}=; Path=/; Max-Age=0"));
    }
    let two = to_the_callback(&scene, &browser, "/dossier/2", ZOE);
    let names = browser.cookie_names("localhost");
    assert_eq!(
        names
            .iter()
            .filter(|name| name.starts_with("guichet-login-"))
            .count(),
        2
    );
    for (callback, path) in [(two, "/dossier/2"), (one, "/dossier/1")] {
        let page = browser.clone().open(&callback);
        assert_eq!((page.status(), page.url), (200, scene.url(path)));
    }
    assert_eq!(scene.provider.requests_to("/token").len(), 2);
    assert_eq!(browser.cookie_names("localhost"), [SESSION]);
}

fn plain_http() {
    let (scene, browser) = on_https();
    signs_in_on_https(&scene, &browser);
    let key = browser
        .cookie("demarches.ville.example", "__Host-guichet-session-fc")
        .unwrap();
    let ask = |name: &str| {
        scene.application.forget();
        let cookie = format!("Cookie: {name}={key}\r\n");
        at_host(&scene, "demarches.ville.example", "GET /dossier", &cookie).status
    };
    // Under the name that plain http has, a value that would open does not.
    assert_eq!(ask(SESSION), 303);
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(ask("__Host-guichet-session-fc"), 200);
    // And no site but one on this machine is plain http.
    let refused = TestGateway::try_start(|_| "public_url = \"http://demarches.ville.example\"\n".to_owned());
    let refusal = refused.err().unwrap();
    assert!(refusal.contains("C013"), "{refusal}");
}

fn at_another_host() {
    let scene = Scene::start_with(Alg::Es256, Store::Redis, |place, usual| {
        let other = usual
            .split_at(usual.find("[[apps]]").unwrap())
            .1
            .replacen("name = \"urbanisme\"", "name = \"autre\"", 1)
            .replacen(
                "path = \"/\"",
                &format!("host = \"127.0.0.1:{}\"\npath = \"/\"", place.port()),
                1,
            );
        format!("{usual}\n{other}")
    });
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let cookie = format!("Cookie: {}\r\n", cookie_field(&browser));
    let port = scene.gateway.place().port();
    for (host, status) in [("localhost", 200), ("127.0.0.1", 303)] {
        scene.application.forget();
        let answer = at_host(&scene, &format!("{host}:{port}"), "GET /dossier", &cookie);
        assert_eq!(
            (answer.status, scene.application.received().len()),
            (status, usize::from(status == 200))
        );
    }
}

fn a_browser_that_is_closed() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    let sets = page.hops.iter().flat_map(|hop| set(&hop.answer, SESSION));
    for set in sets {
        assert!(!set.contains("Max-Age") && !set.contains("Expires"), "{set}");
    }
    browser.restart();
    scene.application.forget();
    assert_eq!(
        browser.open(&scene.url("/dossier")).url,
        scene.url("/_guichet/login?return_to=/dossier")
    );
    assert_eq!(scene.application.byte_count(), 0);
}

fn what_a_browser_kept() {
    let (scene, browser) = on_https();
    signs_in_on_https(&scene, &browser);
    let question = browser.open(&format!("{SITE}/_guichet/logout"));
    assert_eq!(question.answer.field("clear-site-data"), None);
    let left = browser.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    assert_eq!(left.answer.fields("clear-site-data"), ["\"cache\""]);
    assert_eq!(left.status(), 303);
}

fn a_browser_without_cookies() {
    for login in ["chooser", "redirect"] {
        let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
            usual.replace("path = \"/\"\n", &format!("path = \"/\"\nlogin = \"{login}\"\n"))
        });
        let browser = Browser::new();
        let begun = browser.open_once(&scene.url("/_guichet/login/fc?return_to=/dossier"));
        let provider = browser.follow(&begun);
        // The provider keeps its own cookies; ours are refused.
        for name in browser.cookie_names("localhost") {
            browser.plant(&scene.url("/"), &format!("{name}=; Path=/; Max-Age=0"));
        }
        scene.provider.reset();
        let page = scene.provider.sign_in(&browser, &provider, ZOE);
        assert_eq!(page.status(), 400, "{login}: {}", page.text());
        assert!(page.url.contains("/_guichet/callback?"), "{login}: {}", page.url);
        assert!(page.text().contains("cookies"), "{login}: {}", page.text());
        assert!(scene.provider.requests_to("/token").is_empty());
        assert_eq!(
            scene.provider.requests_to("/authorize").len(),
            0,
            "nobody is sent back there"
        );
        assert_eq!(scene.application.byte_count(), 0);
    }
}

fn a_cookie_of_yesterday() {
    let mut scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let place = scene.gateway.place();
    let other = place.secret("another_secret", "another-session-secret-of-the-tests-0123456789");
    let before = place.secret("session_secret", SESSION_SECRET);
    scene.gateway.restart(|text| text.replace(&before, &other));
    scene.application.forget();
    assert_eq!(raw(&scene, &browser, ("GET", "/dossier"), "").status, 303);
    for value in [
        "",
        "x",
        "v1.x.y",
        &"A".repeat(43),
        &"A".repeat(4000),
        "%00",
        "[object Object]",
    ] {
        let cookie =
            format!("Cookie: {SESSION}={value}; guichet-login-x={value}; guichet-logout={value}\r\n");
        let host = scene.host();
        assert_eq!(
            at_host(&scene, &host, "GET /dossier", &cookie).status,
            303,
            "{value}"
        );
        assert_eq!(
            at_host(&scene, &host, "GET /_guichet/logout", &cookie).status,
            200,
            "{value}"
        );
        assert_eq!(
            at_host(&scene, &host, "GET /_guichet/logged-out?state=x", &cookie).status,
            200,
            "{value}"
        );
    }
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(scene.sign_in(&browser, "/dossier").status(), 200);
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T315"], sentence: "it is for this host, for https and for no script", plays: its_attributes },
        Play { ids: &["T316"], sentence: "nobody can make it wider", plays: no_wider_than_a_host },
        Play { ids: &["T317"], sentence: "it is 256 random bits", plays: its_value },
        Play { ids: &["T324"], sentence: "what takes it away names it whole", plays: the_one_that_takes_it_away },
        Play { ids: &["T326"], sentence: "a login under way leaves nothing behind", plays: a_login_leaves_nothing },
        Play { ids: &["T327"], sentence: "two tabs are two logins", plays: two_tabs },
        Play { ids: &["T328"], sentence: "on plain http it is worth nothing", plays: plain_http },
        Play { ids: &["T331"], sentence: "it opens nothing at another host", plays: at_another_host },
        Play { ids: &["T333"], sentence: "it ends with the browser", plays: a_browser_that_is_closed },
        Play { ids: &["T334"], sentence: "a sign-out empties the browser's cache", plays: what_a_browser_kept },
        Play { ids: &["T337"], sentence: "a browser without cookies is told so, once", plays: a_browser_without_cookies },
        Play { ids: &["T338"], sentence: "an older one is a login, not an error", plays: a_cookie_of_yesterday },
    ]
}
