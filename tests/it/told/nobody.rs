//! `subject = "none"`: an answer, and nobody whom it is about.

use serde_json::json;

use super::stage::telling;
use crate::support::browser::Browser;
use crate::support::command::guichet;
use crate::support::command::guichet_at;
use crate::support::jws::claims;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::pyjwt;
use crate::support::scene::ASSERTION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::raw;

fn scene() -> Scene {
    let lines = "subject = \"none\"\nderived = [\"age_over_18\"]";
    telling(Store::Memory, lines, &["age_over_18"])
}

#[test]
fn an_application_that_wants_an_answer_gets_no_name_for_whom_it_is_about() {
    let scene = scene();
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    scene.application.forget();
    let forged = "X-Guichet-Sub: bob\r\nX-Guichet-Sid: bob\r\n";
    assert_eq!(raw(&scene, &browser, ("GET", "/dossier"), forged).status, 200);
    let received = scene.application.only();
    let token = received.values(ASSERTION).remove(0);
    let said = claims(&token);
    let members: Vec<&str> = said.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "acr",
            "age_over_18",
            "aud",
            "exp",
            "iat",
            "idp",
            "iss",
            "jti",
            "nbf"
        ]
    );
    assert_eq!(said["age_over_18"], json!(true));
    assert_eq!(received.values("x-guichet-status"), ["authenticated"]);
    for name in ["x-guichet-sub", "x-guichet-sid"] {
        assert_eq!(received.values(name), Vec::<String>::new());
    }
    let zoe = people()[ZOE]["sub"].as_str().unwrap().to_owned();
    assert!(!received.contains(&zoe) && !received.contains("bob"));
    // A verifier that wants a subject refuses: nobody is led into an account that all share.
    let refused = pyjwt::verify(&token, &scene.jwks(), "urbanisme", &scene.url(""));
    assert_eq!(refused, Err("MissingRequiredClaimError".to_owned()));
}

#[test]
fn verify_knows_which_application_is_told_of_nobody() {
    let scene = scene();
    scene.sign_in(&Browser::new(), "/dossier");
    let token = scene.application.only().values(ASSERTION).remove(0);
    let verified = guichet(&scene, &["verify", &token]);
    assert_eq!(verified.code, 0, "{}", verified.out);
    assert!(
        verified.out.contains("none, as subject = \"none\" has it"),
        "{}",
        verified.out
    );
    // The same token, where the application should hear of somebody.
    let place = scene.gateway.place();
    let text = std::fs::read_to_string(place.file()).unwrap();
    let other = place.folder().join("other.toml");
    std::fs::write(
        &other,
        text.replace("subject = \"none\"", "subject = \"provider\""),
    )
    .unwrap();
    let refused = guichet_at(&other, &["verify", &token]);
    assert_eq!(refused.code, 5, "{}", refused.out);
}
