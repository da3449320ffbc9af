//! The journey in a real browser, with pictures.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use super::stage::Stage;
use super::stage::With;
use crate::support::chromium;
use crate::support::provider::Alg;
use crate::support::scene::Store;
use crate::support::upstream::Received;
use crate::support::upstream::Reply;

/// From the deep link to the logout, and back to the link.
fn steps(stage: &Stage, deep: &str) -> Value {
    json!([
        { "open": deep },
        { "expect": { "url": "/_guichet/login", "text": "Connexion à Urbanisme", "lang": "fr", "status": 200 } },
        { "accessible": "chooser" }, { "fits": 320 }, { "screenshot": "1-chooser" },
        { "click": "a[href*='/_guichet/login/fc']" },
        { "expect": { "url": stage.issuer(), "text": "Qui êtes-vous ?" } },
        { "screenshot": "2-provider" },
        { "click": "button[name=account] >> nth=0" },
        { "expect": { "url": "/dossier/12?etape=3#piece-2", "text": "Votre dossier", "status": 200 } },
        { "screenshot": "3-application" },
        { "cookies": "signed-in" },
        { "click": "text=Me déconnecter" },
        { "expect": { "url": "/_guichet/logout", "text": "Voulez-vous vous déconnecter", "lang": "fr" } },
        { "accessible": "logout" }, { "fits": 320 }, { "screenshot": "4-logout" },
        { "click": "main form button" },
        { "expect": { "url": "/_guichet/logged-out?state=", "text": "Déconnexion effectuée" } },
        { "expect": { "text": "La session est fermée sur Urbanisme et sur FranceConnect" } },
        { "accessible": "signed-out" }, { "screenshot": "5-signed-out" },
        { "cookies": "signed-out" },
        { "open": deep },
        { "expect": { "url": "/_guichet/login", "no_text": "Votre dossier" } },
    ])
}

#[test]
fn in_chromium_a_deep_link_survives_the_login_and_the_logout_ends_at_the_provider() {
    let stage = Stage::start(With::OidcProvider(Alg::Es256), Store::Redis);
    let page = "<!DOCTYPE html><html lang=fr><meta charset=utf-8><title>Dossier</title><main><h1>Votre dossier</h1>\
                <a href=/_guichet/logout>Me déconnecter</a></main>";
    stage
        .scene
        .application
        .otherwise(Reply::new(200, &[("Content-Type", "text/html")], page));
    let deep = stage.scene.url("/dossier/12?etape=3#piece-2");
    let steps = steps(&stage, &deep);
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("journey");
    let report = chromium::journey(&pictures, &steps);
    for name in [
        "1-chooser",
        "2-provider",
        "3-application",
        "4-logout",
        "5-signed-out",
    ] {
        assert!(pictures.join(format!("{name}.png")).is_file(), "{name}");
    }
    let names = |at: &str| -> Vec<String> {
        let cookies = report["notes"][at].as_array().unwrap().iter();
        let ours = cookies.map(|cookie| cookie["name"].as_str().unwrap().to_owned());
        ours.filter(|name| name.starts_with("guichet-")).collect()
    };
    assert_eq!(names("signed-in"), ["guichet-session-fc"]);
    assert_eq!(names("signed-out"), ["guichet-logout"]);
    // The fragment stayed in the browser, and no policy of ours stopped anything.
    assert!(!stage.scene.gateway.logs().text().contains("piece-2"));
    let console = report["console"].as_array().unwrap();
    let refused: Vec<_> = console
        .iter()
        .filter(|line| line.as_str().unwrap().contains("Content Security Policy"))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    let received = stage.scene.application.received();
    let lines: Vec<String> = received.iter().map(Received::request_line).collect();
    assert!(
        lines.contains(&"GET /dossier/12?etape=3 HTTP/1.1".to_owned()),
        "{lines:?}"
    );
    assert!(
        received
            .iter()
            .all(|one| one.values("x-guichet-status") == ["authenticated"]),
        "{lines:?}"
    );
}
