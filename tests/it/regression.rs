//! One test for each report, named after what went wrong. Each was red before its mend.

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;

#[test]
fn a_neighbours_cookie_that_is_not_ascii_signs_nobody_out() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let session = browser.cookie("localhost", "guichet-session-fc").unwrap();
    scene.application.forget();
    let host = scene.host();
    let answer = exchange(
        scene.gateway.address(),
        format!(
            "GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: guichet-session-fc={session}; nom=Zoé\r\n\r\n"
        ),
    );
    assert_eq!(answer.status, 200);
    let received = scene.application.only();
    assert!(received.contains("Cookie: nom=Zoé\r\n") || received.contains("cookie: nom=Zoé\r\n"));
    assert!(!received.contains(&session));
}

#[test]
fn a_set_of_keys_that_caches_keep_carries_no_cookie() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let keys = Browser::new().open(&scene.url("/_guichet/jwks.json?lang=en"));
    assert_eq!(keys.status(), 200);
    assert_eq!(keys.answer.field("cache-control"), Some("public, max-age=300"));
    assert_eq!(keys.answer.field("set-cookie"), None);
    let page = Browser::new().open(&scene.url("/_guichet/logout?lang=en"));
    assert!(page.answer.field("set-cookie").is_some(), "a page remembers it");
}

#[test]
fn what_a_stranger_writes_into_a_query_looks_like_no_field_of_the_log() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    let provider = scene.to_the_provider(&browser, "/dossier");
    let mut hops = provider.hops.iter().map(|hop| hop.url.as_str());
    let asked = hops.find_map(|url| url.split_once("&state=")).unwrap();
    let state = asked.1.split('&').next().unwrap();
    let error = "x%20code%3DP09%20request%3Ddeadbeef";
    let page = browser.open(&scene.url(&format!("/_guichet/callback?error={error}&state={state}")));
    assert_eq!(page.status(), 502, "an error of no name is the provider's");
    let log = scene.gateway.logs().text();
    assert!(
        log.contains("error=\\\"x code=P09 request=deadbeef\\\"")
            || log.contains("error=\"x code=P09 request=deadbeef\""),
        "{log}"
    );
    assert!(!log.contains("error=x code=P09"), "{log}");
}

#[test]
fn another_case_of_an_applications_path_is_not_the_open_application_around_it() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        let (head, app) = usual.split_at(usual.find("[[apps]]").unwrap());
        let inner = app
            .replacen("name = \"urbanisme\"", "name = \"interne\"", 1)
            .replacen("path = \"/\"", "path = \"/intern\"", 1);
        let open = app.replacen(
            "  [[apps.routes]]",
            "  [[apps.routes]]\n  path = \"/\"\n  access = \"public\"\n\n  [[apps.routes]]",
            1,
        );
        format!("{head}{open}\n{inner}")
    });
    let host = scene.host();
    let status = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        exchange(scene.gateway.address(), request).status
    };
    assert_eq!(status("/ailleurs"), 200);
    scene.application.forget();
    for path in ["/INTERN/x", "/Intern", "/%C4%B0ntern/x"] {
        assert_eq!(status(path), 404, "{path}");
    }
    assert_eq!(status("/intern/x"), 303);
    assert_eq!(scene.application.byte_count(), 0);
}
