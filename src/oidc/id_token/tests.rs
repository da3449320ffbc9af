//! Every lie that an ID token can tell, told by altering one thing of a good one and signing it again.

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::jose::test_encryption;
use crate::jose::test_keys::TestKey;
use crate::oidc::client_keys::ClientKeys;
use crate::oidc::test_support;
use crate::oidc::test_support::ISSUER;
use crate::oidc::test_support::NOW;
use crate::oidc::token_endpoint::TokenResponse;
use crate::provider::profile::SigningAlg;
use crate::wire::jwa::KeyManagementAlg;

const NONCE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn payload() -> Value {
    json!({
        "sub": "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1",
        "auth_time": NOW.as_unix(), "acr": "eidas1", "nonce": NONCE, "aud": "client-1",
        "exp": NOW.as_unix() + 60, "iat": NOW.as_unix(), "iss": ISSUER,
    })
}

fn keys(keys: &[Value]) -> ProviderKeys {
    let body = json!({ "keys": keys }).to_string();
    ProviderKeys::read(&test_support::answer(
        http::StatusCode::OK,
        "application/json",
        &body,
    ))
    .unwrap()
}

fn access_token() -> AccessToken {
    let body = r#"{"access_token":"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y","id_token":"x","token_type":"Bearer"}"#;
    let answer = test_support::answer(http::StatusCode::OK, "application/json", body);
    TokenResponse::read(&answer).unwrap().access_token
}

struct Scene {
    key: TestKey,
    settings: ClientSettings,
    acr: &'static str,
    max_age: Option<Duration>,
    now: Timestamp,
}

impl Scene {
    fn new() -> Self {
        Self {
            key: TestKey::es256(),
            settings: test_support::settings(),
            acr: "eidas1",
            max_age: None,
            now: NOW,
        }
    }

    fn rs256() -> Self {
        let mut scene = Self::new();
        scene.key = TestKey::rs256();
        scene.settings.signing_alg = SigningAlg::Rs256;
        scene
    }

    fn header(&self) -> Value {
        json!({"alg": self.settings.signing_alg.as_str(), "kid": "k"})
    }

    fn verify(&self, token: &str) -> Result<VerifiedIdToken, IdTokenError> {
        let expected = Expected {
            settings: &self.settings,
            nonce: NONCE,
            acr: self.acr,
            max_age: self.max_age,
            access_token: &access_token(),
            now: self.now,
        };
        VerifiedIdToken::verify(&Secret::new(token), &keys(&[self.key.jwk("k")]), &expected)
    }

    fn reason(&self, token: &str) -> &'static str {
        self.verify(token)
            .map_or_else(|error| error.reason(), |_verified| "none")
    }

    /// The reason for a token with one claim altered; `null` takes the claim away.
    fn reason_with(&self, claim: &str, value: &Value) -> &'static str {
        let mut payload = payload();
        payload[claim] = value.clone();
        if value.is_null() {
            payload.as_object_mut().unwrap().remove(claim);
        }
        self.reason(&self.key.sign(&self.header(), &payload))
    }
}

#[test]
fn a_good_token_is_verified_and_kept_byte_for_byte() {
    for scene in [Scene::new(), Scene::rs256()] {
        let mut payload = payload();
        payload["amr"] = json!(["fc", "pwd"]);
        let text = scene.key.sign(&scene.header(), &payload);
        let token = scene.verify(&text).unwrap();
        assert_eq!(token.raw().expose_str(), Some(text.as_str()));
        assert_eq!(token.issuer(), ISSUER);
        assert_eq!(token.sub(), payload["sub"].as_str().unwrap());
        assert_eq!(token.acr().unwrap().as_str(), "eidas1");
        assert_eq!(token.amr(), ["fc", "pwd"]);
        assert_eq!(token.auth_time(), Some(NOW));
        assert!(!format!("{token:?}").contains("b6048e95"));
    }
}

#[test]
fn where_an_age_was_asked_for_the_token_says_when_and_it_is_within_it() {
    let with = |max_age: Option<u64>, auth_time: &Value| {
        let mut scene = Scene::new();
        scene.max_age = max_age.map(Duration::from_secs);
        scene.reason_with("auth_time", auth_time)
    };
    let at = |offset: i64| json!(NOW.as_unix() + offset);
    for (max_age, auth_time, expected) in [
        (None, json!(null), "none"),
        (None, at(-86_400), "none"),
        (Some(300), json!(null), "claim_missing"),
        (Some(300), at(0), "none"),
        (Some(300), at(-300), "none"),
        // The leeway between two clocks.
        (Some(300), at(-360), "none"),
        (Some(300), at(-361), "auth_time_too_old"),
        (Some(0), at(-3600), "auth_time_too_old"),
        (Some(300), at(60), "none"),
        (Some(300), at(61), "clock"),
        (None, at(86_400), "none"),
        (Some(300), json!("now"), "claim_malformed"),
    ] {
        assert_eq!(with(max_age, &auth_time), expected, "{max_age:?} {auth_time}");
    }
}

