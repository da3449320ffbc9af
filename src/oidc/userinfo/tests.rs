//! Every lie that a userinfo answer can tell.

use http::StatusCode;
use serde_json::json;

use super::*;
use crate::jose::test_encryption;
use crate::jose::test_keys::TestKey;
use crate::oidc::test_support;
use crate::oidc::test_support::ISSUER;
use crate::oidc::test_support::NOW;
use crate::oidc::test_support::TestProvider;
use crate::wire::jwa::KeyManagementAlg;

const JWT: &str = "application/jwt; charset=utf-8";

fn payload() -> Value {
    json!({
        "sub": "s-1v1", "aud": "client-1", "iss": ISSUER, "iat": NOW.as_unix(), "exp": NOW.as_unix() + 60,
        "given_name": "Zoé Éléonore", "given_name_array": ["Zoé", "Éléonore"], "family_name": "LE GOÛT-NŒUVÉGLISE",
        "birthdate": "1992-00-00", "birthplace": "", "birthcountry": "99100",
    })
}

struct Scene {
    provider: TestProvider,
    id_token: VerifiedIdToken,
    settings: ClientSettings,
}

impl Scene {
    fn new() -> Self {
        let provider = TestProvider::new();
        let id_token = provider.id_token();
        let settings = test_support::settings();
        Self {
            provider,
            id_token,
            settings,
        }
    }

    fn sign(&self, payload: &Value) -> String {
        self.provider.sign(payload)
    }

    fn verify(
        &self,
        status: StatusCode,
        media_type: &str,
        body: &str,
    ) -> Result<VerifiedUserinfo, UserinfoError> {
        let answer = test_support::answer(status, media_type, body);
        VerifiedUserinfo::verify(&answer, &self.provider.keys, &self.id_token, &self.settings, NOW)
    }

    fn reason(&self, status: StatusCode, media_type: &str, body: &str) -> &'static str {
        self.verify(status, media_type, body)
            .map_or_else(|error| error.reason(), |_verified| "none")
    }
}

#[test]
fn claims_are_kept_as_the_provider_wrote_them() {
    let scene = Scene::new();
    let userinfo = scene
        .verify(StatusCode::OK, JWT, &scene.sign(&payload()))
        .unwrap();
    let shown = format!("{userinfo:?}");
    assert!(shown.contains("family_name") && !shown.contains("GOÛT"));
    assert_eq!(Value::Object(userinfo.into_claims()), payload());
}

#[test]
fn claims_that_the_provider_does_not_have_are_simply_missing() {
    let scene = Scene::new();
    let body = json!({"sub": "s-1v1", "aud": "client-1", "iss": ISSUER, "iat": NOW.as_unix(), "exp": NOW.as_unix() + 60,
        "email": "a@b.example"});
    let userinfo = scene.verify(StatusCode::OK, JWT, &scene.sign(&body)).unwrap();
    assert_eq!(Value::Object(userinfo.into_claims()), body);
}

#[test]
fn one_altered_claim_is_enough() {
    let scene = Scene::new();
    let at = |offset: i64| json!(NOW.as_unix() + offset);
    for (claim, value, expected) in [
        ("sub", json!("S-1v1"), "userinfo_sub_mismatch"),
        ("sub", json!("someone"), "userinfo_sub_mismatch"),
        ("sub", json!(null), "userinfo_sub_mismatch"),
        ("iss", json!("https://evil.example"), "userinfo_iss_mismatch"),
        ("iss", json!(null), "userinfo_iss_mismatch"),
        ("aud", json!("other"), "userinfo_aud_mismatch"),
        ("aud", json!(["client-1", "other"]), "userinfo_aud_mismatch"),
        ("aud", json!(null), "userinfo_aud_mismatch"),
        ("exp", json!(null), "claim_missing"),
        ("exp", json!("1"), "claim_malformed"),
        ("exp", at(-59), "none"),
        ("exp", at(-61), "clock_expired"),
        ("iat", at(20), "none"),
        ("iat", at(600), "clock"),
        ("nbf", at(20), "none"),
        ("nbf", at(600), "clock"),
        ("nonce", json!("another"), "none"),
        (
            "_claim_sources",
            json!({"a": {"endpoint": "http://169.254.169.254/"}}),
            "none",
        ),
    ] {
        let mut payload = payload();
        payload[claim] = value.clone();
        if value.is_null() {
            payload.as_object_mut().unwrap().remove(claim);
        }
        let body = scene.sign(&payload);
        assert_eq!(
            scene.reason(StatusCode::OK, JWT, &body),
            expected,
            "{claim} {value}"
        );
    }
}

