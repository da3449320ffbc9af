//! A login at a provider that we did not write, and what the application receives of it.

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::pyjwt;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;

/// Every byte that the application receives, the assertion's own apart, which `PyJWT` reads.
fn the_application_receives(alg: Alg, store: Store) {
    let scene = Scene::start(alg, store);
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    scene.application.forget();
    let (port, cookies) = (scene.gateway.place().port(), cookie_field(&browser));
    let request = format!(
        "GET /dossier?etape=3 HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: */*\r\nCookie: theme=dark; {cookies}\r\n\r\n"
    );
    assert_eq!(exchange(scene.gateway.address(), request).status, 200);

    let received = scene.application.only();
    let assertion = received.values("x-guichet-assertion").remove(0);
    let id = received.values("x-request-id").remove(0);
    let zoe = &people()[ZOE];
    let sub = zoe["sub"].as_str().unwrap();
    let expected = format!(
        "GET /dossier?etape=3 HTTP/1.1\r\n\
         host: localhost:{port}\r\n\
         accept: */*\r\n\
         cookie: theme=dark\r\n\
         x-forwarded-for: 127.0.0.1\r\n\
         x-forwarded-proto: http\r\n\
         x-forwarded-host: localhost:{port}\r\n\
         x-forwarded-port: {port}\r\n\
         x-guichet-status: authenticated\r\n\
         x-guichet-sub: {sub}\r\n\
         x-guichet-family-name: LE%20GO%C3%9BT-N%C5%92UV%C3%89GLISE\r\n\
         x-guichet-email: zoe.legout@example.org\r\n\
         x-guichet-assertion: {assertion}\r\n\
         x-request-id: {id}\r\n\r\n"
    );
    assert_eq!(String::from_utf8(received.bytes()).unwrap(), expected);
    assert_eq!(id.len(), 16);
    the_assertion_says(&scene, &assertion, zoe);
}

fn the_assertion_says(scene: &Scene, assertion: &str, person: &serde_json::Value) {
    let host = format!("localhost:{}", scene.gateway.place().port());
    let keys = exchange(
        scene.gateway.address(),
        format!("GET /_guichet/jwks.json HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    );
    let claims = pyjwt::verify(assertion, &keys.json(), "urbanisme", &scene.url("")).unwrap();
    for name in [
        "sub",
        "given_name",
        "given_name_array",
        "family_name",
        "birthdate",
        "gender",
        "birthplace",
        "birthcountry",
        "email",
    ] {
        assert_eq!(claims[name], person[name], "{name}");
    }
    assert_eq!(claims["acr"], "eidas1");
    assert_eq!(claims["idp"], "fc");
    assert!(claims["auth_time"].is_i64());
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        60
    );
    assert_eq!(
        claims.get("idp_birthdate"),
        None,
        "a claim that the app does not name stays here"
    );
    let wrong = pyjwt::verify(assertion, &keys.json(), "another-app", &scene.url(""));
    assert_eq!(wrong, Err("InvalidAudienceError".to_owned()));
}

#[test]
fn the_application_receives_the_person_with_es256_in_memory() {
    the_application_receives(Alg::Es256, Store::Memory);
}

#[test]
fn the_application_receives_the_person_with_es256_in_redis() {
    the_application_receives(Alg::Es256, Store::Redis);
}

#[test]
fn the_application_receives_the_person_with_rs256_in_memory() {
    the_application_receives(Alg::Rs256, Store::Memory);
}

#[test]
fn the_application_receives_the_person_with_rs256_in_redis() {
    the_application_receives(Alg::Rs256, Store::Redis);
}
