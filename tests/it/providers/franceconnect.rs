//! What a client of FranceConnect may ask for beyond the ordinary, and how loudly.

use serde_json::json;

use super::stage::Setup;
use super::stage::last;
use super::stage::names_of;
use super::stage::sign_in_as;
use super::stage::told_about;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::Client;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;

const ZOE: &str = "af28d70a48604b80ef4050b1a82a7073e48056ec94faa68616bcb75047982734v1";
const USUAL: [&str; 7] = [
    "acr_values",
    "client_id",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

fn with(setup: Setup<'_>) -> Scene {
    let setup = Setup {
        alg: Alg::Es256,
        ..setup
    };
    setup.start()
}

#[test]
fn nobody_but_the_subject_is_told_where_nothing_else_is_asked_for() {
    let scene = with(Setup::of("franceconnect", "client_secret = {secret}"));
    let told = told_about(&scene, &Browser::new(), ZOE);
    assert_eq!(last(&scene, "/authorize").parameter("scope").unwrap(), "openid");
    let names: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "acr",
            "aud",
            "auth_time",
            "exp",
            "iat",
            "idp",
            "iss",
            "jti",
            "nbf",
            "sid",
            "sub"
        ]
    );
}

#[test]
fn how_somebody_signed_in_is_asked_for_by_the_parameter_claims() {
    let scene = with(Setup::of(
        "franceconnect",
        "client_secret = {secret}\nid_token_claims = [\"amr\"]",
    ));
    let told = told_about(&scene, &Browser::new(), ZOE);
    assert_eq!(told["amr"], json!(["fc", "pwd"]));
    assert_eq!(
        last(&scene, "/authorize").parameter("claims").unwrap(),
        r#"{"id_token":{"amr":{"essential":true}}}"#
    );
}

#[test]
fn a_link_may_lead_to_an_identity_provider_that_the_application_lists_and_to_no_other() {
    let scene = with(Setup {
        app: "idp_hints = [\"impots\", \"ameli\"]",
        ..Setup::of("franceconnect", "client_secret = {secret}")
    });
    let asked_with = |hint: &str| {
        let address = scene.url(&format!("/_guichet/login/fc?return_to=/dossier{hint}"));
        Browser::new().open(&address);
        let asked = last(&scene, "/authorize");
        let beyond: Vec<String> = names_of(&asked)
            .into_iter()
            .filter(|name| !USUAL.contains(&name.as_str()))
            .collect();
        assert_eq!(
            beyond,
            asked
                .parameter("idp_hint")
                .map(|_| "idp_hint")
                .into_iter()
                .collect::<Vec<_>>()
        );
        asked.parameter("idp_hint")
    };
    assert_eq!(asked_with("&idp_hint=impots"), Some("impots".to_owned()));
    for typed in [
        "",
        "&idp_hint=evil",
        "&idp_hint=impots&idp_hint=ameli",
        "&idp_hint=impots%20x",
        "&prompt=none",
    ] {
        assert_eq!(asked_with(typed), None, "{typed}");
    }
    let browser = Browser::new();
    let page = browser.open(&scene.url("/_guichet/login/fc?return_to=/dossier&idp_hint=ameli"));
    let page = scene.provider.sign_in_as(&browser, &page, ZOE);
    assert_eq!((page.url, page.answer.status), (scene.url("/dossier"), 200));
}

/// A client that the provider signs for with the client's own secret.
fn left_at_hs256(scene: &Scene) {
    let origin = scene.gateway.place().public_url();
    let client = Client {
        id: "tests",
        secret: CLIENT_SECRET,
        redirect_uris: &[format!("{origin}/_guichet/callback")],
        post_logout_redirect_uris: &[format!("{origin}/_guichet/logged-out")],
    };
    scene.provider.register_with(&client, &json!({ "alg": "HS256" }));
}

#[test]
fn hs256_is_taken_by_whoever_asked_for_it_twice_and_by_nobody_else() {
    let scene = with(Setup::of(
        "franceconnect",
        "client_secret = {secret}\nsigning_alg = \"HS256\"\naccept_hs256 = true",
    ));
    left_at_hs256(&scene);
    told_about(&scene, &Browser::new(), ZOE);
    let forged = |secret: &str| {
        let lie = json!({ "target": "id_token", "sign": "hmac:secret", "secret": secret });
        scene.provider.lie(&lie);
        sign_in_as(&scene, &Browser::new(), ZOE).status()
    };
    assert_eq!(forged(CLIENT_SECRET), 200, "the lie is none");
    assert_eq!(forged("another-secret-of-the-tests-0123456789"), 502);
    for lie in [
        json!({ "target": "id_token", "sign": "hmac:pem" }),
        json!({ "target": "id_token", "sign": "own:ES256" }),
        json!({ "target": "id_token", "sign": "none" }),
        json!({ "target": "userinfo", "sign": "own:ES256" }),
    ] {
        scene.provider.lie(&lie);
        assert_eq!(sign_in_as(&scene, &Browser::new(), ZOE).status(), 502, "{lie}");
    }

    let scene = with(Setup::of("franceconnect", "client_secret = {secret}"));
    left_at_hs256(&scene);
    assert_eq!(sign_in_as(&scene, &Browser::new(), ZOE).status(), 502);
    let log = scene.gateway.logs().text();
    assert!(
        log.contains("alg_refused") && log.contains("signing_alg"),
        "{log}"
    );
}
