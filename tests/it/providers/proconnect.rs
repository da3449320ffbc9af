//! What is particular to ProConnect.

use serde_json::json;

use super::stage::Setup;
use super::stage::is_refused;
use super::stage::last;
use super::stage::told_about;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::scene::Scene;
use crate::support::table::Play;
use crate::support::table::play;

const AGENT: &str = "6fd0c8a7-2b51-4f4e-9a6c-8d0c4b1f7e21";

fn with(entry: &'static str) -> Scene {
    let setup = Setup {
        claims: &["sub", "siret"],
        ..Setup::of("proconnect", entry)
    };
    setup.start()
}

fn lies_about_the_level(scene: &Scene, acr: &str) {
    let edits = json!([{ "set": "acr", "to": acr }]);
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": edits }));
}

fn its_levels_are_its_own() {
    let scene = with("client_secret = {secret}\nscopes = [\"openid\", \"siret\"]");
    lies_about_the_level(&scene, "eidas0");
    assert_eq!(told_about(&scene, &Browser::new(), AGENT)["acr"], "eidas0");
    assert_eq!(last(&scene, "/authorize").parameter("claims"), None);
    lies_about_the_level(&scene, "loa-x");
    is_refused(&scene, AGENT, &["acr_unknown", "got=loa-x"]);

    let scene = with("client_secret = {secret}\nscopes = [\"openid\", \"siret\"]\nacr = \"eidas1\"");
    assert_eq!(told_about(&scene, &Browser::new(), AGENT)["acr"], "eidas1");
    assert_eq!(
        last(&scene, "/authorize").parameter("claims").unwrap(),
        r#"{"id_token":{"acr":{"essential":true,"values":["eidas1","eidas1-mfa","eidas2","eidas3"]}}}"#
    );
    for below in ["eidas0", "eidas0-mfa"] {
        lies_about_the_level(&scene, below);
        is_refused(
            &scene,
            AGENT,
            &[&format!("acr_too_low got={below} wanted=eidas1")],
        );
    }
    lies_about_the_level(&scene, "loa-x");
    is_refused(&scene, AGENT, &["acr_unknown got=loa-x wanted=eidas1"]);
    lies_about_the_level(&scene, "eidas2");
    assert_eq!(told_about(&scene, &Browser::new(), AGENT)["acr"], "eidas2");
}

fn a_siret_is_told_as_it_came() {
    let setup = Setup {
        claims: &["sub", "siret"],
        ..Setup::of(
            "proconnect",
            "client_secret = {secret}\nscopes = [\"openid\", \"siret\"]",
        )
    };
    let scene = setup.start();
    let told = told_about(&scene, &Browser::new(), AGENT);
    assert_eq!(told["siret"], "130 025 265 00013");
}

cases! {
    Play, run = play, rows = [
        Play { ids: &["F002"], sentence: "its levels are its own, in an order of their own", plays: its_levels_are_its_own },
        Play { ids: &["F012"], sentence: "a SIRET is told as it came, spaces and all", plays: a_siret_is_told_as_it_came },
    ]
}

#[test]
fn somebody_of_whom_nothing_is_known_but_an_address_is_let_in() {
    let setup = Setup {
        claims: &["sub", "given_name", "usual_name", "siret", "email"],
        ..Setup::of(
            "proconnect",
            "client_secret = {secret}\nscopes = [\"openid\", \"given_name\", \"usual_name\", \"siret\", \"email\"]",
        )
    };
    let scene = setup.start();
    let told = told_about(&scene, &Browser::new(), "0e7d2f63-9d1e-4a3b-8b52-5b8f0b1c2d3e");
    assert_eq!(told["email"], "sans.rien@ministere.example");
    for absent in ["given_name", "usual_name", "siret"] {
        assert_eq!(told.get(absent), None, "{absent}");
    }
}

#[test]
fn userinfo_without_a_signature_is_refused() {
    let scene = with("client_secret = {secret}\nscopes = [\"openid\", \"siret\"]");
    let body = json!({ "sub": AGENT, "siret": "1" }).to_string();
    scene.provider.lie(&json!({ "target": "userinfo",
        "headers": { "content-type": "application/json" }, "body": body }));
    is_refused(&scene, AGENT, &["userinfo_not_signed"]);
}

#[test]
fn how_somebody_signed_in_is_asked_for_by_the_parameter_claims() {
    let scene =
        with("client_secret = {secret}\nscopes = [\"openid\", \"siret\"]\nid_token_claims = [\"amr\"]");
    let told = told_about(&scene, &Browser::new(), AGENT);
    assert_eq!(told["amr"], json!(["pwd"]));
    assert_eq!(
        last(&scene, "/authorize").parameter("claims").unwrap(),
        r#"{"id_token":{"amr":{"essential":true}}}"#
    );
}
