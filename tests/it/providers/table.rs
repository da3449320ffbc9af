//! Each preset logs somebody in, reaches the application and logs out, in one table that the test prints.

use std::fmt::Write;

use serde_json::Value;
use serde_json::json;

use super::stage::Setup;
use super::stage::last;
use super::stage::names_of;
use super::stage::rsa;
use super::stage::told_about;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::steps::sign_out;

/// One preset, with somebody who has an account there.
struct Row {
    setup: Setup<'static>,
    sub: &'static str,
    /// Parameters of the authorization request beyond those that every provider gets.
    asked: &'static [&'static str],
    /// What the application is told, beside `sub`.
    told: fn() -> Value,
    /// By what the provider knows whose session ends.
    ends_by: &'static str,
}

const ZOE: &str = "af28d70a48604b80ef4050b1a82a7073e48056ec94faa68616bcb75047982734v1";

const ROWS: &[Row] = &[
    Row {
        setup: Setup {
            alg: Alg::Es256,
            claims: &["sub", "family_name", "birthplace"],
            ..Setup::of(
                "franceconnect",
                "client_secret = {secret}\nscopes = [\"openid\", \"identite_pivot\"]",
            )
        },
        sub: ZOE,
        asked: &["acr_values"],
        told: || json!({ "family_name": "LE GOÛT-NŒUVÉGLISE", "birthplace": "2A004", "acr": "eidas1" }),
        ends_by: "id_token_hint",
    },
    Row {
        setup: Setup {
            alg: Alg::Es256,
            claims: &["sub", "family_name", "rnipp_family_name"],
            ..Setup::of(
                "franceconnect-plus",
                "client_secret = {secret}\nscopes = [\"openid\", \"rnipp_identite_pivot\"]\nkeys_dir = {keys}",
            )
        },
        sub: "1c0ff2d75bf08aa5f3fc92e53429606bc87afdc5c328dca085194375f2b17b4dv1",
        asked: &["acr_values"],
        told: || json!({ "family_name": "Le Goût-Nœuvéglise", "rnipp_family_name": "LE GOÛT-NŒUVÉGLISE", "acr": "eidas2" }),
        ends_by: "id_token_hint",
    },
    Row {
        setup: Setup {
            claims: &["sub", "usual_name", "siret", "uid", "idp_id"],
            ..Setup::of(
                "proconnect",
                "client_secret = {secret}\nscopes = [\"openid\", \"usual_name\", \"siret\", \"uid\", \"idp_id\"]",
            )
        },
        sub: "6fd0c8a7-2b51-4f4e-9a6c-8d0c4b1f7e21",
        asked: &[],
        told: || {
            json!({ "usual_name": "NŒUVÉGLISE-TEST", "siret": "130 025 265 00013", "uid": "snoeuveglise",
                "idp_id": "71144ab3-ee1a-4401-b7b3-79b44f7daeeb" })
        },
        ends_by: "id_token_hint",
    },
    Row {
        setup: Setup {
            claims: &["sub", "email", "all_emails", "verified_at"],
            ..Setup::of(
                "login-gov",
                "client_key = {key}\nscopes = [\"openid\", \"email\", \"all_emails\", \"profile:verified_at\"]",
            )
        },
        sub: "b2d2d115-1d7e-4579-b9d6-f8e84f4f56ca",
        asked: &["acr_values", "code_challenge", "code_challenge_method", "prompt"],
        told: || {
            json!({ "email": "pat@agency.example", "all_emails": ["pat@agency.example", "pat@home.example"],
                "verified_at": 1_767_225_600, "acr": "urn:acr.login.gov:auth-only" })
        },
        ends_by: "client_id",
    },
    Row {
        setup: Setup {
            claims: &["sub", "name", "email", "email_verified"],
            ..Setup::of(
                "oidc",
                "client_secret = {secret}\nscopes = [\"openid\", \"profile\", \"email\"]",
            )
        },
        sub: "u-0001",
        asked: &["code_challenge", "code_challenge_method"],
        told: || json!({ "name": "Ada Échantillon", "email": "ada@club.example", "email_verified": true }),
        ends_by: "id_token_hint",
    },
];

/// What every authorization request has.
const USUAL: [&str; 6] = [
    "client_id",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

#[test]
#[expect(clippy::print_stdout, reason = "the table is what the test is asked for")]
fn each_preset_logs_in_reaches_the_application_and_logs_out() {
    let key = rsa();
    let mut printed = String::from("\n| preset | asked beside the usual | application | logout by |\n");
    for row in ROWS {
        let setup = Setup {
            key: row.setup.entry.contains("{key}").then_some(&key),
            ..row.setup
        };
        let scene = setup.start();
        let browser = Browser::new();

        let told = told_about(&scene, &browser, row.sub);
        let mut expected = (row.told)();
        expected["sub"] = json!(row.sub);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&told[name], value, "{}: {name}", setup.mode);
        }
        let mut asked = [&USUAL[..], row.asked].concat();
        asked.sort_unstable();
        assert_eq!(names_of(&last(&scene, "/authorize")), asked, "{}", setup.mode);

        let page = sign_out(&scene, &browser);
        let ended = last(&scene, "/session/end");
        let mut parameters = vec![row.ends_by, "post_logout_redirect_uri", "state"];
        parameters.sort_unstable();
        assert_eq!(names_of(&ended), parameters, "{}", setup.mode);
        let state = ended.parameter("state").unwrap();
        assert_eq!(state.len(), 64, "{}", setup.mode);
        assert_eq!(
            page.url,
            scene.url(&format!("/_guichet/logged-out?state={state}")),
            "{}",
            setup.mode
        );
        assert!(!scene.is_signed_in(&browser), "{}", setup.mode);
        let forged = browser.open(&scene.url("/_guichet/logged-out?state=0000"));
        assert_ne!(
            forged.text(),
            page.text(),
            "{}: a state that is not ours",
            setup.mode
        );

        let names: Vec<&str> = expected.as_object().unwrap().keys().map(String::as_str).collect();
        writeln!(
            printed,
            "| {} | {} | {} | {} |",
            setup.mode,
            row.asked.join(", "),
            names.join(", "),
            row.ends_by
        )
        .unwrap();
    }
    println!("{printed}");
    let presets: Vec<&str> = ROWS.iter().map(|row| row.setup.mode).collect();
    for preset in guichet::provider::presets::names() {
        assert!(presets.contains(&preset), "{preset} stands in no row");
    }
}
