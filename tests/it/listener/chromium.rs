//! A login in a real browser over TLS and HTTP/2.

use std::path::Path;

use serde_json::json;

use crate::listener::stage::SESSION;
use crate::listener::stage::Secure;
use crate::support::chromium;
use crate::support::upstream::Received;
use crate::support::upstream::Reply;

#[test]
fn in_chromium_a_person_signs_in_over_http_2() {
    let secure = Secure::start();
    let page = "<!DOCTYPE html><html lang=fr><meta charset=utf-8><title>Dossier</title><main><h1>Votre dossier</h1>\
                <script>document.querySelector('main').append('par ' + \
                performance.getEntriesByType('navigation')[0].nextHopProtocol)</script></main>";
    let application = &secure.scene.application;
    application.otherwise(Reply::new(200, &[("Content-Type", "text/html")], page));
    let steps = json!([
        { "open": secure.url("/dossier/12?etape=3") },
        { "expect": { "url": "/_guichet/login", "text": "Connexion à Urbanisme", "status": 200 } },
        { "click": "a[href*='/_guichet/login/fc']" },
        { "expect": { "url": secure.scene.provider.issuer(), "text": "Qui êtes-vous ?" } },
        { "click": "button[name=account] >> nth=0" },
        { "expect": { "url": secure.url("/dossier/12?etape=3"), "text": "Votre dossier", "status": 200 } },
        { "expect": { "text": "par h2" } },
        { "cookies": "signed-in" },
        { "open": secure.url("/encore") },
        { "expect": { "url": "/encore", "text": "par h2", "status": 200 } },
    ]);
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("http2");
    let report = chromium::journey(&pictures, &steps);
    let cookies = report["notes"]["signed-in"].as_array().unwrap();
    let session = cookies.iter().find(|cookie| cookie["name"] == SESSION).unwrap();
    assert_eq!(
        (&session["secure"], &session["httpOnly"]),
        (&json!(true), &json!(true))
    );
    let received = application.received();
    let lines: Vec<String> = received.iter().map(Received::request_line).collect();
    assert!(
        lines.contains(&"GET /dossier/12?etape=3 HTTP/1.1".to_owned()),
        "{lines:?}"
    );
    assert!(
        received.iter().all(|one| one.values("host") == [secure.host()]),
        "{lines:?}"
    );
}