#[test]
fn the_status_is_judged_before_the_media_type_and_json_is_never_taken() {
    let scene = Scene::new();
    let good = scene.sign(&payload());
    let plain = payload().to_string();
    for (status, media_type, body, expected) in [
        (StatusCode::OK, JWT, good.as_str(), "none"),
        (
            StatusCode::UNAUTHORIZED,
            JWT,
            "<html>Y190001</html>",
            "userinfo_endpoint_failed",
        ),
        (StatusCode::UNAUTHORIZED, JWT, &good, "userinfo_endpoint_failed"),
        (StatusCode::OK, "application/json", &plain, "userinfo_not_signed"),
        (StatusCode::OK, "application/json", &good, "userinfo_not_signed"),
        (StatusCode::OK, JWT, &plain, "token_malformed"),
        (StatusCode::OK, JWT, "<html>", "token_malformed"),
        (StatusCode::OK, JWT, "[]", "token_malformed"),
    ] {
        assert_eq!(
            scene.reason(status, media_type, body),
            expected,
            "{status} {media_type}"
        );
    }
}

#[test]
fn only_the_providers_key_and_algorithm_count() {
    let scene = Scene::new();
    let reason = |token: &str| scene.reason(StatusCode::OK, JWT, token);
    let stranger = TestKey::es256().sign(&json!({"alg": "ES256", "kid": "k"}), &payload());
    assert_eq!(reason(&stranger), "userinfo_signature_invalid");
    for alg in ["none", "HS256", "RS256"] {
        assert_eq!(
            reason(
                &scene
                    .provider
                    .key
                    .sign(&json!({"alg": alg, "kid": "k"}), &payload())
            ),
            "alg_refused"
        );
    }
    let unknown = scene
        .provider
        .key
        .sign(&json!({"alg": "ES256", "kid": "other"}), &payload());
    assert_eq!(reason(&unknown), "key_unknown");
}

const JSON: &str = "application/json; charset=utf-8";

#[test]
fn plain_json_is_taken_where_the_configuration_says_so_and_nothing_else_is() {
    let mut scene = Scene::new();
    scene.settings = ClientSettings {
        signing_alg: crate::provider::profile::SigningAlg::Es256,
        ..test_support::settings_of("oidc")
    };
    let reason = |body: &Value| scene.reason(StatusCode::OK, JSON, &body.to_string());
    assert_eq!(reason(&json!({"sub": "s-1v1", "name": "Zoé"})), "none");
    assert_eq!(reason(&json!({"sub": "s-1v1", "iss": ISSUER})), "none");
    assert_eq!(
        reason(&json!({"sub": "s-1v1", "iss": "https://evil.example"})),
        "userinfo_iss_mismatch"
    );
    for sub in [json!("s-2v1"), json!(["s-1v1"]), json!(null), json!(17)] {
        assert_eq!(reason(&json!({ "sub": sub })), "userinfo_sub_mismatch");
    }
    assert_eq!(reason(&json!({"name": "Zoé"})), "userinfo_sub_mismatch");
    let twice = r#"{"sub":"s-1v1","sub":"s-2v1"}"#;
    assert_eq!(scene.reason(StatusCode::OK, JSON, twice), "userinfo_malformed");
    assert_eq!(scene.reason(StatusCode::OK, JSON, "[]"), "userinfo_malformed");
    let signed = scene.sign(&payload());
    assert_eq!(scene.reason(StatusCode::OK, JWT, &signed), "userinfo_not_json");
    assert_eq!(scene.reason(StatusCode::OK, JSON, &signed), "userinfo_malformed");
    let error = json!({"sub": "s-1v1"}).to_string();
    assert_eq!(
        scene.reason(StatusCode::UNAUTHORIZED, JSON, &error),
        "userinfo_endpoint_failed"
    );
}

