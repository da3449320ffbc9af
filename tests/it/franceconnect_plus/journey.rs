//! A person of FranceConnect+ signs in, reaches the application and signs out, with each way to encrypt.

use serde_json::json;

use super::stage;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::decryption;
use crate::support::jws;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::pyjwt;
use crate::support::scene::Scene;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T482"],
            sentence: "ECDH-ES, RSA-OAEP and RSA-OAEP-256 with A256GCM lead to the application, and no combination that was not agreed",
            plays: every_algorithm,
        },
        Play {
            ids: &["F004"],
            sentence: "a sign-out shows the provider the signed token that was in the encrypted one",
            plays: the_hint_is_the_signed_token,
        },
    ]
}

fn every_algorithm() {
    for alg in stage::ALGS {
        let scene = stage::start(alg);
        let browser = Browser::new();
        let page = scene.sign_in(&browser, "/dossier/12?etape=3");
        let log = scene.gateway.logs().text();
        assert_eq!(
            page.url,
            scene.url("/dossier/12?etape=3"),
            "{alg}: {}\n{log}",
            page.text()
        );
        let received = scene.application.only();
        let zoe = &people()[ZOE];
        assert_eq!(received.values("x-guichet-status"), ["authenticated"], "{alg}");
        assert_eq!(
            received.values("x-guichet-sub"),
            [zoe["sub"].as_str().unwrap()],
            "{alg}"
        );
        let told = jws::claims(&received.values("x-guichet-assertion")[0]);
        for claim in [
            "sub",
            "given_name",
            "family_name",
            "birthdate",
            "birthplace",
            "email",
        ] {
            assert_eq!(told[claim], zoe[claim], "{alg} {claim}");
        }
        assert_eq!(told["acr"], "eidas2", "{alg}");
        assert_eq!(
            scene.provider.requests_to("/authorize")[0]
                .parameter("acr_values")
                .unwrap(),
            "eidas2"
        );
        assert!(scene.is_signed_in(&browser), "{alg}");
        sign_out(&scene, &browser);
        assert!(!scene.is_signed_in(&browser), "{alg}");
        registered_with_another_algorithm(&scene, alg);
    }
}

/// The provider's portal says one algorithm, the configuration another.
fn registered_with_another_algorithm(scene: &Scene, alg: &str) {
    for other in stage::ALGS.into_iter().filter(|other| *other != alg) {
        scene.gateway.logs().forget();
        scene.application.forget();
        let lie = json!({
            "target": "id_token", "ours": decryption::private_key(scene),
            "seal": { "header": [{ "set": "alg", "to": other }] },
        });
        scene.provider.lie(&lie);
        assert_eq!(
            scene.sign_in(&Browser::new(), "/dossier").status(),
            502,
            "{alg} {other}"
        );
        let log = scene.gateway.logs().lines_with("L11").join("\n");
        for word in [other, alg, "encryption_alg", "reason=\"alg_refused\""] {
            assert!(log.contains(word), "{word}: {log}");
        }
        assert_eq!(scene.application.byte_count(), 0);
    }
}

fn the_hint_is_the_signed_token() {
    let scene = stage::start("ECDH-ES");
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let nonce = scene.provider.requests_to("/authorize")[0]
        .parameter("nonce")
        .unwrap();
    let page = sign_out(&scene, &browser);
    assert!(
        page.url.starts_with(&scene.url("/_guichet/logged-out?state=")),
        "{}",
        page.url
    );
    let hint = scene.provider.requests_to("/session/end")[0]
        .parameter("id_token_hint")
        .unwrap();
    assert_eq!(hint.split('.').count(), 3);
    let jwks = json!({ "keys": [scene.provider.keys()["own"]["ES256"]] });
    let claims = pyjwt::verify(&hint, &jwks, "tests", scene.provider.issuer()).unwrap();
    assert_eq!(claims["nonce"], nonce, "the token of this very login");
}
