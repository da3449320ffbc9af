//! What only a real browser shows: pages that everyone can use, in both languages, and what scripts and frames cannot reach.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::chromium;
use crate::support::provider::Alg;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Reply;

const HTML: [(&str, &str); 1] = [("Content-Type", "text/html; charset=utf-8")];

/// Where the pictures of a run are kept, to be looked at.
fn pictures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages").join(name)
}

fn scene() -> Scene {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let page = "<!DOCTYPE html><html lang=fr><title>Dossier</title><main><h1>Votre dossier</h1>\
                <form method=post action=/dossier><button>Envoyer</button></form></main>";
    scene.application.otherwise(Reply::new(200, &HTML, page));
    scene
}

/// Looked at by axe-core, made narrow, and kept as a picture.
fn judged(name: &str) -> Vec<Value> {
    vec![
        json!({ "accessible": name }),
        json!({ "fits": 320 }),
        json!({ "screenshot": name }),
    ]
}

/// Every kind of page, one after the other, the application being away in the end.
fn every_page(scene: &Scene) -> Vec<Value> {
    let opened = |path: &str, status: u16, name: &str| {
        let mut steps = vec![
            json!({ "open": scene.url(path) }),
            json!({ "expect": { "status": status } }),
        ];
        steps.extend(judged(name));
        steps
    };
    let mut steps = opened("/dossier", 200, "1-chooser");
    steps.extend(opened(
        "/_guichet/login?return_to=/dossier&notice=cancelled",
        200,
        "2-cancelled",
    ));
    steps.extend(opened("/_guichet/callback?code=x&state=y", 400, "3-unknown"));
    steps.extend(opened("/_guichet/none", 404, "4-not-found"));
    steps.extend(opened("/_guichet/logout", 200, "5-nothing-to-sign-out"));
    steps.extend([
        json!({ "open": scene.url("/public") }),
        json!({ "click": "button" }),
    ]);
    steps.push(json!({ "expect": { "status": 401 } }));
    steps.extend(judged("6-nothing-saved"));
    steps
}

/// From the login to the logout.
fn a_visit(scene: &Scene) -> Vec<Value> {
    let mut steps = vec![
        json!({ "open": scene.url("/dossier") }),
        json!({ "click": "a[data-login]" }),
        json!({ "click": "button[name=account] >> nth=0" }),
        json!({ "expect": { "url": scene.url("/dossier"), "text": "Votre dossier", "status": 200 } }),
        json!({ "open": scene.url("/_guichet/logout") }),
        json!({ "expect": { "selector": "main form button", "status": 200 } }),
    ];
    steps.extend(judged("7-logout"));
    steps.push(json!({ "click": "main form button" }));
    steps
}

fn for_everyone() {
    for (locale, language) in [("fr-FR", "fr"), ("en-GB", "en")] {
        let scene = scene();
        let mut steps = every_page(&scene);
        steps.extend(a_visit(&scene));
        steps.push(json!({ "expect": { "url": "/_guichet/logged-out?state=", "lang": language } }));
        steps.extend(judged("8-signed-out"));
        let report = chromium::journey_as(&pictures(language), &json!(steps), &json!({ "locale": locale }));
        for name in [
            "1-chooser",
            "3-unknown",
            "4-not-found",
            "7-logout",
            "8-signed-out",
        ] {
            assert_eq!(report["notes"][name], json!([]), "{name}");
            assert!(pictures(language).join(format!("{name}.png")).is_file(), "{name}");
        }
        nothing_was_stopped(&report);
        an_application_that_is_away(&scene, (locale, language));
        by_keyboard(&self::scene(), locale);
        without_script(&self::scene(), locale);
    }
}

/// Our policies stop nothing of ours.
fn nothing_was_stopped(report: &Value) {
    let console = report["console"].as_array().unwrap().iter();
    let stopped: Vec<_> = console
        .filter(|line| line.as_str().unwrap().contains("Content Security Policy"))
        .collect();
    assert!(stopped.is_empty(), "{stopped:?}");
}

