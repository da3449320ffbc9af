//! What is particular to FranceConnect (area T), and the client's secret on the wire.

use serde_json::json;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::Asked;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::steps::parameter;
use crate::support::steps::raw;
use crate::support::steps::sign_out;
use crate::support::steps::to_the_callback;
use crate::support::table::Proof;
use crate::support::table::each_on;

/// What the provider was asked at its authorization endpoint.
fn asked(scene: &Scene) -> Asked {
    scene.sign_in(&Browser::new(), "/dossier?prompt=none");
    scene.provider.requests_to("/authorize").remove(0)
}

fn a_level_is_always_asked_for(scene: &Scene) {
    assert_eq!(asked(scene).parameter("acr_values").unwrap(), "eidas1");
}

fn a_nonce_is_long_enough(scene: &Scene) {
    let nonce = asked(scene).parameter("nonce").unwrap();
    assert!(
        nonce.len() == 64 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{nonce}"
    );
}

fn a_state_says_nothing(scene: &Scene) {
    let request = asked(scene);
    let state = request.parameter("state").unwrap();
    assert!(
        state.len() == 64 && state.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{state}"
    );
    assert!(
        !request.query.contains("dossier"),
        "where the person wants to go stays here"
    );
}

fn no_prompt_is_sent(scene: &Scene) {
    assert!(!asked(scene).query.contains("prompt"));
}

/// Refused under this word, which stands in a line with all of these.
fn refused(scene: &Scene, lie: &serde_json::Value, says: &[&str]) {
    scene.provider.lie(lie);
    let browser = Browser::new();
    assert_eq!(scene.sign_in(&browser, "/dossier").status(), 502);
    let log = scene.gateway.logs().lines_with("L11").join("\n");
    for word in says {
        assert!(log.contains(word), "{word}: {log}");
    }
    assert_eq!(get(scene, &browser, "/dossier").status, 303);
    assert_eq!(scene.application.byte_count(), 0);
}

fn a_client_left_at_hs256_is_told_so(scene: &Scene) {
    let lie = json!({ "target": "id_token", "sign": "hmac:secret", "secret": CLIENT_SECRET });
    refused(scene, &lie, &["reason=\"alg_refused\"", "HS256", "signing_alg"]);
}

fn userinfo_without_a_signature_is_refused(scene: &Scene) {
    let lie = json!({ "target": "userinfo", "headers": { "content-type": "application/json" }, "body": "{\"sub\":\"x\"}" });
    refused(scene, &lie, &["reason=\"userinfo_not_signed\""]);
}

fn the_hint_is_the_token(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let asked = scene.provider.requests_to("/authorize").remove(0);
    sign_out(scene, &browser);
    let ended = scene.provider.requests_to("/session/end").remove(0);
    let hint = ended.parameter("id_token_hint").unwrap();
    let claims = claims(&hint);
    assert_eq!(
        claims["nonce"],
        asked.parameter("nonce").unwrap(),
        "the token of this very login"
    );
    assert_eq!(claims.get("at_hash"), None);
    assert_eq!(hint.split('.').count(), 3);
}

fn there_is_no_back_channel_logout(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let answer = raw(
        scene,
        &Browser::new(),
        ("POST", "/_guichet/backchannel-logout"),
        "Content-Length: 0\r\n",
    );
    assert_eq!(answer.status, 404);
    assert_eq!(get(scene, &browser, "/dossier").status, 200);
}

fn a_subject_is_passed_on_whole(scene: &Scene) {
    scene.sign_in(&Browser::new(), "/dossier");
    let sub = people()[ZOE]["sub"].as_str().unwrap().to_owned();
    assert!(sub.len() == 66 && sub.ends_with("v1"));
    assert_eq!(scene.application.only().values("x-guichet-sub"), [sub]);
}

fn an_error_of_the_provider_is_logged_and_not_repeated(scene: &Scene) {
    let (browser, callback) = {
        let browser = Browser::new();
        let callback = to_the_callback(scene, &browser, "/dossier", ZOE);
        (browser, callback.trim_start_matches(&scene.url("")).to_owned())
    };
    let (state, iss) = (parameter(&callback, "state"), parameter(&callback, "iss"));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("error", "invalid_scope"),
            ("error_description", "la portée demandée n’est pas autorisée"),
            ("error_uri", "https://docs.example/erreurs/?code=Y044D706&id=0b7e"),
            ("state", &state),
            ("iss", &iss),
        ])
        .finish();
    let answer = get(scene, &browser, &format!("/_guichet/callback?{query}"));
    assert_eq!(answer.status, 502);
    assert!(
        !answer.text().contains("portée")
            && !answer.text().contains("Y044D706")
            && answer.text().contains("L09")
    );
    let log = scene.gateway.logs().text();
    assert!(
        log.contains("invalid_scope") && log.contains("Y044D706") && log.contains("0b7e"),
        "{log}"
    );
}

fn the_secret_is_in_the_body_alone(scene: &Scene) {
    scene.sign_in(&Browser::new(), "/dossier");
    let told = scene.provider.requests_to("/token").remove(0);
    assert_eq!((told.method.as_str(), told.query.as_str()), ("POST", ""));
    assert_eq!(told.parameter("client_secret").unwrap(), CLIENT_SECRET);
    assert!(told.headers.iter().all(|(name, _)| name != "authorization"));
    for asked in scene.provider.requests() {
        assert!(!asked.query.contains(CLIENT_SECRET), "{}", asked.path);
    }
}

cases! {
    Proof<Scene>,
    run = each_on(|| Scene::start(Alg::Es256, Store::Memory)),
    rows = [
        Proof { ids: &["T475"], sentence: "a level is always asked for", holds: a_level_is_always_asked_for },
        Proof { ids: &["T476"], sentence: "the nonce is 64 hexadecimal characters", holds: a_nonce_is_long_enough },
        Proof { ids: &["T477"], sentence: "the state says nothing about anybody", holds: a_state_says_nothing },
        Proof { ids: &["T480"], sentence: "a client that was left at HS256 is refused, and told what to change", holds: a_client_left_at_hs256_is_told_so },
        Proof { ids: &["T481"], sentence: "userinfo without a signature is refused", holds: userinfo_without_a_signature_is_refused },
        Proof { ids: &["T484"], sentence: "the hint of a logout is the token of the login", holds: the_hint_is_the_token },
        Proof { ids: &["T485"], sentence: "no back-channel logout is served, for there is none", holds: there_is_no_back_channel_logout },
        Proof { ids: &["T487"], sentence: "a subject is passed on whole", holds: a_subject_is_passed_on_whole },
        Proof { ids: &["T488"], sentence: "no prompt is ever sent", holds: no_prompt_is_sent },
        Proof { ids: &["T489"], sentence: "an error of the provider is logged with its code and not repeated", holds: an_error_of_the_provider_is_logged_and_not_repeated },
        Proof { ids: &["T252"], sentence: "the client's secret is in the body of one request", holds: the_secret_is_in_the_body_alone },
    ]
}
