//! One answer of the provider, opened twice: one token request, and nobody is left behind.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::to_the_callback;

/// All of them at the same moment; where each arrives.
fn at_once(browsers: &[Browser], address: &str) -> Vec<Page> {
    let start = Barrier::new(browsers.len());
    thread::scope(|scope| {
        let clicks: Vec<_> = browsers
            .iter()
            .map(|browser| {
                scope.spawn(|| {
                    start.wait();
                    browser.open(address)
                })
            })
            .collect();
        clicks.into_iter().map(|click| click.join().unwrap()).collect()
    })
}

#[test]
fn two_callbacks_at_once_make_one_token_request() {
    for store in [Store::Memory, Store::Redis] {
        let scene = Scene::start(Alg::Es256, store);
        let browser = Browser::new();
        let callback = to_the_callback(&scene, &browser, "/dossier/12?etape=3");
        let pages = at_once(&[browser.clone(), browser.clone()], &callback);
        for page in pages {
            assert_eq!(
                (page.status(), page.url),
                (200, scene.url("/dossier/12?etape=3")),
                "{store:?}"
            );
        }
        assert_eq!(scene.provider.requests_to("/token").len(), 1, "{store:?}");
        assert_eq!(browser.open_once(&scene.url("/again")).status(), 200);
    }
}

#[test]
fn two_clients_that_share_only_the_login_cookie_both_end_signed_in_at_the_page_asked_for() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let first = Browser::new();
    let callback = to_the_callback(&scene, &first, "/dossier/12");
    let second = Browser::new();
    for name in first.cookie_names("localhost") {
        let value = first.cookie("localhost", &name).unwrap();
        second.plant(&scene.url("/"), &format!("{name}={value}; Path=/"));
    }
    scene.provider.lie(&json!({ "target": "token", "delay": 300 }));
    let pages = at_once(&[first.clone(), second.clone()], &callback);
    for page in pages {
        assert_eq!((page.status(), page.url), (200, scene.url("/dossier/12")));
    }
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
    for browser in [&first, &second] {
        assert_eq!(browser.open_once(&scene.url("/again")).status(), 200);
    }
    let subjects: Vec<_> = scene
        .application
        .received()
        .iter()
        .flat_map(|request| request.values("x-guichet-sub"))
        .collect();
    assert_eq!(subjects.len(), 4);
    assert!(subjects.iter().all(|sub| *sub == subjects[0]));
}

#[test]
fn the_loser_of_a_login_that_failed_reads_that_it_was_interrupted_and_can_begin_again() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    let callback = to_the_callback(&scene, &browser, "/dossier/12");
    scene
        .provider
        .lie(&json!({ "target": "token", "status": 500, "body": "no", "delay": 300 }));
    let pages = at_once(&[browser.clone(), browser], &callback);
    let mut statuses: Vec<u16> = pages.iter().map(Page::status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [400, 502], "interrupted for one, refused for the other");
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
    assert_eq!(scene.application.byte_count(), 0);
    for page in pages {
        let restart = page
            .links()
            .into_iter()
            .find(|link| link.href.contains("/_guichet/login?"));
        assert!(
            restart.unwrap().href.contains("return_to=/dossier/12"),
            "{}",
            page.text()
        );
    }
}

#[test]
fn a_claim_of_long_ago_only_leads_on() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    let callback = to_the_callback(&scene, &browser, "/dossier/12");
    let login = browser.cookie_names("localhost").remove(0);
    let value = browser.cookie("localhost", &login).unwrap();
    assert_eq!(browser.open(&callback).status(), 200);
    scene.advance(&browser, std::time::Duration::from_secs(61));
    let path = callback.split_once("/_guichet").unwrap().1;
    let port = scene.gateway.place().port();
    let late = exchange(
        scene.gateway.address(),
        format!("GET /_guichet{path} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {login}={value}\r\n\r\n"),
    );
    assert_eq!((late.status, late.field("location")), (303, Some("/dossier/12")));
    assert!(
        late.fields("set-cookie")
            .iter()
            .all(|cookie| !cookie.contains("session")),
        "no session for a late answer"
    );
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
}
