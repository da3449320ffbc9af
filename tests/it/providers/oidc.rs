//! Any provider by its issuer: every way to authenticate, to bind a code, to tell about a person and to end a session.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;

use super::stage::Setup;
use super::stage::is_refused;
use super::stage::last;
use super::stage::names_of;
use super::stage::p256;
use super::stage::payload;
use super::stage::registered;
use super::stage::rsa;
use super::stage::told_about;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::command::guichet;
use crate::support::decryption;
use crate::support::provider::Asked;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;

const ADA: &str = "u-0001";
const SECRET: &str = "client_secret = {secret}";

fn with(entry: &'static str) -> Scene {
    Setup::of("oidc", entry).start()
}

/// The fields of a token request that say who the client is, and its `Authorization`.
fn proof(asked: &Asked) -> (Vec<String>, Option<String>) {
    let fields = [
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ];
    let there = fields.into_iter().filter(|name| asked.parameter(name).is_some());
    let mut headers = asked.headers.iter();
    let header = headers.find(|(name, _)| name == "authorization");
    (
        there.map(str::to_owned).collect(),
        header.map(|(_, value)| value.clone()),
    )
}

fn a_client_proves_itself_in_the_way_that_is_configured_and_in_no_other() {
    let scene = with(SECRET);
    told_about(&scene, &Browser::new(), ADA);
    let encoded = BASE64_STANDARD.encode(format!("tests:{CLIENT_SECRET}"));
    let asked = last(&scene, "/token");
    assert_eq!(proof(&asked), (vec![], Some(format!("Basic {encoded}"))));

    let scene = with("client_secret = {secret}\nclient_authentication = \"client_secret_post\"");
    registered(
        &scene,
        &json!({ "token_endpoint_auth_method": "client_secret_post" }),
    );
    told_about(&scene, &Browser::new(), ADA);
    let asked = last(&scene, "/token");
    let fields = ["client_id", "client_secret"].map(str::to_owned).to_vec();
    assert_eq!(proof(&asked), (fields, None));
    assert_eq!(asked.parameter("client_secret").unwrap(), CLIENT_SECRET);
}

fn an_assertion_is_for_the_issuer_alone_good_once_and_soon_over() {
    let (p256, rsa) = (p256(), rsa());
    for (key, alg) in [(&p256, "ES256"), (&rsa, "RS256")] {
        let setup = Setup {
            key: Some(key),
            ..Setup::of(
                "oidc",
                "client_authentication = \"private_key_jwt\"\nclient_key = {key}",
            )
        };
        let scene = setup.start();
        let metadata = json!({ "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": alg, "jwks": { "keys": [key.1] } });
        registered(&scene, &metadata);
        told_about(&scene, &Browser::new(), ADA);
        told_about(&scene, &Browser::new(), ADA);
        let sent: Vec<Value> = scene
            .provider
            .requests_to("/token")
            .iter()
            .map(|asked| payload(&asked.parameter("client_assertion").unwrap()))
            .collect();
        let [first, second] = sent.as_slice() else {
            panic!("{sent:?}")
        };
        assert_eq!(first["aud"], scene.provider.issuer(), "one string");
        assert_eq!((&first["iss"], &first["sub"]), (&json!("tests"), &json!("tests")));
        let life = first["exp"].as_i64().unwrap() - first["iat"].as_i64().unwrap();
        assert!((1..=300).contains(&life), "{life}");
        assert_ne!(first["jti"], second["jti"]);
        let (fields, header) = proof(&last(&scene, "/token"));
        assert_eq!(fields, ["client_id", "client_assertion", "client_assertion_type"]);
        assert_eq!(header, None);
    }
}

fn a_challenge_that_somebody_took_away_is_missed() {
    let setup = Setup {
        options: r#"{"pkce": false}"#,
        ..Setup::of("oidc", SECRET)
    };
    let scene = setup.start();
    let browser = Browser::new();
    let begun = browser.open_once(&scene.url("/_guichet/login/fc?return_to=/dossier"));
    let location = begun.answer.field("location").unwrap().to_owned();
    let (address, query) = location.split_once('?').unwrap();
    let stripped: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("code_challenge"))
        .collect();
    assert_eq!(stripped.len() + 2, query.split('&').count());
    let page = browser.open(&format!("{address}?{}", stripped.join("&")));
    let page = scene.provider.sign_in_as(&browser, &page, ADA);
    assert_eq!(page.status(), 502);
    let verifier = last(&scene, "/token").parameter("code_verifier").unwrap();
    assert_eq!(verifier.len(), 43, "sent, whatever became of the challenge");
    assert!(
        scene.gateway.logs().text().contains("token_refused"),
        "{}",
        scene.gateway.logs().text()
    );
    assert_eq!(scene.application.byte_count(), 0);
}