#[test]
fn one_altered_claim_is_enough() {
    let scene = Scene::new();
    let at = |offset: i64| json!(NOW.as_unix() + offset);
    for (claim, value, expected) in [
        ("iss", json!(format!("{ISSUER}/")), "iss_mismatch"),
        ("iss", json!(ISSUER.replace("https", "http")), "iss_mismatch"),
        ("iss", json!(ISSUER.replace("api", "API")), "iss_mismatch"),
        ("iss", json!("https://evil.example"), "iss_mismatch"),
        ("iss", json!(null), "claim_missing"),
        ("sub", json!(null), "claim_missing"),
        ("sub", json!(""), "sub_invalid"),
        ("sub", json!("s".repeat(256)), "sub_invalid"),
        ("sub", json!("s".repeat(255)), "none"),
        ("sub", json!(5), "claim_malformed"),
        ("aud", json!("other"), "aud_mismatch"),
        ("aud", json!([]), "claim_missing"),
        ("aud", json!(["other"]), "aud_mismatch"),
        ("aud", json!("client-1-extra"), "aud_mismatch"),
        ("aud", json!(null), "claim_missing"),
        ("aud", json!(["client-1"]), "none"),
        ("aud", json!(["client-1", "other"]), "aud_mismatch"),
        ("aud", json!(["client-1", "client-1"]), "aud_mismatch"),
        ("azp", json!("other"), "azp_mismatch"),
        ("azp", json!("client-1"), "none"),
        ("iat", json!(null), "claim_missing"),
        ("iat", at(60), "none"),
        ("iat", at(600), "clock"),
        ("nbf", at(3600), "clock"),
        ("nbf", json!("99999999999"), "claim_malformed"),
        ("exp", json!(null), "claim_missing"),
        ("exp", at(-59), "none"),
        ("exp", at(-60), "clock_expired"),
        ("exp", at(-3600), "clock_expired"),
        ("exp", json!("9999999999"), "claim_malformed"),
        ("exp", json!(1e300), "claim_malformed"),
        ("exp", json!(-1), "claim_malformed"),
        ("exp", json!(9_223_372_036_854_775_808_u64), "claim_malformed"),
        ("exp", json!(1_767_225_660.5), "none"),
        ("nonce", json!(null), "claim_missing"),
        ("nonce", json!("another"), "nonce_mismatch"),
        ("nonce", json!([NONCE]), "claim_malformed"),
        ("acr", json!(null), "claim_missing"),
        ("acr", json!("eidas22"), "acr_unknown"),
        ("acr", json!("EIDAS1"), "acr_unknown"),
        ("acr", json!(""), "acr_unknown"),
        ("acr", json!("eidas3"), "none"),
        ("amr", json!("pwd"), "claim_malformed"),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "at_hash_mismatch"),
        // The hash of the example in OpenID Connect Core 1.0, appendix A.3.
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ"), "none"),
        ("c_hash", json!("AAAA"), "none"),
        ("unknown", json!({"a": [1, 2, {"b": null}]}), "none"),
    ] {
        assert_eq!(scene.reason_with(claim, &value), expected, "{claim} {value}");
    }
}

#[test]
fn a_level_below_the_one_asked_for_is_refused_with_both() {
    let mut scene = Scene::new();
    scene.acr = "eidas2";
    assert_eq!(scene.reason_with("acr", &json!("eidas2")), "none");
    assert_eq!(scene.reason_with("acr", &json!("eidas3")), "none");
    assert_eq!(scene.reason_with("acr", &json!("eidas1")), "acr_too_low");
    let error = scene
        .verify(&scene.key.sign(&scene.header(), &payload()))
        .unwrap_err();
    assert_eq!(error.to_string(), "acr_too_low got=eidas1 wanted=eidas2");
    scene.acr = "loa9";
    assert_eq!(scene.reason_with("acr", &json!("eidas1")), "acr_unknown");
}

