//! Each check of Back-Channel Logout 1.0, section 2.6, by value.

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::jose::test_keys::TestKey;
use crate::oidc::test_support::ISSUER;
use crate::oidc::test_support::NOW;
use crate::oidc::test_support::TestProvider;
use crate::oidc::test_support::hs256;
use crate::oidc::test_support::settings;
use crate::provider::profile::SigningAlg;

/// What oidc-provider writes into its own.
fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "client-1", "sub": "s-1v1", "sid": "session-1", "jti": "token-1",
        "iat": NOW.as_unix(), "exp": NOW.as_unix() + 120, "events": { EVENT: {} },
    })
}

fn with(edit: impl FnOnce(&mut Value)) -> Value {
    let mut claims = claims();
    edit(&mut claims);
    claims
}

fn set(name: &str, value: Value) -> Value {
    with(|claims| claims[name] = value)
}

fn without(name: &str) -> Value {
    with(|claims| {
        claims.as_object_mut().unwrap().remove(name);
    })
}

fn typed(typ: Option<&str>) -> Value {
    let mut header = json!({"alg": "ES256", "kid": "k"});
    if let Some(typ) = typ {
        header["typ"] = json!(typ);
    }
    header
}

fn verify_with(header: &Value, claims: &Value) -> Result<VerifiedLogoutToken, LogoutTokenError> {
    let provider = TestProvider::new();
    let token = provider.key.sign(header, claims);
    VerifiedLogoutToken::verify(&token, &provider.keys, &settings(), NOW)
}

fn reason_of(claims: &Value) -> Result<Whose, &'static str> {
    let verified = verify_with(&typed(Some("logout+jwt")), claims);
    verified
        .map(|token| token.whose().clone())
        .map_err(|error| error.reason())
}

#[test]
fn a_token_names_a_session_or_a_person() {
    let session = Ok(Whose::Sid("session-1".to_owned()));
    assert_eq!(reason_of(&claims()), session);
    assert_eq!(reason_of(&without("sub")), session);
    let person = Ok(Whose::Subject("s-1v1".to_owned()));
    assert_eq!(reason_of(&without("sid")), person);
    let neither = with(|claims| {
        claims.as_object_mut().unwrap().remove("sid");
        claims.as_object_mut().unwrap().remove("sub");
    });
    assert_eq!(reason_of(&neither), Err("names_nobody"));
    for name in ["sid", "sub"] {
        assert_eq!(reason_of(&set(name, json!(""))), Err("name_invalid"), "{name}");
        assert_eq!(
            reason_of(&set(name, json!("x".repeat(256)))),
            Err("name_invalid"),
            "{name}"
        );
        assert_eq!(reason_of(&set(name, json!(1))), Err("claim_malformed"), "{name}");
    }
}

#[test]
fn issuer_and_client_are_those_of_the_entry_alone() {
    for (claims, reason) in [
        (set("iss", json!(format!("{ISSUER}/"))), "iss_mismatch"),
        (without("iss"), "iss_mismatch"),
        (set("aud", json!("client-2")), "aud_mismatch"),
        (set("aud", json!(["client-1", "client-2"])), "aud_mismatch"),
        (without("aud"), "aud_mismatch"),
    ] {
        assert_eq!(reason_of(&claims), Err(reason), "{claims}");
    }
    assert!(reason_of(&set("aud", json!(["client-1"]))).is_ok());
}

#[test]
fn a_token_is_of_our_time() {
    let at = |iat: i64, exp: i64| {
        with(|claims| {
            claims["iat"] = json!(NOW.as_unix() + iat);
            claims["exp"] = json!(NOW.as_unix() + exp);
        })
    };
    for (claims, expected) in [
        (at(0, 120), None),
        (at(60, 180), None),
        (at(61, 181), Some("clock")),
        (at(-299, 1), None),
        (at(-300, 120), Some("token_too_old")),
        (at(-170, -59), None),
        (at(-180, -60), Some("clock_expired")),
        (without("iat"), Some("claim_missing")),
        (without("exp"), Some("claim_missing")),
        (set("iat", json!("now")), Some("claim_malformed")),
        (set("nbf", json!(NOW.as_unix() + 61)), Some("clock")),
    ] {
        assert_eq!(reason_of(&claims).err(), expected, "{claims}");
    }
}

#[test]
fn a_token_is_about_a_logout_and_is_no_id_token() {
    let wrong = "http://schemas.openid.net/event/backchannel-logou";
    for events in [
        json!(null),
        json!({}),
        json!(EVENT),
        json!([EVENT]),
        json!({ wrong: {} }),
        json!({ EVENT: "" }),
        json!({ EVENT: [] }),
        json!({ EVENT: null }),
    ] {
        assert_eq!(
            reason_of(&set("events", events.clone())),
            Err("event_missing"),
            "{events}"
        );
    }
    assert_eq!(reason_of(&without("events")), Err("event_missing"));
    assert!(reason_of(&set("events", json!({ EVENT: { "more": 1 }, "other": {} }))).is_ok());
    assert_eq!(reason_of(&set("nonce", json!("n"))), Err("nonce_present"));
    assert_eq!(reason_of(&set("nonce", json!(null))), Err("claim_malformed"));
    // A claim that nobody knows says nothing.
    assert!(reason_of(&set("foo", json!("bar"))).is_ok());
}