cases! {
    Play, run = play, rows = [
        Play { ids: &["T478"], sentence: "a client proves itself in the way that is configured and in no other", plays: a_client_proves_itself_in_the_way_that_is_configured_and_in_no_other },
        Play { ids: &["T253"], sentence: "an assertion is for the issuer alone, good once and soon over", plays: an_assertion_is_for_the_issuer_alone_good_once_and_soon_over },
        Play { ids: &["T198"], sentence: "a challenge that somebody took away is missed", plays: a_challenge_that_somebody_took_away_is_missed },
    ]
}

/// Nothing but an address is registered: the provider finds the key where the gateway publishes it.
#[test]
fn the_provider_fetches_the_key_that_signs_for_the_client() {
    for (key, alg) in [(p256(), "ES256"), (rsa(), "RS256")] {
        let setup = Setup {
            key: Some(&key),
            ..Setup::of(
                "oidc",
                "client_authentication = \"private_key_jwt\"\nclient_key = {key}",
            )
        };
        let scene = setup.start();
        let metadata = |jwks_uri: &str| {
            json!({ "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": alg,
                "jwks_uri": scene.url(jwks_uri) })
        };
        registered(&scene, &metadata("/_guichet/rp-jwks.json"));
        told_about(&scene, &Browser::new(), ADA);
        let fetched = scene.gateway.logs().lines_with("path=\"/_guichet/rp-jwks.json\"");
        assert_eq!(fetched.len(), 1, "{fetched:?}");
        // The keys of the assertion are for applications: none of them is the client's.
        registered(&scene, &metadata("/_guichet/jwks.json"));
        is_refused(&scene, ADA, &["token_refused"]);
    }
}

#[test]
fn the_doctor_looks_for_that_key_where_it_is_published() {
    let key = p256();
    let setup = Setup {
        key: Some(&key),
        ..Setup::of(
            "oidc",
            "client_authentication = \"private_key_jwt\"\nclient_key = {key}",
        )
    };
    let scene = setup.start();
    let looks = || guichet(&scene, &["doctor", "--provider", "fc"]).out;
    let out = looks();
    assert!(
        out.contains("✔ our own keys") && out.contains("has the key that signs for this client"),
        "{out}"
    );
    // Another key in the file, which the running gateway has not read.
    scene.gateway.place().secret("client_key", &p256().0);
    let out = looks();
    assert!(
        out.contains("! our own keys") && out.contains("does not have the key that signs for this client"),
        "{out}"
    );
}

#[test]
fn an_answer_names_its_issuer_where_the_provider_says_that_it_does() {
    let silent = json!({ "target": "callback", "query": [{ "delete": "iss" }] });
    let scene = with(SECRET);
    scene.provider.lie(&silent);
    is_refused(&scene, ADA, &["response_iss_missing"]);

    let scene = with(SECRET);
    let unannounced = json!({ "target": "discovery", "times": 0,
        "json": [{ "delete": "authorization_response_iss_parameter_supported" }] });
    scene.provider.lie(&unannounced);
    scene.provider.lie(&silent);
    told_about(&scene, &Browser::new(), ADA);
    scene
        .provider
        .lie(&json!({ "target": "callback", "query": [{ "set": "iss", "to": "https://evil.example" }] }));
    is_refused(&scene, ADA, &["response_iss_mismatch"]);
}