#[test]
fn a_clock_that_is_behind_is_named_with_both_times() {
    let mut scene = Scene::new();
    scene.now = Timestamp::from_unix(NOW.as_unix() - 600);
    let text = scene
        .verify(&scene.key.sign(&scene.header(), &payload()))
        .unwrap_err()
        .to_string();
    assert!(text.starts_with("clock: "), "{text}");
    assert!(
        text.contains("2026-01-01T00:00:00Z") && text.contains("2025-12-31T23:50:00Z"),
        "{text}"
    );
}

#[test]
fn a_token_of_another_algorithm_is_refused_though_its_signature_is_good() {
    let (es256, rs256) = (Scene::new(), Scene::rs256());
    let token = es256.key.sign(&es256.header(), &payload());
    assert_eq!(rs256.reason(&token), "alg_refused");
    let token = rs256.key.sign(&rs256.header(), &payload());
    assert_eq!(es256.reason(&token), "alg_refused");
    // The key of one algorithm under the name of the other.
    let token = rs256.key.sign(&json!({"alg": "ES256", "kid": "k"}), &payload());
    assert_eq!(es256.reason(&token), "signature_invalid");
    for alg in ["none", "HS256"] {
        let token = es256.key.sign(&json!({"alg": alg, "kid": "k"}), &payload());
        assert_eq!(es256.reason(&token), "alg_refused");
    }
}

#[test]
fn a_flipped_bit_in_any_segment_is_refused() {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    for scene in [Scene::new(), Scene::rs256()] {
        let token = scene.key.sign(&scene.header(), &payload());
        for segment in 0..3 {
            let mut segments: Vec<String> = token.split('.').map(str::to_owned).collect();
            let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&segments[segment]).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            segments[segment] = BASE64_URL_SAFE_NO_PAD.encode(&bytes);
            assert_ne!(scene.reason(&segments.join(".")), "none", "segment {segment}");
        }
    }
}

#[test]
fn a_signature_that_is_no_signature_is_refused() {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let scene = Scene::new();
    let token = scene.key.sign(&scene.header(), &payload());
    let (input, signature) = token.rsplit_once('.').unwrap();
    let good = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let order = [
        0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA,
        0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ];
    let der = [&[0x30, 0x44, 0x02, 0x20], &good[..32], &[0x02, 0x20], &good[32..]].concat();
    for bytes in [
        vec![],
        vec![0; 64],
        [&[0; 32], &good[32..]].concat(),
        [&good[..32], &[0; 32]].concat(),
        [&order, &good[32..]].concat(),
        good[..63].to_vec(),
        [good.as_slice(), &[0]].concat(),
        der,
    ] {
        let token = format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(&bytes));
        assert_eq!(scene.reason(&token), "signature_invalid", "{bytes:?}");
    }
}

#[test]
fn a_key_of_nobody_or_of_two_is_refused() {
    let scene = Scene::new();
    let sign = |kid: &Value| scene.key.sign(&json!({"alg": "ES256", "kid": kid}), &payload());
    assert_eq!(scene.reason(&sign(&json!("other"))), "key_unknown");
    assert_eq!(scene.reason(&sign(&json!("../../../../dev/null"))), "key_unknown");
    assert_eq!(scene.reason(&sign(&json!("k".repeat(65_536)))), "key_unknown");
    assert_eq!(scene.reason(&sign(&json!(5))), "token_malformed");
    let stranger = TestKey::es256().sign(&scene.header(), &payload());
    assert_eq!(scene.reason(&stranger), "signature_invalid");
    let unnamed = scene.key.sign(&json!({"alg": "ES256"}), &payload());
    assert_eq!(scene.reason(&unnamed), "none");
}

#[test]
fn a_key_that_the_token_brings_is_not_believed() {
    let scene = Scene::new();
    let stranger = TestKey::es256();
    let header =
        json!({"alg": "ES256", "kid": "k", "jwk": stranger.jwk("k"), "jku": "https://evil.example/jwks"});
    assert_eq!(
        scene.reason(&stranger.sign(&header, &payload())),
        "signature_invalid"
    );
}

#[test]
fn a_token_of_another_kind_is_no_id_token() {
    let scene = Scene::new();
    for typ in ["at+jwt", "logout+jwt", "guichet+jwt"] {
        let token = scene
            .key
            .sign(&json!({"alg": "ES256", "kid": "k", "typ": typ}), &payload());
        assert_eq!(scene.reason(&token), "typ_refused");
    }
    // Userinfo has no nonce, a logout token neither.
    assert_eq!(scene.reason_with("nonce", &json!(null)), "claim_missing");
}

