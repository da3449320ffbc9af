//! Tokens that must not be believed, and those that may.

use super::*;

const ES256: &[&str] = &["ES256"];

fn token(header: &str, payload: &str) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(header), encode(payload), encode("signature"))
}

fn reason(text: &str) -> &'static str {
    CompactJws::parse(text, ES256).map_or_else(|error| error.reason(), |_parsed| "none")
}

#[test]
fn a_token_is_taken_apart_and_kept_byte_for_byte() {
    let text = token(
        r#"{"alg":"ES256","kid":"pkcs11:ES256:hsm"}"#,
        r#"{"sub":"s","x":"é"}"#,
    );
    let jws = CompactJws::parse(&text, ES256).unwrap();
    assert_eq!(jws.kid(), Some("pkcs11:ES256:hsm"));
    assert_eq!(jws.text(), text);
    assert_eq!(format!("{}.c2lnbmF0dXJl", jws.signing_input()), text);
    assert_eq!(jws.signature(), b"signature");
    assert_eq!(jws.claims().sub.as_deref(), Some("s"));
    assert_eq!(jws.payload().len(), 2);
}

#[test]
fn another_serialisation_is_refused() {
    let good = token(r#"{"alg":"ES256"}"#, "{}");
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!()
    };
    for text in [
        format!("{header}.{payload}"),
        format!("{good}.{signature}"),
        format!("{good}.a.b"),
        format!("{good}\n"),
        format!(" {good}"),
        format!("\u{feff}{good}"),
        format!("{good}="),
        format!("{header}.{payload}.+/+/"),
        format!("{header}. {payload}.{signature}"),
        format!("{header}..{signature}"),
        r#"{"payload":"e30","signatures":[]}"#.to_owned(),
        String::new(),
    ] {
        assert_eq!(reason(&text), "token_malformed", "{text:?}");
    }
    assert_eq!(reason(&good), "none");
}

#[test]
fn another_algorithm_is_refused_before_a_key_is_looked_up() {
    for alg in [
        "none", "None", "nOnE", "", "HS256", "RS256", "es256", "ES256 ", "ES256K", "XX999", "PS256",
    ] {
        let text = token(&format!(r#"{{"alg":"{alg}"}}"#), "{}");
        assert_eq!(reason(&text), "alg_refused", "{alg}");
    }
    assert_eq!(reason(&token("{}", "{}")), "alg_refused");
    assert_eq!(reason(&token(r#"{"alg":["ES256"]}"#, "{}")), "token_malformed");
    assert_eq!(
        reason(&token(r#"{"alg":"ES256","alg":"none"}"#, "{}")),
        "token_malformed"
    );
    assert!(
        CompactJws::parse(&token(r#"{"alg":"HS256"}"#, "{}"), &["ES256"])
            .unwrap_err()
            .to_string()
            .contains("signing_alg")
    );
}

#[test]
fn an_extension_of_the_header_is_refused() {
    for extension in [
        r#""crit":["exp"]"#,
        r#""crit":["http://x"]"#,
        r#""crit":[]"#,
        r#""b64":false"#,
        r#""zip":"DEF""#,
        r#""cty":"JWT""#,
    ] {
        let text = token(&format!(r#"{{"alg":"ES256",{extension}}}"#), "{}");
        assert_eq!(reason(&text), "extension_refused", "{extension}");
    }
}

#[test]
fn a_token_of_another_kind_is_refused() {
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "guichet+jwt",
        "secevent+jwt",
        "",
    ] {
        let text = token(&format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#), "{}");
        assert_eq!(reason(&text), "typ_refused", "{typ}");
    }
    assert_eq!(reason(&token(r#"{"alg":"ES256","typ":"JWT"}"#, "{}")), "none");
    assert_eq!(
        reason(&token(r#"{"alg":"ES256","typ":5}"#, "{}")),
        "token_malformed"
    );
}

#[test]
fn a_token_that_must_have_a_type_has_that_one() {
    let reason = |typ: &str| {
        let text = token(&format!(r#"{{"alg":"ES256"{typ}}}"#), "{}");
        CompactJws::parse_as(Kind::Typed("guichet+jwt"), &text, ES256)
            .map_or_else(|error| error.reason(), |_parsed| "none")
    };
    assert_eq!(reason(r#","typ":"guichet+jwt""#), "none");
    for typ in [
        "",
        r#","typ":"JWT""#,
        r#","typ":"Guichet+jwt""#,
        r#","typ":"application/guichet+jwt""#,
    ] {
        assert_eq!(reason(typ), "typ_refused", "{typ}");
    }
}

#[test]
fn a_token_that_may_have_a_type_has_that_one_or_one_that_says_nothing() {
    let reason = |typ: &str| {
        let text = token(&format!(r#"{{"alg":"ES256"{typ}}}"#), "{}");
        CompactJws::parse_as(Kind::TypedIfAtAll("logout+jwt"), &text, ES256)
            .map_or_else(|error| error.reason(), |_parsed| "none")
    };
    for typ in [
        "",
        r#","typ":"logout+jwt""#,
        r#","typ":"APPLICATION/logout+JWT""#,
        r#","typ":"JWT""#,
        r#","typ":"application/jwt""#,
    ] {
        assert_eq!(reason(typ), "none", "{typ}");
    }
    for typ in [
        r#","typ":"at+jwt""#,
        r#","typ":"guichet+jwt""#,
        r#","typ":"text/jwt""#,
        r#","typ":"JWT ""#,
        r#","typ":"""#,
    ] {
        assert_eq!(reason(typ), "typ_refused", "{typ}");
    }
}

#[test]
fn a_key_in_the_header_changes_nothing() {
    let text = token(
        r#"{"alg":"ES256","jwk":{"kty":"EC"},"jku":"https://evil","x5u":"https://evil","x5c":["AA"],"x5t":"AA"}"#,
        "{}",
    );
    assert_eq!(CompactJws::parse(&text, ES256).unwrap().kid(), None);
}

#[test]
fn an_ambiguous_payload_is_refused() {
    assert_eq!(
        reason(&token(r#"{"alg":"ES256"}"#, r#"{"sub":"a","sub":"b"}"#)),
        "token_malformed"
    );
    assert_eq!(
        reason(&token(r#"{"alg":"ES256"}"#, r#"{"sub":"\ud800"}"#)),
        "token_malformed"
    );
    assert_eq!(
        reason(&token(r#"{"alg":"ES256"}"#, r#"[{"sub":"a"}]"#)),
        "token_malformed"
    );
    assert_eq!(
        reason(&token(r#"{"alg":"ES256"}"#, r#"{"exp":"1"}"#)),
        "claim_malformed"
    );
}

proptest::proptest! {
    #[test]
    fn no_text_is_a_panic_and_what_is_taken_comes_back(text in "[A-Za-z0-9_=.-]{0,60}", payload in ".{0,40}") {
        proptest::prop_assert!(CompactJws::parse(&text, ES256).is_err());
        let text = token(r#"{"alg":"ES256"}"#, &payload);
        if let Ok(jws) = CompactJws::parse(&text, ES256) {
            proptest::prop_assert_eq!(jws.text(), text.as_str());
        }
    }
}
