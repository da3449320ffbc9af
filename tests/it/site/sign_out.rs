//! The application's own sign-out, on a route with `ends_session`.

use std::time::Duration;

use openidconnect::url::Url;
use serde_json::json;

use crate::cases;
use crate::listener::stage::Secure;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::frames::Frames;
use crate::support::frames::reset;
use crate::support::html::forms;
use crate::support::provider::Alg;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_line;
use crate::support::steps::raw;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::tunnel::Tunnel;
use crate::support::upstream::Reply;
use crate::support::wait::until;

const ROUTES: &str = "
  [[apps.routes]]
  path = \"/quitter\"
  ends_session = true

  [[apps.routes]]
  path = \"/peut-etre\"
  access = \"optional\"
  ends_session = true
";

fn with_sign_out(store: Store) -> Scene {
    Scene::start_with(Alg::Es256, store, |_, usual| format!("{usual}{ROUTES}"))
}

fn zoe(scene: &Scene) -> (Browser, Page) {
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    scene.application.forget();
    scene.provider.reset();
    (browser, page)
}

/// What the browser got leads to the provider's end of session, with our own way back.
fn leads_to_the_provider(scene: &Scene, page: &Page) {
    assert_eq!(page.status(), 303, "{}", page.text());
    let [location] = page.answer.fields("location")[..] else {
        panic!("{:?}", page.answer.fields("location"))
    };
    let location = Url::parse(location).unwrap();
    assert!(
        location
            .as_str()
            .starts_with(&format!("{}/session/end?", scene.provider.issuer())),
        "{location}"
    );
    let back = location
        .query_pairs()
        .find(|(name, _)| name == "post_logout_redirect_uri")
        .unwrap();
    assert_eq!(back.1, scene.url("/_guichet/logged-out"));
    assert!(page.answer.body.is_empty());
}

fn comes_back_signed_out(scene: &Scene, browser: &Browser, left: &Page) {
    let provider = browser.follow(left);
    let done = browser.submit(&provider, &provider.form("/session/end/confirm"), &[]);
    assert!(
        done.url.starts_with(&scene.url("/_guichet/logged-out?state=")),
        "{}",
        done.url
    );
    assert!(
        done.text().contains("sur Urbanisme et sur FranceConnect"),
        "{}",
        done.text()
    );
}

