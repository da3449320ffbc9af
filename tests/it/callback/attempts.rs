//! Several attempts in one browser, answers that are errors, a provider that is slow: what product and provider make of them.

use std::time::Duration;

use serde_json::json;

use super::way_back::nothing_happened;
use super::way_back::on_the_way_back;
use super::way_back::the_true_answer_still_counts;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::steps::get;
use crate::support::steps::parameter;
use crate::support::steps::to_the_callback;
use crate::support::wait::until;

/// Anybody can make one, with the true `state` and `iss`.
#[test]
fn an_error_answer_neither_spends_nor_deletes_an_attempt() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let (browser, callback) = on_the_way_back(&scene);
    let (state, iss) = (parameter(&callback, "state"), parameter(&callback, "iss"));
    for (error, state, status) in [
        ("access_denied", state.as_str(), 303),
        ("server_error", &state, 503),
        ("invalid_scope", &state, 502),
        ("something_new", &state, 502),
        ("invalid_idp_hint", "undefined", 400),
        ("invalid_idp_hint", "", 400),
    ] {
        let path = format!("/_guichet/callback?error={error}&state={state}&iss={iss}");
        let answer = get(&scene, &browser, &path);
        assert_eq!(answer.status, status, "{path}\n{}", answer.text());
        assert!(answer.fields("set-cookie").is_empty(), "{path}");
        nothing_happened(&scene, &browser);
    }
    the_true_answer_still_counts(&scene, &browser, &callback);
}

/// `FranceConnect` keeps one attempt for each browser: the older tab's sign-in comes back as an answer to the newest one,
/// then the newest tab's own as a second answer to it.
#[test]
fn an_older_tab_with_the_newest_state_ends_where_the_newest_wanted_to_go() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    let older = to_the_callback(&scene, &browser, "/un", ZOE);
    let newest = to_the_callback(&scene, &browser, "/deux", ZOE);
    assert_eq!(browser.cookie_names("localhost").len(), 2);
    let attempts = cookie_field(&browser);
    let page = browser.open(&newest);
    assert_eq!((page.status(), page.url), (200, scene.url("/deux")));

    let second = newest.replace(&parameter(&newest, "code"), &parameter(&older, "code"));
    // Sent before the first answer had come: with the attempt's cookie still.
    let early = Browser::new();
    for pair in attempts.split("; ") {
        early.plant(&scene.url("/"), &format!("{pair}; Path=/"));
    }
    for browser in [&early, &browser] {
        let page = browser.open(&second);
        assert_eq!(page.status(), 200, "{}", page.text());
        assert!(
            page.url == scene.url("/deux") || page.url == scene.url("/"),
            "{}",
            page.url
        );
    }
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
}

/// A name and destinations so long that four attempts would weigh more.
#[test]
fn a_browser_keeps_four_attempts_at_most_and_less_than_four_kib_of_them() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        usual.replace("name = \"urbanisme\"", &format!("name = \"{}\"", "u".repeat(150)))
    });
    for (length, most) in [(1, 4), (488, 3)] {
        let browser = Browser::new();
        let mut callbacks = Vec::new();
        for number in 0..7 {
            // Nothing else tells which of two attempts is the older one.
            scene.gateway.clock().advance(Duration::from_secs(1));
            let path = format!("/dossier/{number}?a={}", "x".repeat(length));
            callbacks.push((path.clone(), to_the_callback(&scene, &browser, &path, ZOE)));
            let (held, bytes) = (
                browser.cookie_names("localhost").len(),
                cookie_field(&browser).len(),
            );
            assert!(held <= 4 && bytes < 4096, "{held} cookies, {bytes} bytes");
        }
        let held = browser.cookie_names("localhost").len();
        assert_eq!(held, most);
        let (lost, kept) = callbacks.split_at(7 - held);
        for (path, callback) in lost {
            let path_and_query = callback.trim_start_matches(&scene.url(""));
            let answer = get(&scene, &browser, path_and_query);
            assert!(
                answer.status == 400 && answer.text().contains("L06"),
                "{path}\n{}",
                answer.text()
            );
        }
        // The provider has forgotten all codes but the newest; the attempts are known.
        for (path, callback) in kept {
            let state = parameter(callback, "state");
            let answer = get(
                &scene,
                &browser,
                &format!("/_guichet/callback?error=access_denied&state={state}"),
            );
            let chooser = answer.field("location").unwrap();
            assert_eq!(parameter(chooser, "return_to"), *path);
        }
        let (path, newest) = kept.last().unwrap();
        assert_eq!(browser.open(newest).url, scene.url(path));
    }
}

/// One browser, one attempt at FranceConnect: an older tab comes back under the newest state, or with an error.
#[test]
fn an_older_tab_that_comes_back_as_an_error_harms_nobody() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let (browser, callback) = on_the_way_back(&scene);
    let (state, iss) = (parameter(&callback, "state"), parameter(&callback, "iss"));
    let error = format!(
        "/_guichet/callback?error=server_error&error_description=x&error_uri=https://docs.example/%3Fcode%3DY470001%26id%3Dabc&state={state}&iss={iss}"
    );
    let answer = get(&scene, &browser, &error);
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("L09") && !answer.text().contains("Y470001"));
    let log = scene.gateway.logs().text();
    assert!(log.contains("Y470001") && log.contains("abc"), "{log}");
    nothing_happened(&scene, &browser);
    the_true_answer_still_counts(&scene, &browser, &callback);
    let late = get(&scene, &browser, &error);
    assert_eq!(late.status, 303, "whoever is signed in goes on");
}

#[test]
fn a_provider_that_dawdles_is_given_up_after_fifteen_seconds() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "delay": 17_000 }));
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    assert_eq!(page.status(), 503);
    until("the log says why", || {
        let said = scene.gateway.logs().text();
        said.contains("reason=\"provider_timeout\"")
    });
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
    assert_eq!(scene.application.byte_count(), 0);
}
