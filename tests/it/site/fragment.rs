//! The fragment of a deep link, which no server ever sees, comes back after a login through the chooser.

use serde_json::json;

use crate::cases;
use crate::support::chromium;
use crate::support::provider::Alg;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Reply;

/// Where a browser arrives that opened this, and the addresses of everything that it asked for.
fn arrives(scene: &Scene, opened: &str, browser: &serde_json::Value) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([
        { "open": scene.url(opened) },
        { "click": "a[data-login]" },
        { "click": "button[name=account] >> nth=0" },
        { "expect": { "text": "La carte", "status": 200 } },
        { "evaluate": "location.href", "as": "arrived" },
    ]);
    let report = chromium::journey_as(folder.path(), &steps, browser);
    let asked = report["requests"].as_array().unwrap().iter();
    let asked = asked.map(|line| line.as_str().unwrap().to_owned()).collect();
    (report["notes"]["arrived"].as_str().unwrap().to_owned(), asked)
}

fn a_fragment_comes_back() {
    const FRAGMENT: &str = "lieu=75056";
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let page = "<!DOCTYPE html><html lang=fr><title>Carte</title><h1>La carte</h1>";
    scene
        .application
        .otherwise(Reply::new(200, &[("Content-Type", "text/html")], page));
    let usual = json!({});
    let (arrived, asked) = arrives(&scene, "/carte#lieu=75056", &usual);
    assert_eq!(arrived, scene.url("/carte#lieu=75056"));
    // It went to our own login as a part of the destination, and nowhere else.
    let told: Vec<&String> = asked
        .iter()
        .filter(|line| line.split('#').next().unwrap().contains("75056"))
        .collect();
    let login = scene.url("/_guichet/login/fc?return_to=/carte%23lieu%3D75056");
    assert_eq!(told, [&format!("GET {login}")], "{asked:?}");
    for request in scene.provider.requests() {
        assert!(!format!("{request:?}").contains("75056"), "{request:?}");
    }
    for received in scene.application.received() {
        assert!(!received.contains("75056"), "{}", received.request_line());
    }
    // A log that names the path of each request, at every level, knows neither query nor fragment.
    let log = scene.gateway.logs().text();
    assert!(log.contains("/_guichet/login/fc") && !log.contains(FRAGMENT) && !log.contains("75056"));
    // Without one, none is made up.
    assert_eq!(arrives(&scene, "/carte", &usual).0, scene.url("/carte"));
    assert_eq!(arrives(&scene, "/carte?a=1", &usual).0, scene.url("/carte?a=1"));
    assert_eq!(
        arrives(&scene, "/carte?a=1#b/c", &usual).0,
        scene.url("/carte?a=1#b/c")
    );
    // Without script the login works, and only the fragment is lost.
    let (arrived, _) = arrives(&scene, "/carte#lieu=75056", &json!({ "script": false }));
    assert_eq!(arrived, scene.url("/carte"));
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["F028"], sentence: "the fragment of a deep link comes back, and nobody else hears of it", plays: a_fragment_comes_back },
    ]
}