fn a_link_and_a_form() {
    let scene = with_sign_out(Store::Redis);
    for (status, method) in [
        (200, "GET"),
        (302, "GET"),
        (200, "POST"),
        (303, "POST"),
        (204, "POST"),
    ] {
        let (browser, page) = zoe(&scene);
        let own = [
            ("Set-Cookie", "app=; Max-Age=0"),
            ("Set-Cookie", "seen=1"),
            ("Location", "/bye"),
        ];
        scene
            .application
            .next(Reply::new(status, &own, if status == 204 { "" } else { "bye" }));
        let left = if method == "GET" {
            browser.go_once(&page, "/quitter?a=1")
        } else {
            let form = forms("<form method=post action=/quitter?a=1><input name=b value=2></form>");
            browser.submit_once(&page, &form[0], &[])
        };
        // Once, with the identity, and what the person typed.
        let received = scene.application.only();
        assert_eq!(received.request_line(), format!("{method} /quitter?a=1 HTTP/1.1"));
        assert_eq!(received.values("x-guichet-status"), ["authenticated"]);
        assert_eq!(
            received.body,
            if method == "POST" { b"b=2".to_vec() } else { vec![] }
        );
        leads_to_the_provider(&scene, &left);
        let set = left.answer.fields("set-cookie");
        assert!(
            set.contains(&"app=; Max-Age=0") && set.contains(&"seen=1"),
            "{set:?}"
        );
        assert!(
            set.contains(&"guichet-session-fc=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
            "{set:?}"
        );
        assert_eq!(scene.redis().sessions(), 0, "{status} {method}");
        assert!(!scene.is_signed_in(&browser));
        comes_back_signed_out(&scene, &browser, &left);
        // The stranger after her is asked who they are.
        assert!(
            browser
                .open(&scene.url("/dossier"))
                .url
                .contains("/_guichet/login")
        );
    }
}

fn an_application_that_refuses() {
    let scene = with_sign_out(Store::Memory);
    let (browser, page) = zoe(&scene);
    for status in [400, 403, 404, 409, 500, 503] {
        scene
            .application
            .next(Reply::new(status, &[("Set-Cookie", "a=1")], "not yet"));
        let answer = browser.go_once(&page, "/quitter").answer;
        assert_eq!((answer.status, answer.text().as_str()), (status, "not yet"));
        assert_eq!(answer.fields("set-cookie"), ["a=1"]);
    }
    scene.application.next(Reply::hang_up());
    assert_eq!(
        browser
            .submit_once(&page, &forms("<form method=post action=/quitter></form>")[0], &[])
            .status(),
        502
    );
    assert!(scene.is_signed_in(&browser));
    assert!(scene.provider.requests_to("/session/end").is_empty());
}

fn another_site() {
    let scene = with_sign_out(Store::Memory);
    let (browser, page) = zoe(&scene);
    let own = format!("Origin: {}\r\n", scene.url(""));
    for (method, fields) in [
        (
            "GET",
            "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
        ),
        (
            "GET",
            "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
        ),
        ("GET", "Sec-Fetch-Site: same-site\r\n"),
        ("POST", "Origin: https://evil.example\r\nContent-Length: 0\r\n"),
        ("POST", "Origin: null\r\nContent-Length: 0\r\n"),
        // Nor does a browser that only looks ahead.
        ("GET", "Sec-Fetch-Site: same-origin\r\nSec-Purpose: prefetch\r\n"),
    ] {
        scene.application.next(Reply::new(200, &[], "bye"));
        let answer = raw(&scene, &browser, (method, "/quitter"), fields);
        assert_eq!((answer.status, answer.text().as_str()), (200, "bye"), "{fields}");
        assert!(answer.fields("set-cookie").is_empty(), "{fields}");
        assert!(scene.is_signed_in(&browser), "{fields}");
    }
    // Typed into the address line, and from our own page with an Origin alone, it does.
    leads_to_the_provider(&scene, &browser.open_once(&scene.url("/quitter")));
    assert!(!scene.is_signed_in(&browser));
    let (browser, _) = zoe(&scene);
    let answer = raw(
        &scene,
        &browser,
        ("POST", "/quitter"),
        &format!("{own}Content-Length: 0\r\n"),
    );
    assert_eq!(answer.status, 303);
    assert_eq!(page.status(), 200);
}

fn a_script() {
    let scene = with_sign_out(Store::Memory);
    let (browser, page) = zoe(&scene);
    scene.application.next(Reply::new(
        200,
        &[("Content-Type", "application/json")],
        "{\"bye\":1}",
    ));
    let answer = browser.fetch(&page, "POST", "/quitter");
    assert_eq!((answer.status, answer.text().as_str()), (200, "{\"bye\":1}"));
    assert_eq!(
        answer.fields("set-cookie"),
        ["guichet-session-fc=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]
    );
    assert_eq!(browser.cookie("localhost", SESSION), None);
    assert!(!scene.is_signed_in(&browser));
}

fn nobody() {
    let scene = with_sign_out(Store::Memory);
    let browser = Browser::new();
    let answer = raw(&scene, &browser, ("GET", "/quitter"), "");
    assert_eq!(
        (answer.status, answer.field("location")),
        (303, Some("/_guichet/login?return_to=/quitter"))
    );
    assert_eq!(scene.application.byte_count(), 0);
    scene.application.next(Reply::new(200, &[], "bye"));
    let answer = raw(&scene, &browser, ("GET", "/peut-etre"), "");
    assert_eq!((answer.status, answer.text().as_str()), (200, "bye"));
    assert!(answer.fields("set-cookie").is_empty());
    let (browser, page) = zoe(&scene);
    leads_to_the_provider(&scene, &browser.go_once(&page, "/peut-etre"));
    assert!(!scene.is_signed_in(&browser));
}

/// A store that is away ends nothing, and says so: the person must not believe that they are signed out.
fn a_store_that_is_away() {
    let mut scene = with_sign_out(Store::Redis);
    let (browser, page) = zoe(&scene);
    // The session is found, then Redis goes while the application thinks.
    scene
        .application
        .next(Reply::new(200, &[("Set-Cookie", "app=; Max-Age=0")], "bye").after(Duration::from_millis(700)));
    let asked = std::thread::spawn(move || browser.go_once(&page, "/quitter"));
    until("the request", || !scene.application.received().is_empty());
    scene.redis.as_mut().unwrap().kill();
    let answer = asked.join().unwrap().answer;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(
        answer.fields("set-cookie"),
        ["app=; Max-Age=0"],
        "the session's cookie stays, as the session does"
    );
}

/// Longer than anybody waits here.
const SLOWLY: Duration = Duration::from_mins(1);

/// A browser that hangs up does not hear whether it worked, and its person believes that it did.
fn a_browser_that_hangs_up() {
    let scene = with_sign_out(Store::Redis);
    let (browser, page) = zoe(&scene);
    scene
        .application
        .next(Reply::new(303, &[("Location", "/bye")], "").after(SLOWLY));
    let (host, origin, cookies) = (scene.host(), scene.url(""), cookie_line(&browser));
    let mut client = RawClient::connect(scene.gateway.address());
    client.send(format!(
        "POST /quitter HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n{cookies}Content-Length: 0\r\n\r\n"
    ));
    until("the request", || !scene.application.received().is_empty());
    assert_eq!(scene.redis().sessions(), 1, "whoever waits is not signed out yet");
    drop(client);
    until("the end of the session", || scene.redis().sessions() == 0);
    // The second click, of a form that was used up by the first, comes from nobody any more.
    scene.application.forget();
    let again = browser.submit(&page, &forms("<form method=post action=/quitter></form>")[0], &[]);
    assert_eq!(again.status(), 401, "{}", again.text());
    assert!(scene.application.received().is_empty());
    assert!(!scene.is_signed_in(&browser));
}

/// The same on HTTP/2, where the connection stays.
fn a_browser_that_takes_it_back() {
    let secure = Secure::start_with(|usual| format!("{usual}{ROUTES}"));
    let application = &secure.scene.application;
    let again = || {
        secure
            .raw("GET /again HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}")
            .status
    };
    assert_eq!(again(), 200);
    application.forget();
    application.next(Reply::new(303, &[("Location", "/bye")], "").after(SLOWLY));
    let address = secure.scene.gateway.address();
    let tunnel = Tunnel::into_tls(address, secure.authority.client("h2"), "localhost");
    let mut frames = Frames::connect(tunnel.address());
    let cookie = [(&b"cookie"[..], secure.cookie.as_bytes())];
    assert!(frames.get(1, (&secure.host(), "/quitter"), &cookie));
    until("the request", || !application.received().is_empty());
    assert_eq!(again(), 200, "whoever waits is not signed out yet");
    assert!(frames.send(&reset(1)));
    until("the end of the session", || again() == 303);
}

/// A provider that is away keeps nobody signed in here.
fn a_provider_that_is_away() {
    let mut scene = with_sign_out(Store::Redis);
    let (browser, page) = zoe(&scene);
    // What the gateway knew of it is forgotten, and it says nothing any more.
    scene
        .provider
        .lie(&json!({ "target": "discovery", "times": 0, "status": 503, "body": "" }));
    scene.gateway.restart(str::to_owned);
    scene.application.next(Reply::new(200, &[], "bye"));
    let left = browser.go_once(&page, "/quitter");
    assert_eq!(left.status(), 200, "{}", left.text());
    assert!(left.text().contains("Déconnexion partielle"), "{}", left.text());
    // Something did not work, so there is a number to ask under.
    let number = left
        .text()
        .split("<dd>L10 · ")
        .nth(1)
        .map(|rest| rest.chars().take(16).collect::<String>());
    let number = number.unwrap_or_else(|| panic!("{}", left.text()));
    let said = scene.gateway.logs().lines_with(&number);
    assert!(said.iter().any(|line| line.contains("code=\"L10\"")), "{said:?}");
    assert_eq!(browser.cookie("localhost", SESSION), None);
}

fn ends_with_the_application() {
    a_link_and_a_form();
    another_site();
    the_link_to_ours();
}

#[test]
fn an_application_that_refuses_signs_nobody_out() {
    an_application_that_refuses();
}

#[test]
fn a_script_is_led_nowhere_and_its_session_ends() {
    a_script();
}

#[test]
fn where_nobody_is_signed_in_nothing_ends() {
    nobody();
}

#[test]
fn a_store_that_is_away_is_no_sign_out() {
    a_store_that_is_away();
}

#[test]
fn a_browser_that_hangs_up_is_signed_out() {
    a_browser_that_hangs_up();
}

#[test]
fn a_browser_that_takes_its_request_back_is_signed_out() {
    a_browser_that_takes_it_back();
}

#[test]
fn a_provider_that_is_away_keeps_nobody_signed_in_here() {
    a_provider_that_is_away();
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["F057"], sentence: "the application's own sign-out ends our session and the provider's, and no other site does", plays: ends_with_the_application },
    ]
}

/// Without the mark: an application's template links to ours.
fn the_link_to_ours() {
    let scene = with_sign_out(Store::Memory);
    let (browser, page) = zoe(&scene);
    let question = browser.go(&page, "/_guichet/logout");
    assert!(scene.is_signed_in(&browser), "a question ends nothing");
    leads_to_the_provider(
        &scene,
        &browser.submit_once(&question, &question.form("/_guichet/logout"), &[]),
    );
    assert!(!scene.is_signed_in(&browser));
}
