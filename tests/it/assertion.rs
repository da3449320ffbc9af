//! The signed assertion, as an application receives it and a verifier of another language reads it (area P).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::config;
use guichet::seal;
use serde_json::Value;
use serde_json::json;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::jws::claims;
use crate::support::jws::header;
use crate::support::provider::Alg;
use crate::support::pyjwt;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::steps::raw;
use crate::support::table::Proof;
use crate::support::table::each_on;

fn somebody(scene: &Scene) -> Browser {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    browser
}

/// The assertion of the next request.
fn assertion(scene: &Scene, browser: &Browser) -> String {
    scene.application.forget();
    assert_eq!(get(scene, browser, "/dossier").status, 200);
    scene.application.only().values("x-guichet-assertion").remove(0)
}

fn verify(scene: &Scene, token: &str, audience: &str) -> Result<Value, String> {
    pyjwt::verify(token, &scene.jwks(), audience, &scene.url(""))
}

fn claims_and_lifetime(scene: &Scene) {
    let browser = somebody(scene);
    let token = assertion(scene, &browser);
    let claims = verify(scene, &token, "urbanisme").unwrap();
    let number = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(
        (claims["iss"].as_str(), claims["aud"].as_str()),
        (Some(scene.url("").as_str()), Some("urbanisme"))
    );
    assert_eq!(
        (number("exp") - number("iat"), number("nbf")),
        (60, number("iat"))
    );
    assert!(number("auth_time") <= number("iat") + 60);
    assert_eq!(
        (claims["acr"].as_str(), claims["idp"].as_str()),
        (Some("eidas1"), Some("fc"))
    );
    let cookie = browser.cookie("localhost", "guichet-session-fc").unwrap();
    assert!(!claims.to_string().contains(&cookie) && claims["sid"].as_str().unwrap().len() > 10);
    assert_eq!(header(&token)["typ"], "guichet+jwt");
}

fn an_audience_is_one_application(scene: &Scene) {
    let token = assertion(scene, &somebody(scene));
    assert!(claims(&token)["aud"].is_string());
    assert!(verify(scene, &token, "urbanisme").is_ok());
    assert_eq!(
        verify(scene, &token, "autre"),
        Err("InvalidAudienceError".to_owned())
    );
}

fn it_is_fresh(scene: &Scene) {
    let browser = somebody(scene);
    let first = assertion(scene, &browser);
    assert_eq!(assertion(scene, &browser), first);
    scene.advance(&browser, Duration::from_secs(61));
    let second = assertion(scene, &browser);
    assert_ne!(claims(&second)["jti"], claims(&first)["jti"]);
    assert_eq!(
        claims(&second)["iat"].as_i64().unwrap() - claims(&first)["iat"].as_i64().unwrap(),
        61
    );
}

fn the_algorithm_is_one(scene: &Scene) {
    let token = assertion(scene, &somebody(scene));
    let set = scene.jwks();
    let kid = set["keys"][0]["kid"].clone();
    assert_eq!(
        header(&token),
        json!({ "alg": "ES256", "kid": kid, "typ": "guichet+jwt" })
    );
    assert_eq!(kid.as_str().unwrap().len(), 43, "a thumbprint (RFC 7638)");
    let header = seal::base64url(json!({ "alg": "HS256", "kid": kid }).to_string().as_bytes());
    let (_, rest) = token.split_once('.').unwrap();
    assert_eq!(
        verify(scene, &format!("{header}.{rest}"), "urbanisme"),
        Err("InvalidAlgorithmError".to_owned())
    );
}

fn the_keys_are_public(scene: &Scene) {
    let answer = get(scene, &Browser::new(), "/_guichet/jwks.json");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("cache-control"), Some("public, max-age=300"));
    for key in answer.json()["keys"].as_array().unwrap() {
        let mut members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
}

