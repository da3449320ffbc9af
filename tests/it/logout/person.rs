//! A person signs out: nobody else can do it for them, it ends here whatever becomes of the provider, and nothing brings it
//! back (OpenID Connect RP-Initiated Logout 1.0).

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use super::provider::opens_a_socket;
use super::stage;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::chromium;
use crate::support::provider::Alg;
use crate::support::raw::exchange;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::steps::raw;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Reply;

const CLEARED: &str = "guichet-session-fc=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";

fn zoe(scene: &Scene) -> (Browser, Page) {
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    scene.application.forget();
    (browser, page)
}

/// A picture, a frame, a link and a form of another site.
fn another_site() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let (browser, _) = zoe(&scene);
    for (method, fields, status) in [
        (
            "GET",
            "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
            200,
        ),
        (
            "GET",
            "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
            200,
        ),
        (
            "GET",
            "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
            200,
        ),
        ("POST", "Sec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n", 403),
        ("POST", "Sec-Fetch-Site: same-site\r\nContent-Length: 0\r\n", 403),
        (
            "POST",
            "Origin: https://evil.example\r\nContent-Length: 0\r\n",
            403,
        ),
    ] {
        let answer = raw(&scene, &browser, (method, "/_guichet/logout"), fields);
        assert_eq!(answer.status, status, "{fields}");
        assert!(answer.fields("set-cookie").is_empty(), "{fields}");
        if method == "GET" {
            let policy = answer.field("content-security-policy").unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        }
        assert_eq!(scene.redis().sessions(), 1, "{fields}");
    }
    assert!(scene.is_signed_in(&browser));
    assert!(scene.provider.requests_to("/session/end").is_empty());
}

/// Nothing is known of the provider, and it says nothing.
fn the_provider_is_away() {
    let mut scene = Scene::start(Alg::Es256, Store::Redis);
    let (browser, _) = zoe(&scene);
    scene
        .provider
        .lie(&json!({ "target": "discovery", "times": 0, "status": 503, "body": "" }));
    scene.gateway.restart(str::to_owned);
    let question = browser.open(&scene.url("/_guichet/logout"));
    let page = browser.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    assert_eq!(page.status(), 200);
    assert!(page.text().contains("Déconnexion partielle"), "{}", page.text());
    assert_eq!(page.answer.fields("set-cookie"), [CLEARED]);
    assert_eq!(scene.redis().sessions(), 0);
    assert!(!scene.is_signed_in(&browser));
}

/// Three parameters: the token byte for byte, spaces and all, our own address, and a state that nobody guesses.
fn what_the_provider_is_asked() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let odd = "\"odd\" :  \"\\u00e9é\"";
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": [{ "append": odd }] }));
    let (browser, _) = zoe(&scene);
    sign_out(&scene, &browser);
    let asked = scene.provider.requests_to("/session/end").remove(0);
    assert_eq!(asked.method, "GET");
    let pairs: Vec<(String, String)> = form_urlencoded::parse(asked.query.as_bytes())
        .into_owned()
        .collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["id_token_hint", "post_logout_redirect_uri", "state"]);
    let payload = pairs[0].1.split('.').nth(1).unwrap();
    let payload = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert!(payload.contains(odd), "{payload}");
    assert_eq!(pairs[1].1, scene.url("/_guichet/logged-out"));
    let state = &pairs[2].1;
    assert!(
        state.len() == 64 && state.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{state}"
    );
    let (another, _) = zoe(&scene);
    sign_out(&scene, &another);
    let other = scene.provider.requests_to("/session/end").remove(1);
    assert_ne!(other.parameter("state").as_ref(), Some(state));
}

/// Sealed in Redis, in the browser not at all, in the log never.
fn the_hint_is_kept_to_ourselves() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let (browser, _) = zoe(&scene);
    let at_rest = scene.redis().all_bytes();
    let cookies = cookie_field(&browser);
    sign_out(&scene, &browser);
    let hint = scene.provider.requests_to("/session/end").remove(0);
    let hint = hint.parameter("id_token_hint").unwrap();
    let log = scene.gateway.logs().text();
    for part in hint.split('.') {
        // A session keeps the parts of a token as they are before they are written in base64url.
        let bare = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
        let is_in = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(
            !is_in(&at_rest, part.as_bytes()) && !is_in(&at_rest, &bare),
            "{part}"
        );
        let told = [cookies.as_bytes(), log.as_bytes()];
        assert!(!told.iter().any(|told| is_in(told, part.as_bytes())), "{part}");
    }
    assert!(!scene.gateway.audit().contains(&hint));
}