#[test]
fn userinfo_has_the_form_that_is_configured() {
    let signed = json!({ "userinfo_signed_response_alg": "RS256" });
    let scene = with("client_secret = {secret}\nuserinfo = \"signed-jwt\"");
    registered(&scene, &signed);
    told_about(&scene, &Browser::new(), ADA);
    registered(&scene, &json!({}));
    is_refused(&scene, ADA, &["userinfo_not_signed"]);

    let scene = with(SECRET);
    told_about(&scene, &Browser::new(), ADA);
    registered(&scene, &signed);
    is_refused(&scene, ADA, &["userinfo_not_json"]);
    registered(&scene, &json!({}));
    for (edit, reason) in [
        (json!({ "set": "sub", "to": "u-0002" }), "userinfo_sub_mismatch"),
        (json!({ "delete": "sub" }), "userinfo_sub_mismatch"),
        (json!({ "append": "\"sub\":\"u-0001\"" }), "userinfo_malformed"),
        (
            json!({ "set": "iss", "to": "https://evil.example" }),
            "userinfo_iss_mismatch",
        ),
    ] {
        scene
            .provider
            .lie(&json!({ "target": "userinfo", "json": [edit] }));
        is_refused(&scene, ADA, &[reason]);
    }
}

/// Where an algorithm is named what is signed has to come encrypted, each message of it.
#[test]
fn tokens_are_encrypted_for_a_client_that_says_so_and_then_all_of_them() {
    let scene = with(
        "client_secret = {secret}\nuserinfo = \"signed-jwt\"\nkeys_dir = {keys}\nencryption_alg = \"RSA-OAEP-256\"",
    );
    told_about(&scene, &Browser::new(), ADA);
    let both = decryption::metadata(&scene, "RSA-OAEP-256");
    for left_away in ["id_token_encrypted", "userinfo_encrypted"] {
        let mut metadata = both.clone();
        let members = metadata.as_object_mut().unwrap();
        members.retain(|name, _| !name.starts_with(left_away));
        members.insert("userinfo_signed_response_alg".to_owned(), json!("RS256"));
        registered(&scene, &metadata);
        is_refused(&scene, ADA, &["token_not_encrypted"]);
    }

    let scene = with("client_secret = {secret}\nuserinfo = \"signed-jwt\"");
    registered(&scene, &json!({ "userinfo_signed_response_alg": "RS256" }));
    told_about(&scene, &Browser::new(), ADA);
}

#[test]
fn a_level_is_asked_for_and_judged_where_one_is_configured() {
    let scene = with(SECRET);
    let told = told_about(&scene, &Browser::new(), ADA);
    assert_eq!(last(&scene, "/authorize").parameter("acr_values"), None);
    assert_eq!(told.get("acr"), None, "the provider did not say");

    let scene = with("client_secret = {secret}\nacr = \"silver\"\nacr_values = [\"silver\", \"gold\"]");
    let told = told_about(&scene, &Browser::new(), ADA);
    assert_eq!(
        last(&scene, "/authorize").parameter("acr_values").unwrap(),
        "silver"
    );
    assert_eq!(told["acr"], "silver");
    let reached = |acr: &str| json!({ "target": "id_token", "payload": [{ "set": "acr", "to": acr }] });
    scene.provider.lie(&reached("gold"));
    assert_eq!(told_about(&scene, &Browser::new(), ADA)["acr"], "gold");
    scene.provider.lie(&reached("bronze"));
    is_refused(&scene, ADA, &["acr_unknown got=bronze wanted=silver"]);

    let scene = with("client_secret = {secret}\nacr = \"gold\"\nacr_values = [\"silver\", \"gold\"]");
    scene.provider.lie(&reached("silver"));
    is_refused(&scene, ADA, &["acr_too_low got=silver wanted=gold"]);
}