#[test]
fn a_token_has_a_name() {
    assert_eq!(reason_of(&without("jti")), Err("claim_missing"));
    assert_eq!(reason_of(&set("jti", json!(7))), Err("claim_malformed"));
    let id = |claims: &Value| verify_with(&typed(None), claims).unwrap().id().clone();
    assert_eq!(id(&claims()), TokenId::of(ISSUER, "client-1", "token-1"));
    let token = verify_with(&typed(None), &claims()).unwrap();
    assert_eq!(token.believed_until(), NOW.plus(OLDEST));
    assert_eq!(token.issuer(), ISSUER);
}

#[test]
fn a_type_is_its_own_or_says_nothing() {
    for typ in [
        None,
        Some("logout+jwt"),
        Some("Logout+JWT"),
        Some("application/logout+jwt"),
        Some("JWT"),
        Some("application/jwt"),
    ] {
        assert!(verify_with(&typed(typ), &claims()).is_ok(), "{typ:?}");
    }
    for typ in ["at+jwt", "", "logout+jwt ", "text/logout+jwt", "é"] {
        let refused = verify_with(&typed(Some(typ)), &claims()).unwrap_err();
        assert_eq!(refused.reason(), "typ_refused", "{typ}");
    }
}

#[test]
fn only_the_pinned_algorithm_and_a_key_of_the_provider_count() {
    let provider = TestProvider::new();
    let verify = |token: &str| {
        let verified = VerifiedLogoutToken::verify(token, &provider.keys, &settings(), NOW);
        verified.map(|_token| ()).map_err(|error| error.reason())
    };
    let good = provider.key.sign(&typed(None), &claims());
    assert_eq!(verify(&good), Ok(()));
    let other = TestKey::es256().sign(&typed(None), &claims());
    assert_eq!(verify(&other), Err("signature_invalid"));
    let unknown = provider
        .key
        .sign(&json!({"alg": "ES256", "kid": "k2"}), &claims());
    assert_eq!(verify(&unknown), Err("key_unknown"));
    let rsa = TestKey::rs256().sign(&json!({"alg": "RS256", "kid": "k"}), &claims());
    assert_eq!(verify(&rsa), Err("alg_refused"));
    let none = provider.key.sign(&json!({"alg": "none"}), &claims());
    assert_eq!(verify(&none), Err("alg_refused"));
    for cut in ["", "a.b", "....", &format!("{good}.a")] {
        assert_eq!(verify(cut), Err("token_malformed"), "{cut}");
    }
}

#[test]
fn with_hs256_the_secret_is_the_key_and_a_public_key_is_none() {
    let provider = TestProvider::new();
    let mut settings = settings();
    settings.signing_alg = SigningAlg::Hs256;
    let verify = |token: &str| {
        let verified = VerifiedLogoutToken::verify(token, &provider.keys, &settings, NOW);
        verified.map(|_token| ()).map_err(|error| error.reason())
    };
    let secret = settings.credential.secret().unwrap().expose().to_vec();
    assert_eq!(verify(&hs256(&secret, &claims())), Ok(()));
    assert_eq!(
        verify(&hs256(b"another secret", &claims())),
        Err("signature_invalid")
    );
    let signed = provider.key.sign(&typed(None), &claims());
    assert_eq!(verify(&signed), Err("alg_refused"));
}

#[test]
fn what_a_token_says_of_itself_chooses_its_entry() {
    let provider = TestProvider::new();
    let named_by = |claims: &Value| Addressee::named_by(&provider.key.sign(&typed(None), claims));
    let ours = named_by(&claims()).unwrap();
    assert!(ours.names_the_issuer_of(&settings()) && ours.names(&settings()));
    let other = named_by(&set("aud", json!(["client-1", "x"]))).unwrap();
    assert!(other.names_the_issuer_of(&settings()) && !other.names(&settings()));
    let elsewhere = named_by(&set("iss", json!("https://evil.example"))).unwrap();
    assert!(!elsewhere.names_the_issuer_of(&settings()));
    assert_eq!(named_by(&without("iss")).unwrap_err().reason(), "claim_missing");
    for cut in ["", "a.b", "a.!.c", "a.W10.c"] {
        assert_eq!(
            Addressee::named_by(cut).unwrap_err().reason(),
            "token_malformed",
            "{cut}"
        );
    }
}

#[test]
fn a_verified_token_shows_nobody() {
    let shown = format!("{:?}", verify_with(&typed(None), &without("sid")).unwrap());
    assert!(!shown.contains("s-1v1") && shown.contains("subject"), "{shown}");
}