#[test]
fn where_no_level_is_asked_for_whatever_the_provider_knows_is_taken() {
    let mut scene = Scene::new();
    scene.acr = "";
    let reached = |scene: &Scene, acr: Option<&str>| {
        let mut payload = payload();
        match acr {
            Some(acr) => payload["acr"] = json!(acr),
            None => drop(payload.as_object_mut().unwrap().remove("acr")),
        }
        let token = scene.key.sign(&scene.header(), &payload);
        scene
            .verify(&token)
            .map(|token| token.acr().map(AcrValue::to_string))
            .map_err(|error| error.to_string())
    };
    scene.settings.profile = test_support::settings_of("proconnect").profile;
    assert_eq!(reached(&scene, Some("eidas0")), Ok(Some("eidas0".to_owned())));
    assert_eq!(reached(&scene, None), Ok(None));
    assert_eq!(
        reached(&scene, Some("loa-x")),
        Err("acr_unknown got=loa-x wanted=-".to_owned())
    );
    scene.settings.profile = test_support::settings_of("oidc").profile;
    assert_eq!(reached(&scene, Some("gold")), Ok(Some("gold".to_owned())));
    assert_eq!(reached(&scene, Some("")), Ok(None));
    scene.acr = "gold";
    assert_eq!(reached(&scene, Some("gold")), Ok(Some("gold".to_owned())));
    assert_eq!(
        reached(&scene, Some("silver")),
        Err("acr_too_low got=silver wanted=gold".to_owned())
    );
    assert_eq!(
        reached(&scene, None),
        Err("the claim `acr` is missing".to_owned())
    );
}

#[test]
fn who_proved_it_too_long_ago_has_to_do_it_again() {
    let mut scene = Scene::new();
    scene.settings.extras.max_age = Some(Duration::from_mins(5));
    let ago = |seconds: i64| {
        let mut payload = payload();
        payload["auth_time"] = json!(NOW.as_unix() - seconds);
        scene.reason(&scene.key.sign(&scene.header(), &payload))
    };
    assert_eq!(ago(0), "none");
    assert_eq!(ago(360), "none", "two clocks may be a minute apart");
    assert_eq!(ago(361), "auth_time_too_old");
    let mut payload = payload();
    payload.as_object_mut().unwrap().remove("auth_time");
    let silent = scene.key.sign(&scene.header(), &payload);
    assert_eq!(scene.reason(&silent), "claim_missing");
}

#[test]
fn with_hs256_the_secret_is_the_key_and_a_public_key_is_none() {
    let mut scene = Scene::new();
    scene.settings.signing_alg = SigningAlg::Hs256;
    let sign = |secret: &[u8]| test_support::hs256(secret, &payload());
    assert_eq!(scene.reason(&sign(b"s3cret & more")), "none");
    assert_eq!(scene.reason(&sign(b"s3cret & mor")), "signature_invalid");
    let public = scene.key.jwk("k").to_string();
    assert_eq!(scene.reason(&sign(public.as_bytes())), "signature_invalid");
    let other = scene.key.sign(&json!({"alg": "ES256", "kid": "k"}), &payload());
    assert_eq!(scene.reason(&other), "alg_refused");
}

#[test]
fn of_an_encrypted_token_the_signed_one_in_it_is_verified_and_kept() {
    let mut scene = Scene::new();
    let ours = test_support::encrypted(&mut scene.settings, KeyManagementAlg::EcdhEs);
    let encrypt = |signed: &str| {
        let repeated = json!({"iss": ISSUER, "aud": "client-1"});
        test_encryption::encrypt(&ours.keys[0], &repeated, signed.as_bytes())
    };
    let signed = scene.key.sign(&scene.header(), &payload());
    let token = scene.verify(&encrypt(&signed)).unwrap();
    assert_eq!(token.raw().expose_str(), Some(signed.as_str()));

    // To have been encrypted proves nothing.
    let unsigned = scene.key.sign(&json!({"alg": "none"}), &payload());
    let foreign = TestKey::es256().sign(&scene.header(), &payload());
    let mut other = payload();
    other["nonce"] = json!("other");
    let other = scene.key.sign(&scene.header(), &other);
    for (inner, expected) in [
        (unsigned, "alg_refused"),
        (foreign, "signature_invalid"),
        (other, "nonce_mismatch"),
        (payload().to_string(), "token_malformed"),
        (encrypt(&signed), "token_malformed"),
        (String::new(), "token_malformed"),
    ] {
        assert_eq!(scene.reason(&encrypt(&inner)), expected, "{inner}");
    }
    assert_eq!(scene.reason(&signed), "token_not_encrypted");
    scene.settings.keys = ClientKeys::default();
    assert_eq!(scene.reason(&encrypt(&signed)), "token_malformed");
}