/// Else whoever lies there makes as many of them as there are logins, and writes into them what they like.
#[test]
fn a_level_that_nobody_listed_is_told_and_counted_as_another_one() {
    let reached = |acr: &str| json!({ "target": "id_token", "payload": [{ "set": "acr", "to": acr }] });
    let counted = |scene: &Scene| {
        let metrics = scene.gateway.metrics();
        let logins = metrics
            .lines()
            .filter(|line| line.contains("result=\"success\"") && !line.ends_with(" 0"));
        let mut levels: Vec<String> = logins
            .map(|line| {
                line.split("acr=\"")
                    .nth(1)
                    .unwrap()
                    .split('"')
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        levels.sort();
        levels
    };
    let scene = with(SECRET);
    for acr in ["ada@example.org", "login 2"] {
        scene.provider.lie(&reached(acr));
        assert_eq!(told_about(&scene, &Browser::new(), ADA)["acr"], acr);
    }
    told_about(&scene, &Browser::new(), ADA);
    assert_eq!(counted(&scene), ["", "other"]);
    for acr in ["a\nb".to_owned(), "x".repeat(256)] {
        scene.provider.lie(&reached(&acr));
        is_refused(&scene, ADA, &["acr_unknown"]);
    }

    let scene = with("client_secret = {secret}\nacr = \"silver\"\nacr_values = [\"silver\", \"gold\"]");
    scene.provider.lie(&reached("gold"));
    told_about(&scene, &Browser::new(), ADA);
    let scene_with_one = with("client_secret = {secret}\nacr = \"bronze\"");
    scene_with_one.provider.lie(&reached("bronze"));
    told_about(&scene_with_one, &Browser::new(), ADA);
    assert_eq!(
        (counted(&scene), counted(&scene_with_one)),
        (vec!["gold".to_owned()], vec!["bronze".to_owned()])
    );
}

#[test]
fn a_recent_authentication_is_asked_for_and_judged() {
    let scene =
        with("client_secret = {secret}\nmax_age = \"5m\"\nprompt = \"login\"\nid_token_claims = [\"amr\"]");
    let told = told_about(&scene, &Browser::new(), ADA);
    let asked = last(&scene, "/authorize");
    assert_eq!(asked.parameter("max_age").unwrap(), "300");
    assert_eq!(asked.parameter("prompt").unwrap(), "login");
    assert_eq!(told["amr"], json!(["pwd", "otp"]));
    for (edit, reason) in [
        (json!({ "delete": "auth_time" }), "claim_missing"),
        (
            json!({ "set": "auth_time", "to": { "$": "now", "plus": -400 } }),
            "auth_time_too_old",
        ),
        // It would be recent for as long as the session lives.
        (
            json!({ "set": "auth_time", "to": { "$": "now", "plus": 90 } }),
            "clock",
        ),
    ] {
        scene
            .provider
            .lie(&json!({ "target": "id_token", "payload": [edit] }));
        is_refused(&scene, ADA, &[reason]);
    }
}

#[test]
fn scopes_of_a_provider_s_own_lead_to_the_claims_that_the_configuration_says() {
    let setup = Setup {
        claims: &["sub", "groups"],
        ..Setup::of(
            "oidc",
            "client_secret = {secret}\nscopes = [\"openid\", \"groups\"]\nscope_claims = { groups = [\"groups\"] }",
        )
    };
    let scene = setup.start();
    let told = told_about(&scene, &Browser::new(), ADA);
    assert_eq!(told["groups"], json!(["élus", "bureau"]));
}

#[test]
fn a_session_ends_at_the_provider_by_the_client_s_identifier_as_well() {
    let scene = with("client_secret = {secret}\nend_session = \"client_id\"\ntitle = \"Compte du club\"");
    let browser = Browser::new();
    told_about(&scene, &browser, ADA);
    let page = sign_out(&scene, &browser);
    let ended = last(&scene, "/session/end");
    assert_eq!(
        names_of(&ended),
        ["client_id", "post_logout_redirect_uri", "state"]
    );
    assert!(
        page.text()
            .contains("le compte que vous avez utilisé avec Compte du club"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("Ameli"), "{}", page.text());
    assert!(!scene.is_signed_in(&browser));
}

#[test]
fn where_the_provider_has_no_end_of_session_it_ends_here_and_the_page_says_so() {
    let scene = with(SECRET);
    scene.provider.lie(&json!({ "target": "discovery", "times": 0,
        "json": [{ "delete": "end_session_endpoint" }] }));
    let browser = Browser::new();
    told_about(&scene, &browser, ADA);
    let question = browser.open(&scene.url("/_guichet/logout"));
    let page = browser.submit(&question, &question.form("/_guichet/logout"), &[]);
    assert_eq!(
        (page.url, page.answer.status),
        (scene.url("/_guichet/logout"), 200)
    );
    assert!(!scene.is_signed_in(&browser));
    assert_eq!(scene.gateway.logs().lines_with("L10"), Vec::<String>::new());
}