#[test]
fn a_signed_answer_of_a_generic_provider_may_lack_its_end_and_nothing_else() {
    let mut scene = Scene::new();
    scene.settings = ClientSettings {
        signing_alg: crate::provider::profile::SigningAlg::Es256,
        userinfo: UserinfoFormat::SignedJwt,
        ..test_support::settings_of("oidc")
    };
    let reason_without = |scene: &Scene, claim: &str| {
        let mut payload = payload();
        payload.as_object_mut().unwrap().remove(claim);
        scene.reason(StatusCode::OK, JWT, &scene.sign(&payload))
    };
    assert_eq!(reason_without(&scene, "exp"), "none");
    assert_eq!(reason_without(&scene, "iss"), "userinfo_iss_mismatch");
    assert_eq!(reason_without(&scene, "aud"), "userinfo_aud_mismatch");
    scene.settings = test_support::settings();
    assert_eq!(reason_without(&scene, "exp"), "claim_missing");
}

#[test]
fn a_second_level_is_what_was_asked_for_or_higher() {
    let mut scene = Scene::new();
    scene.settings = ClientSettings {
        signing_alg: crate::provider::profile::SigningAlg::Es256,
        ..test_support::settings_of("login-gov")
    };
    let aal = |suffix: &str| format!("http://idmanagement.gov/ns/assurance/aal/2{suffix}");
    let rule = scene.settings.profile.rules.second_level.clone().unwrap();
    let body = |aal: &str| json!({ "sub": "s-1v1", "aal": aal }).to_string();
    assert_eq!(scene.reason(StatusCode::OK, JSON, &body("")), "none");
    scene.settings.extras.second_level = rule.values.value(&aal("?phishing_resistant=true"));
    for (got, expected) in [
        (aal("?phishing_resistant=true"), "none"),
        (aal("?hspd12=true"), "none"),
        (aal(""), "second_level_too_low"),
        ("gold".to_owned(), "second_level_too_low"),
    ] {
        assert_eq!(scene.reason(StatusCode::OK, JSON, &body(&got)), expected, "{got}");
    }
    let silent = json!({"sub": "s-1v1"}).to_string();
    assert_eq!(
        scene.reason(StatusCode::OK, JSON, &silent),
        "second_level_too_low"
    );
}

#[test]
fn with_hs256_the_secret_is_the_key_and_no_published_key_is() {
    let mut scene = Scene::new();
    scene.settings.signing_alg = crate::provider::profile::SigningAlg::Hs256;
    let sign = |secret: &[u8]| test_support::hs256(secret, &payload());
    let reason = |token: &str| scene.reason(StatusCode::OK, JWT, token);
    assert_eq!(reason(&sign(b"s3cret & more")), "none");
    assert_eq!(reason(&sign(b"s3cret & mor")), "userinfo_signature_invalid");
    assert_eq!(reason(&scene.sign(&payload())), "alg_refused");
}

#[test]
fn of_an_encrypted_answer_the_signed_one_in_it_is_verified() {
    let scene = Scene::new();
    let mut settings = test_support::settings();
    let ours = test_support::encrypted(&mut settings, KeyManagementAlg::RsaOaep256);
    let signed = scene.sign(&payload());
    let reason = |body: &str| {
        let answer = test_support::answer(StatusCode::OK, JWT, body);
        VerifiedUserinfo::verify(&answer, &scene.provider.keys, &scene.id_token, &settings, NOW)
            .map_or_else(|error| error.reason(), |_verified| "none")
    };
    let encrypt =
        |header: &Value, inner: &str| test_encryption::encrypt(&ours.keys[0], header, inner.as_bytes());
    assert_eq!(reason(&encrypt(&json!({}), &signed)), "none");
    assert_eq!(reason(&signed), "token_not_encrypted");
    assert_eq!(
        reason(&encrypt(&json!({}), &payload().to_string())),
        "token_malformed"
    );
    for (header, expected) in [
        (json!({"iss": ISSUER, "aud": ["client-1"]}), "none"),
        (json!({"iss": "https://other.example"}), "header_claim_mismatch"),
        (
            json!({"iss": [ISSUER, "https://other.example"]}),
            "header_claim_mismatch",
        ),
        (json!({"aud": "other"}), "header_claim_mismatch"),
        (json!({"aud": 5}), "header_claim_mismatch"),
    ] {
        assert_eq!(reason(&encrypt(&header, &signed)), expected, "{header}");
    }
}
