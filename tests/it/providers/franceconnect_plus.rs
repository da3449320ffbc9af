//! What is particular to FranceConnect+: two levels, two civil statuses, and people of other States.

use serde_json::json;

use super::stage::Setup;
use super::stage::is_refused;
use super::stage::last;
use super::stage::told_about;
use crate::support::browser::Browser;
use crate::support::decryption;
use crate::support::provider::Alg;
use crate::support::scene::Scene;

const ZOE: &str = "1c0ff2d75bf08aa5f3fc92e53429606bc87afdc5c328dca085194375f2b17b4dv1";
const ANA: &str = "2d1ff2d75bf08aa5f3fc92e53429606bc87afdc5c328dca085194375f2b17b4dv1";

fn with(entry: &'static str) -> Scene {
    let setup = Setup {
        alg: Alg::Es256,
        claims: &[
            "sub",
            "given_name",
            "family_name",
            "birthdate",
            "gender",
            "birthplace",
            "birthcountry",
            "email",
            "rnipp_family_name",
        ],
        ..Setup::of("franceconnect-plus", entry)
    };
    setup.start()
}

const EVERYTHING: &str = "client_secret = {secret}\nkeys_dir = {keys}\nscopes = [\"openid\", \"rnipp_identite_pivot\", \"email\"]\nacr = \"eidas2\"";

/// The next ID token says that this level was reached.
fn lies_about_the_level(scene: &Scene, acr: &str) {
    let edits = json!([{ "set": "acr", "to": acr }]);
    let ours = decryption::private_key(scene);
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": edits, "ours": ours }));
}

#[test]
fn more_than_was_asked_for_is_welcome_and_less_is_refused() {
    let scene = with(EVERYTHING);
    let reaches = |acr: &str| lies_about_the_level(&scene, acr);
    assert_eq!(told_about(&scene, &Browser::new(), ZOE)["acr"], "eidas2");
    reaches("eidas3");
    assert_eq!(told_about(&scene, &Browser::new(), ZOE)["acr"], "eidas3");
    reaches("eidas1");
    is_refused(&scene, ZOE, &["acr_too_low got=eidas1 wanted=eidas2"]);

    let scene = with(
        "client_secret = {secret}\nkeys_dir = {keys}\nscopes = [\"openid\", \"rnipp_identite_pivot\", \"email\"]\nacr = \"eidas3\"",
    );
    assert_eq!(told_about(&scene, &Browser::new(), ZOE)["acr"], "eidas3");
    assert_eq!(
        last(&scene, "/authorize").parameter("acr_values").unwrap(),
        "eidas3"
    );
    lies_about_the_level(&scene, "eidas2");
    is_refused(&scene, ZOE, &["acr_too_low got=eidas2 wanted=eidas3"]);
}

#[test]
fn somebody_of_another_state_is_told_with_what_there_is() {
    let scene = with(EVERYTHING);
    let told = told_about(&scene, &Browser::new(), ANA);
    assert_eq!(told["family_name"], "GONÇALVES ESPÉCIMEN");
    assert_eq!(told["birthdate"], "1983-00-00");
    for absent in [
        "gender",
        "birthplace",
        "birthcountry",
        "email",
        "rnipp_family_name",
    ] {
        assert_eq!(told.get(absent), None, "{absent}");
    }
}
