//! The audit stream: every event of it is whole.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::watched::parsed;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T433"],
            sentence: "every event of the audit stream has its time, place, outcome, cause, person's tag and request",
            plays: the_audit_stream_is_complete,
        },
    ]
}

fn the_audit_stream_is_complete() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let first = scene.gateway.audited("login").remove(0);
    assert_eq!(first["labels"]["app"], "urbanisme");
    assert_eq!(first["labels"]["provider"], "fc");
    assert_eq!(first["labels"]["acr"], "eidas1");
    let claims = first["labels"]["claims"].as_str().unwrap();
    assert!(claims.split(',').any(|name| name == "birthdate"), "{claims}");
    assert!(first["user.hash"].as_str().unwrap().starts_with("hmac-sha256:"));

    sign_out(&scene, &browser);
    let ended = scene.gateway.audited("logout").remove(0);
    assert_eq!(ended["user.hash"], first["user.hash"]);
    assert_eq!(ended["guichet.session"], first["guichet.session"]);
    assert_eq!(ended["labels"]["logout"], "complete");

    scene
        .provider
        .cancel(&browser, &scene.to_the_provider(&browser, "/dossier"));
    assert_eq!(scene.gateway.audited("login_cancelled").len(), 1);
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": [{ "set": "nonce", "to": "another" }] }));
    scene.sign_in(&Browser::new(), "/dossier");
    browser.open(&scene.url("/_guichet/callback?code=x&state=nobodys"));
    let failed = scene.gateway.audited("login_failed");
    let causes: Vec<&Value> = failed.iter().map(|event| &event["event.reason"]).collect();
    assert_eq!(causes, ["nonce_mismatch", "state_unknown"]);
    assert_eq!(
        failed[0]["labels"],
        json!({ "app": "urbanisme", "provider": "fc" })
    );
    assert_eq!(failed[0]["event.code"], "L11");
    refused(&scene);
    expired(&scene, &browser, &first);
    every_event_is_whole(&scene);
}

/// Another login of the same person, which expires.
fn expired(scene: &Scene, browser: &Browser, first: &Value) {
    scene.sign_in(browser, "/dossier");
    let second = scene.gateway.audited("login").remove(1);
    assert_eq!(second["user.hash"], first["user.hash"], "one person, one tag");
    assert_ne!(second["guichet.session"], first["guichet.session"]);
    let cookies = cookie_field(browser);
    scene.gateway.clock().advance(Duration::from_hours(9));
    scene.redis().advance(Duration::from_hours(9));
    for _ in 0..3 {
        let host = scene.host();
        exchange(
            scene.gateway.address(),
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n"),
        );
    }
    let over = scene.gateway.audited("session_over");
    assert_eq!(over.len(), 1, "once for a session: {over:?}");
    assert_eq!(over[0]["guichet.session"], second["guichet.session"]);
}

/// Another site signs somebody out; a head that is read in two ways; a form that cannot be read.
fn refused(scene: &Scene) {
    let host = scene.host();
    for (head, body, status) in [
        (
            "POST /_guichet/logout HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n",
            "",
            403,
        ),
        (
            "POST /dossier HTTP/1.1\r\nExpect: the-impossible\r\nContent-Length: 0\r\n",
            "",
            417,
        ),
        (
            "POST /_guichet/logout HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
            "no chunk\r\n",
            400,
        ),
    ] {
        let answer = exchange(
            scene.gateway.address(),
            format!("{head}Host: {host}\r\n\r\n{body}"),
        );
        assert_eq!(answer.status, status, "{head}");
    }
    let refused = scene.gateway.audited("request_refused");
    let causes: Vec<&Value> = refused.iter().map(|event| &event["event.reason"]).collect();
    assert_eq!(causes, ["cross_site", "expectation", "body_broken"]);
}

fn every_event_is_whole(scene: &Scene) {
    let zoe = people()[ZOE]["sub"].as_str().unwrap().to_owned();
    let events = parsed(&scene.gateway.audit());
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["event.sequence"], number + 1, "{event}");
        assert!(event["@timestamp"].as_str().unwrap().ends_with('Z'), "{event}");
        assert_eq!(event["http.request.id"].as_str().unwrap().len(), 16, "{event}");
        assert_eq!(event["source.ip"], "127.0.0.1", "{event}");
        assert!(event["source.port"].as_u64().unwrap() > 0, "{event}");
        let outcome = event["event.outcome"].as_str().unwrap();
        assert!(["success", "failure", "unknown"].contains(&outcome), "{event}");
        assert!(!event.to_string().contains(&zoe), "{event}");
    }
    let number = events[0]["http.request.id"].as_str().unwrap();
    assert!(
        scene.gateway.logs().lines_with(number).len() >= 2,
        "its own lines have its number"
    );
}