/// With no state, another one, or one of before: the page is shown, and claims nothing about the provider.
fn a_way_back_without_its_state() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let (browser, page) = zoe(&scene);
    let question = browser.go(&page, "/_guichet/logout");
    browser.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    for query in ["", "?state=", "?state=0000", "?State=x", "?error=access_denied"] {
        let page = browser.open(&scene.url(&format!("/_guichet/logged-out{query}")));
        assert_eq!((page.status(), page.hops.len()), (200, 1), "{query}");
        assert!(page.text().contains("Déconnexion effectuée"), "{query}");
        assert!(!page.text().contains("FranceConnect"), "{query}");
        assert!(page.answer.fields("set-cookie").is_empty(), "{query}");
    }
    assert!(!scene.is_signed_in(&browser));
}

/// Whoever comes by, whatever they bring: the same page, to the byte.
fn a_page_that_knows_nothing() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let (zoe, _) = zoe(&scene);
    let plain = scene.ask("/_guichet/logged-out", "");
    assert_eq!(plain.status, 200);
    for query in [
        "?rd=//evil.example",
        "?return_to=https://evil.example",
        "?post_logout_redirect_uri=https://evil.example",
        "?error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=evil.example",
        "?state=evil.example&iss=evil.example",
    ] {
        let answer = scene.ask(&format!("/_guichet/logged-out{query}"), "");
        assert_eq!(answer.status, 200, "{query}");
        assert!(answer.field("location").is_none(), "{query}");
        let text = answer.text();
        assert!(!text.contains("evil") || text.contains("lang="), "{query}");
        let without_the_switch = |text: &str| -> String {
            let lines = text.lines().filter(|line| !line.contains("lang="));
            lines.collect::<Vec<_>>().join("\n")
        };
        assert_eq!(
            without_the_switch(&text),
            without_the_switch(&plain.text()),
            "{query}"
        );
    }
    // It does not tell either whether somebody is signed in, nor does it end anything.
    let signed_in = raw(&scene, &zoe, ("GET", "/_guichet/logged-out"), "");
    assert_eq!(signed_in.text(), plain.text());
    assert!(scene.is_signed_in(&zoe));
}

/// At every instance, in another browser, and on what was open.
fn nothing_is_left() {
    let scene = stage::start();
    let second = stage::second_instance(&scene);
    let (browser, _) = zoe(&scene);
    let cookie = cookie_field(&browser);
    let mut socket = opens_a_socket(&scene, &browser);
    let is_let_in_by = |gateway: std::net::SocketAddr| {
        let host = scene.host();
        exchange(
            gateway,
            format!("GET /again HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"),
        )
        .status
            == 200
    };
    let both = [scene.gateway.address(), second.address()];
    assert!(both.into_iter().all(is_let_in_by));
    sign_out(&scene, &browser);
    scene.application.forget();
    assert!(!both.into_iter().any(is_let_in_by));
    assert_eq!(scene.application.byte_count(), 0);
    scene.advance(&browser, Duration::from_mins(1));
    socket.until_closed();
    assert_eq!(scene.redis().sessions(), 0);
}

