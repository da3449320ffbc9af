//! What is particular to Login.gov.

use serde_json::Value;
use serde_json::json;

use super::stage::Setup;
use super::stage::is_refused;
use super::stage::last;
use super::stage::payload;
use super::stage::rsa;
use super::stage::told_about;
use crate::support::browser::Browser;
use crate::support::scene::Scene;

const PAT: &str = "b2d2d115-1d7e-4579-b9d6-f8e84f4f56ca";
const SAM: &str = "c3e3e226-2e8f-4680-8ae7-09f95050670b";
const AAL2: &str = "http://idmanagement.gov/ns/assurance/aal/2";

fn with(key: &(String, Value), entry: &str) -> Scene {
    let entry =
        format!("client_key = {{key}}\nscopes = [\"openid\", \"email\", \"profile:verified_at\"]\n{entry}");
    let setup = Setup {
        entry: &entry,
        claims: &["sub", "email", "verified_at"],
        key: Some(key),
        ..Setup::of("login-gov", "")
    };
    setup.start()
}

#[test]
fn two_kinds_of_levels_are_asked_for_and_both_are_judged() {
    let key = rsa();
    let scene = with(
        &key,
        "acr = \"urn:acr.login.gov:verified\"\nsecond_level = \"http://idmanagement.gov/ns/assurance/aal/2\"",
    );
    let told = told_about(&scene, &Browser::new(), PAT);
    assert_eq!(told["acr"], "urn:acr.login.gov:verified");
    let asked = last(&scene, "/authorize");
    assert_eq!(
        asked.parameter("acr_values").unwrap(),
        format!("urn:acr.login.gov:verified {AAL2}")
    );
    assert_eq!(asked.parameter("prompt").unwrap(), "select_account");

    is_refused(&scene, SAM, &["second_level_too_low"]);
    let edits = json!([{ "set": "acr", "to": "urn:acr.login.gov:auth-only" }]);
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": edits }));
    is_refused(&scene, PAT, &["acr_too_low"]);
}

#[test]
fn the_client_signs_for_the_token_endpoint_and_the_code_is_bound_as_well() {
    let key = rsa();
    let scene = with(&key, "");
    told_about(&scene, &Browser::new(), PAT);
    let asked = last(&scene, "/token");
    let assertion = payload(&asked.parameter("client_assertion").unwrap());
    assert_eq!(assertion["aud"], format!("{}/token", scene.provider.issuer()));
    assert!(asked.parameter("code_verifier").is_some());
    assert_eq!(asked.parameter("client_secret"), None);
}

#[test]
fn what_is_null_is_missing() {
    let key = rsa();
    let scene = with(&key, "");
    let told = told_about(&scene, &Browser::new(), SAM);
    assert_eq!(told["email"], "sam@home.example");
    assert_eq!(told.get("verified_at"), None);
}