fn an_application_that_is_away(scene: &Scene, (locale, language): (&str, &str)) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let key = browser.cookie("localhost", SESSION).unwrap();
    scene.application.stop();
    let mut steps = vec![
        json!({ "cookie": { "name": SESSION, "value": key, "url": scene.url("/") } }),
        json!({ "open": scene.url("/dossier") }),
        json!({ "expect": { "status": 502, "lang": language, "selector": ".reference" } }),
    ];
    steps.extend(judged("9-unavailable"));
    chromium::journey_as(&pictures(language), &json!(steps), &json!({ "locale": locale }));
}

/// Tab, Tab, Tab, Enter: the skip link, the language, the button.
fn by_keyboard(scene: &Scene, locale: &str) {
    let tab = || json!({ "press": "Tab" });
    let steps = json!([
        { "open": scene.url("/dossier") },
        tab(), { "focused": "a.skip" },
        tab(), { "focused": "a[data-language]" },
        tab(), { "focused": "a[data-login]" }, { "screenshot": "keyboard" },
        { "press": "Enter" },
        { "expect": { "url": scene.provider.issuer() } },
        { "click": "button[name=account] >> nth=0" },
        { "expect": { "url": scene.url("/dossier"), "text": "Votre dossier" } },
        { "open": scene.url("/_guichet/logout") },
        tab(), { "focused": "a.skip" }, { "press": "Enter" },
        tab(), { "focused": "main form button" },
        { "press": "Enter" },
        { "expect": { "url": "/_guichet/logged-out?state=" } },
    ]);
    chromium::journey_as(&pictures("keyboard"), &steps, &json!({ "locale": locale }));
}

fn without_script(scene: &Scene, locale: &str) {
    let mut steps = a_visit(scene);
    steps.retain(|step| step.get("accessible").is_none());
    // The provider's own page sends itself only where scripts are on.
    steps.push(json!({ "expect": { "url": scene.provider.issuer() } }));
    steps.push(json!({ "click": "form button, form input[type=submit]" }));
    steps.push(json!({ "expect": { "url": "/_guichet/logged-out?state=" } }));
    let browser = json!({ "locale": locale, "script": false, "width": 320 });
    chromium::journey_as(&pictures("no-script"), &json!(steps), &browser);
}

fn no_script_reads_it() {
    let scene = scene();
    let steps = json!([
        { "open": scene.url("/dossier") },
        { "click": "a[data-login]" },
        { "click": "button[name=account] >> nth=0" },
        { "expect": { "url": scene.url("/dossier"), "text": "Votre dossier" } },
        { "evaluate": "document.cookie = 'own=1'; document.cookie", "as": "seen" },
        { "cookies": "held" },
    ]);
    let report = chromium::journey(&pictures("script"), &steps);
    assert_eq!(report["notes"]["seen"], "own=1");
    assert!(report["notes"]["held"].to_string().contains(SESSION));
}

fn no_page_frames_ours() {
    let scene = scene();
    let frames = "<!DOCTYPE html><title>x</title><iframe src=/_guichet/logout></iframe><iframe src=/_guichet/login></iframe>\
                  <iframe src=/_guichet/logged-out></iframe><iframe src=/public/own></iframe>";
    scene.application.next(Reply::new(200, &HTML, frames));
    let count = "[...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument?.body?.innerText.trim() ?? null)";
    let steps = json!([
        { "open": scene.url("/public") },
        { "evaluate": count, "as": "frames" },
    ]);
    let report = chromium::journey(&pictures("frames"), &steps);
    let frames = report["notes"]["frames"].as_array().unwrap();
    assert_eq!(frames[..3], [Value::Null, Value::Null, Value::Null], "{report:#}");
    assert!(
        frames[3].as_str().unwrap().contains("Votre dossier"),
        "{report:#}"
    );
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T335"], sentence: "no script reads the session", plays: no_script_reads_it },
        Play { ids: &["T401"], sentence: "no page frames one of ours", plays: no_page_frames_ours },
        Play { ids: &["T413"], sentence: "everyone can use every page, in both languages, by keyboard, without script, at 320 px", plays: for_everyone },
    ]
}
