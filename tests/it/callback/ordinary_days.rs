//! Ordinary days that ended badly for others.

use std::time::Duration;

use serde_json::json;

use super::Scenario;
use super::get;
use super::nothing_happened;
use super::on_the_way_back;
use super::parameter;
use super::play;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::scene::Scene;
use crate::support::steps::raw;
use crate::support::steps::sign_out;

fn a_clock_a_little_ahead(scene: &Scene) {
    scene.provider.clock_ahead(Duration::from_secs(20));
    assert_eq!(scene.sign_in(&Browser::new(), "/dossier").status(), 200);
    scene.provider.clock_ahead(Duration::from_mins(10));
    scene.application.forget();
    let browser = Browser::new();
    assert_eq!(scene.sign_in(&browser, "/dossier").status(), 502);
    let lines = scene.gateway.logs().lines_with("reason=\"clock\"");
    assert!(lines.len() == 1 && lines[0].contains("clock"), "{lines:?}");
    assert_eq!(scene.application.byte_count(), 0);
}

fn a_bookmark_of_the_provider(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    let nobody = Browser::new();
    for path in [callback.as_str(), "/_guichet/callback"] {
        let answer = get(scene, &nobody, path);
        assert_eq!(answer.status, 400, "{path}");
        nothing_happened(scene, &nobody);
    }
    let somebody = Browser::new();
    scene.sign_in(&somebody, "/dossier");
    for path in [callback.as_str(), "/_guichet/callback"] {
        let answer = get(scene, &somebody, path);
        assert_eq!(
            (answer.status, answer.field("location")),
            (303, Some("/")),
            "{path}"
        );
    }
    assert_eq!(
        get(scene, &somebody, "/dossier").status,
        200,
        "the session is untouched"
    );
    drop(browser);
}

fn signing_in_again_after_signing_out(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let out = sign_out(scene, &browser);
    assert_eq!(
        browser.open(&out.url).status(),
        200,
        "the page can be loaded again"
    );
    let again = scene.sign_in(&browser, "/dossier");
    assert_eq!((again.status(), again.url), (200, scene.url("/dossier")));
}

fn back_after_signing_in(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    for path in [
        "/_guichet/login?app=urbanisme&return_to=/x",
        "/_guichet/login/fc?return_to=/x",
    ] {
        let answer = get(scene, &browser, path);
        assert_eq!(
            (answer.status, answer.field("location")),
            (303, Some("/x")),
            "{path}"
        );
        assert!(answer.fields("set-cookie").is_empty(), "{path}");
    }
}

fn a_link_in_an_office_document(scene: &Scene) {
    let office = Browser::new();
    for method in ["HEAD", "OPTIONS"] {
        let answer = raw(
            scene,
            &office,
            (method, "/_guichet/login/fc?return_to=/dossier"),
            "",
        );
        assert!(
            answer.status == 405 && answer.fields("set-cookie").is_empty(),
            "{method}"
        );
    }
    let seen = raw(scene, &office, ("HEAD", "/dossier"), "");
    let chooser = seen.field("location").unwrap().to_owned();
    assert_eq!(
        (seen.status, parameter(&chooser, "return_to")),
        (303, "/dossier".to_owned())
    );
    assert!(seen.fields("set-cookie").is_empty());

    // The chooser's address works in another program, destination included; the callback's does not.
    let (_, callback) = on_the_way_back(scene);
    let browser = Browser::new();
    let refused = get(scene, &browser, &callback);
    assert!(
        refused.status == 400 && refused.text().contains("L06"),
        "{}",
        refused.text()
    );
    nothing_happened(scene, &browser);
    let page = browser.open(&scene.url(&chooser));
    assert!(page.text().contains("return_to=/dossier"), "{}", page.text());
}

/// One browser, one attempt at FranceConnect: an older tab comes back under the newest state, or with an error.
#[test]
fn an_older_tab_that_comes_back_as_an_error_harms_nobody() {
    let scene = Scene::start(
        crate::support::provider::Alg::Es256,
        crate::support::scene::Store::Memory,
    );
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
    super::the_true_answer_still_counts(&scene, &browser, &callback);
    let late = get(&scene, &browser, &error);
    assert_eq!(late.status, 303, "whoever is signed in goes on");
}

#[test]
fn a_provider_that_dawdles_is_given_up_after_fifteen_seconds() {
    let scene = Scene::start(
        crate::support::provider::Alg::Es256,
        crate::support::scene::Store::Memory,
    );
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "delay": 17_000 }));
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    assert_eq!(page.status(), 503);
    assert!(
        scene
            .gateway
            .logs()
            .text()
            .contains("reason=\"provider_timeout\"")
    );
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
    assert_eq!(scene.application.byte_count(), 0);
}

cases! {
    Scenario, run = play, rows = [
        Scenario { ids: &["F001"], sentence: "20 seconds of another clock are forgiven, 10 minutes are named", plays: a_clock_a_little_ahead },
        Scenario { ids: &["F015"], sentence: "a callback without a login under way leads on or begins again", plays: a_bookmark_of_the_provider },
        Scenario { ids: &["F018"], sentence: "the state of a logout does not stand in the way of the next login", plays: signing_in_again_after_signing_out },
        Scenario { ids: &["F019"], sentence: "back to the login step leads on, without a new attempt", plays: back_after_signing_in },
        Scenario { ids: &["F039"], sentence: "a login begins in one program and ends in another only with its cookie", plays: a_link_in_an_office_document },
    ]
}