fn a_key_that_others_read_stops_the_start(scene: &Scene) {
    let folder = scene.gateway.place().folder();
    let load = || config::load(&folder.join("guichet.toml"));
    assert!(load().is_ok());
    let key = folder.join("keys/current.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let errors = load().unwrap_err().to_string();
    assert!(errors.contains("C062") && !errors.contains("PRIVATE"), "{errors}");
    fs::write(
        &key,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(load().unwrap_err().to_string().contains("C061"));
}

fn the_provider_cannot_speak_for_us(scene: &Scene) {
    let set = |name| json!({ "set": name, "to": "evil" });
    let edits = ["role", "sid", "jti", "idp", "acr", "nonce", "groups"].map(set);
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
    let token = assertion(scene, &somebody(scene));
    assert!(!claims(&token).to_string().contains("evil"), "{}", claims(&token));
}

fn clocks_differ(scene: &Scene) {
    let browser = somebody(scene);
    let present = scene.gateway.clock().now();
    scene.gateway.clock().set(present.minus(Duration::from_secs(30)));
    let early = assertion(scene, &browser);
    assert!(
        verify(scene, &early, "urbanisme").is_ok(),
        "half of its life is left"
    );
    scene.gateway.clock().set(present.plus(Duration::from_mins(5)));
    let ahead = assertion(scene, &browser);
    assert_eq!(
        verify(scene, &ahead, "urbanisme"),
        Err("ImmatureSignatureError".to_owned())
    );
}

fn it_stays_between_us_and_the_application(scene: &Scene) {
    let browser = somebody(scene);
    let token = assertion(scene, &browser);
    let answer = get(scene, &browser, "/dossier");
    let heads = String::from_utf8_lossy(&answer.head).into_owned();
    let trace = raw(scene, &browser, ("TRACE", "/dossier"), "");
    assert_eq!(trace.status, 405);
    scene.application.stop();
    let failed = get(scene, &browser, "/dossier");
    assert_eq!(failed.status, 502);
    let signature = token.rsplit('.').next().unwrap();
    for text in [heads, trace.text(), failed.text(), scene.gateway.logs().text()] {
        assert!(!text.contains(signature));
    }
}

fn names_are_whole(scene: &Scene) {
    let token = assertion(scene, &somebody(scene));
    let payload = seal::from_base64url(token.split('.').nth(1).unwrap()).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    assert!(
        payload.contains("\"LE GOÛT-NŒUVÉGLISE\"") && payload.contains("\"Zoé Éléonore\""),
        "{payload}"
    );
    let received = scene.application.only();
    assert_eq!(
        received.values("x-guichet-family-name"),
        ["LE%20GO%C3%9BT-N%C5%92UV%C3%89GLISE"]
    );
}

cases! {
    Proof<Scene>,
    run = each_on(|| Scene::start(Alg::Es256, Store::Memory)),
    rows = [
        Proof { ids: &["T414"], sentence: "its claims are ours, and it lives a minute", holds: claims_and_lifetime },
        Proof { ids: &["T415"], sentence: "it is for one application", holds: an_audience_is_one_application },
        Proof { ids: &["T417"], sentence: "it is signed anew before it ends", holds: it_is_fresh },
        Proof { ids: &["T418"], sentence: "ES256 and nothing else", holds: the_algorithm_is_one },
        Proof { ids: &["T419"], sentence: "its keys are published, the public part", holds: the_keys_are_public },
        Proof { ids: &["T420"], sentence: "a key that others can read, or that is none, stops the start", holds: a_key_that_others_read_stops_the_start },
        Proof { ids: &["T422"], sentence: "claims of the provider take no place of ours", holds: the_provider_cannot_speak_for_us },
        Proof { ids: &["T424"], sentence: "half a minute between two clocks is bridged one way", holds: clocks_differ },
        Proof { ids: &["T425"], sentence: "it is in no answer, page or log", holds: it_stays_between_us_and_the_application },
        Proof { ids: &["T426"], sentence: "names in it are whole, beside it percent-encoded", holds: names_are_whole },
    ]
}