/// In a real browser, which keeps pages to go back to.
fn back_and_forward() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let page = "<!DOCTYPE html><html lang=fr><meta charset=utf-8><title>Dossier</title><main><h1>Votre dossier</h1>\
                <a href=/_guichet/logout>Me déconnecter</a></main>";
    scene
        .application
        .otherwise(Reply::new(200, &[("Content-Type", "text/html")], page));
    let steps = json!([
        { "open": scene.url("/dossier") },
        { "click": "a[href*='/_guichet/login/fc']" },
        { "click": "button[name=account] >> nth=0" },
        { "expect": { "url": "/dossier", "text": "Votre dossier" } },
        { "click": "text=Me déconnecter" },
        { "click": "main form button" },
        { "expect": { "url": "/_guichet/logged-out?state=", "text": "Déconnexion effectuée" } },
        { "open": scene.url("/dossier") },
        { "expect": { "url": "/_guichet/login", "no_text": "Votre dossier" } },
        { "back": true },
        { "expect": { "no_text": "Votre dossier" } },
        { "back": true }, { "back": true }, { "back": true },
        { "expect": { "no_text": "Votre dossier" } },
        { "forward": true },
        { "expect": { "no_text": "Votre dossier" } },
    ]);
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("back");
    chromium::journey(&pictures, &steps);
    assert_eq!(scene.redis().sessions(), 0);
}

/// The page of the login is asked for with the cookie of a session that has just ended, and on another tab meanwhile.
fn a_login_page_meanwhile() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let (browser, page) = zoe(&scene);
    let old = cookie_field(&browser);
    let question = browser.go(&page, "/_guichet/logout");
    let left = browser.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    assert!(left.answer.fields("set-cookie").contains(&CLEARED));
    assert_eq!(browser.cookie("localhost", SESSION), None);
    for path in [
        "/_guichet/login?return_to=/dossier",
        "/_guichet/login/fc?return_to=/dossier",
        "/_guichet/logout",
    ] {
        let answer = scene.ask(path, &format!("Cookie: {old}\r\nSec-Fetch-Mode: navigate\r\n"));
        assert!([200, 303].contains(&answer.status), "{path}");
        let ours = answer
            .fields("set-cookie")
            .into_iter()
            .filter(|set| set.starts_with(SESSION));
        assert_eq!(ours.count(), 0, "{path}: nothing of the session is set again");
        assert_ne!(answer.field("location"), Some("/dossier"), "{path}");
        assert_eq!(scene.redis().sessions(), 0, "{path}");
    }
    assert_eq!(scene.application.byte_count(), 0);
}

/// The provider returns to the registered address, with whatever it was made to add.
fn a_provider_that_sends_more_back() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let (browser, page) = zoe(&scene);
    let question = browser.go(&page, "/_guichet/logout");
    browser.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    let log = scene.provider.requests_to("/session/end");
    assert!(log.is_empty(), "the browser has not gone there yet");
    let done = sign_out_again(&scene, &browser);
    let more = "&rd=//evil.example&return_to=https://evil.example&error=x%0d%0aLocation:%20//evil.example";
    let page = browser.open(&format!("{}{more}", done.url));
    assert_eq!((page.status(), page.hops.len()), (200, 1));
    assert!(page.answer.field("location").is_none());
    assert!(
        page.text().contains("sur Urbanisme et sur FranceConnect"),
        "{}",
        page.text()
    );
}

fn sign_out_again(scene: &Scene, browser: &Browser) -> Page {
    scene.sign_in(browser, "/dossier");
    sign_out(scene, browser)
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T370"], sentence: "neither a picture nor a link nor a form of another site signs anybody out", plays: another_site },
        Play { ids: &["T371"], sentence: "a session ends here although the provider is away", plays: the_provider_is_away },
        Play { ids: &["T372"], sentence: "the provider gets the token byte for byte, our address and a state, and nothing else", plays: what_the_provider_is_asked },
        Play { ids: &["T373"], sentence: "the token for the logout is sealed at rest, and in no log", plays: the_hint_is_kept_to_ourselves },
        Play { ids: &["T375"], sentence: "a way back without its state shows the page and claims nothing", plays: a_way_back_without_its_state },
        Play { ids: &["T376"], sentence: "the page after a logout is the same for everybody", plays: a_page_that_knows_nothing },
        Play { ids: &["T377"], sentence: "an ended session opens nothing, at no instance, and ends what was open", plays: nothing_is_left },
        Play { ids: &["T378"], sentence: "the back button shows nothing of before the logout", plays: back_and_forward },
        Play { ids: &["T379"], sentence: "a page of the login brings no ended session back", plays: a_login_page_meanwhile },
        Play { ids: &["T396"], sentence: "what a provider adds to the way back leads nowhere", plays: a_provider_that_sends_more_back },
    ]
}
