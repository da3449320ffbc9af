//! Tokens that may be opened, and those that must not.

use super::*;
use crate::jose::test_encryption::encrypt;
use crate::jose::test_encryption::key;
use crate::jose::test_keys::RSA_OF_RFC_7516;
use serde_json::json;

/// RFC 7516, appendix A.1.7.
const OF_RFC_7516: &str = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.\
OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-\
StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyey\
PGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.\
48V1_ALb6US04U3b.\
5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.\
XFBoMYUZodetZdvTiFvSkQ";

const ALGS: [KeyManagementAlg; 3] = [
    KeyManagementAlg::EcdhEs,
    KeyManagementAlg::RsaOaep,
    KeyManagementAlg::RsaOaep256,
];
const INNER: &str = "eyJ.e30.c2ln";

fn accepted(alg: KeyManagementAlg) -> Accepted<'static> {
    Accepted {
        alg,
        contents: &[ContentAlg::A256Gcm],
    }
}

fn reason(text: &str, alg: KeyManagementAlg, keys: &[DecryptionKey]) -> &'static str {
    open(text, &accepted(alg), keys).map_or_else(|error| error.reason(), |_opened| "none")
}

#[test]
fn the_example_of_rfc_7516_a_1_is_opened_by_its_key() {
    let key = DecryptionKey::from_pem(KeyManagementAlg::RsaOaep, &Secret::new(RSA_OF_RFC_7516)).unwrap();
    let segments: Vec<&str> = OF_RFC_7516.split('.').collect();
    let [protected, wrapped, iv, ciphertext, tag] = segments[..] else {
        panic!()
    };
    let sealed = Sealed {
        aad: protected,
        nonce: decode(iv).unwrap().try_into().unwrap(),
        ciphertext: decode(ciphertext).unwrap(),
        tag: decode(tag).unwrap(),
    };
    let envelope = Envelope::Wrapped(decode(wrapped).unwrap());
    let content_key = key.content_key(&envelope, ContentAlg::A256Gcm).unwrap();
    let text = sealed.open(ContentAlg::A256Gcm, &content_key).unwrap();
    assert_eq!(
        text.expose_str(),
        Some("The true sign of intelligence is not knowledge but imagination.")
    );
    // It holds no token and does not say so.
    assert_eq!(
        reason(OF_RFC_7516, KeyManagementAlg::RsaOaep, &[key]),
        "cty_refused"
    );
}

#[test]
fn each_algorithm_of_the_profile_is_opened_and_no_other() {
    for alg in ALGS {
        let keys = [key(alg), key(alg)];
        let token = encrypt(
            &keys[1],
            &json!({"iss": "https://a", "apu": "QQ", "apv": "Qg"}),
            INNER.as_bytes(),
        );
        let opened = open(&token, &accepted(alg), &keys).unwrap();
        assert_eq!(opened.token.expose_str(), Some(INNER));
        assert_eq!(opened.repeated("iss"), Some(&json!("https://a")));
        for other in ALGS.into_iter().filter(|other| *other != alg) {
            assert_eq!(reason(&token, other, &keys), "alg_refused");
        }
        let shorter = encrypt(&keys[0], &json!({"enc": "A128GCM"}), INNER.as_bytes());
        assert_eq!(reason(&shorter, alg, &keys), "alg_refused");
        let both = Accepted {
            alg,
            contents: &[ContentAlg::A128Gcm, ContentAlg::A256Gcm],
        };
        assert!(open(&shorter, &both, &keys).is_ok());
    }
}

#[test]
fn a_token_without_a_name_is_tried_with_each_key_and_one_with_a_name_with_that_one() {
    for alg in ALGS {
        let keys = [key(alg), key(alg), key(alg)];
        for key in &keys {
            let unnamed = encrypt(key, &json!({"kid": null}), INNER.as_bytes());
            assert_eq!(reason(&unnamed, alg, &keys), "none");
        }
        let misnamed = encrypt(&keys[0], &json!({"kid": keys[1].kid()}), INNER.as_bytes());
        assert_eq!(reason(&misnamed, alg, &keys), "decryption_failed");
        let unknown = encrypt(&keys[0], &json!({"kid": "../../dev/null"}), INNER.as_bytes());
        assert_eq!(reason(&unknown, alg, &keys), "decryption_key_unknown");
        let strangers = encrypt(&key(alg), &json!({"kid": null}), INNER.as_bytes());
        assert_eq!(reason(&strangers, alg, &keys), "decryption_failed");
        assert_eq!(reason(&strangers, alg, &[]), "decryption_failed");
    }
}

#[test]
fn whatever_fails_in_the_cryptography_fails_in_the_same_words() {
    for alg in ALGS {
        let keys = [key(alg)];
        let token = encrypt(&keys[0], &json!({}), INNER.as_bytes());
        let segments: Vec<&str> = token.split('.').collect();
        for segment in [1, 2, 3, 4] {
            let mut bytes = decode(segments[segment]).unwrap();
            let Some(byte) = bytes.first_mut() else { continue };
            *byte ^= 0x10;
            let altered = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            let mut parts = segments.clone();
            parts[segment] = &altered;
            let error = open(&parts.join("."), &accepted(alg), &keys).unwrap_err();
            assert!(matches!(error, JweError::Decryption), "{segment}: {error}");
        }
        let mut header: Value = serde_json::from_slice(&decode(segments[0]).unwrap()).unwrap();
        header["x"] = json!(1);
        let protected = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        let [_, wrapped, iv, ciphertext, tag] = segments[..] else {
            panic!()
        };
        let of_another_header = [&protected, wrapped, iv, ciphertext, tag].join(".");
        assert_eq!(reason(&of_another_header, alg, &keys), "decryption_failed");
        for tag in ["", tag.get(..20).unwrap()] {
            let shortened = [segments[0], wrapped, iv, ciphertext, tag].join(".");
            assert_eq!(reason(&shortened, alg, &keys), "decryption_failed", "{tag}");
        }
    }
}

#[test]
fn a_tag_is_sixteen_bytes_wherever_its_segment_begins() {
    let alg = KeyManagementAlg::EcdhEs;
    let keys = [key(alg)];
    let token = encrypt(&keys[0], &json!({}), INNER.as_bytes());
    let segments: Vec<&str> = token.split('.').collect();
    let [protected, wrapped, iv, ciphertext, tag] = segments[..] else {
        panic!()
    };
    let sealed = [decode(ciphertext).unwrap(), decode(tag).unwrap()].concat();
    for (length, expected) in [(16, "none"), (15, "decryption_failed"), (20, "decryption_failed")] {
        let (ciphertext, tag) = sealed.split_at(sealed.len() - length);
        let [ciphertext, tag] = [ciphertext, tag].map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes));
        let text = [protected, wrapped, iv, &ciphertext, &tag].join(".");
        assert_eq!(reason(&text, alg, &keys), expected, "{length}");
    }
}

#[test]
fn a_key_of_another_length_than_its_content_wants_fails_in_the_same_words() {
    let alg = KeyManagementAlg::RsaOaep256;
    let keys = [key(alg)];
    // Encrypted with a key of 16 bytes, under a header that says 32.
    let token = encrypt(&keys[0], &json!({"enc": "A128GCM"}), INNER.as_bytes());
    let (protected, rest) = token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&decode(protected).unwrap()).unwrap();
    header["enc"] = json!("A256GCM");
    let token = format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()));
    assert_eq!(reason(&token, alg, &keys), "decryption_failed");
}

#[test]
fn an_ephemeral_key_is_a_point_of_p_256_or_nothing() {
    let alg = KeyManagementAlg::EcdhEs;
    let keys = [key(alg)];
    let zero = BASE64_URL_SAFE_NO_PAD.encode([0; 32]);
    let with = |epk: Value| {
        reason(
            &encrypt(&keys[0], &json!({ "epk": epk }), INNER.as_bytes()),
            alg,
            &keys,
        )
    };
    for malformed in [
        json!(null),
        json!("epk"),
        json!({}),
        json!({"kty": "EC", "crv": "P-256", "x": zero}),
        json!({"kty": "EC", "crv": "P-256", "x": zero, "y": "AA"}),
        json!({"kty": "EC", "crv": "P-384", "x": zero, "y": zero}),
        json!({"kty": "OKP", "crv": "X25519", "x": zero, "y": zero}),
        json!({"kty": "EC", "crv": "P-256", "x": [1], "y": zero}),
    ] {
        assert_eq!(with(malformed.clone()), "token_malformed", "{malformed}");
    }
    // Of the right form, and on no curve.
    let x = "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0";
    for (x, y) in [(zero.as_str(), zero.as_str()), (x, x)] {
        let beside = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        assert_eq!(with(beside), "decryption_failed", "{x} {y}");
    }
}

#[test]
fn an_algorithm_that_nobody_pinned_is_refused_before_a_key_is_looked_at() {
    for alg in [
        "RSA1_5",
        "dir",
        "A128KW",
        "ECDH-ES+A256KW",
        "PBES2-HS256+A128KW",
        "none",
        "",
        "ecdh-es",
        "RSA-OAEP-512",
    ] {
        let token = encrypt(&key(KeyManagementAlg::EcdhEs), &json!({ "alg": alg }), b"");
        assert_eq!(
            reason(&token, KeyManagementAlg::EcdhEs, &[]),
            "alg_refused",
            "{alg}"
        );
    }
    for enc in ["A128CBC-HS256", "A256CBC-HS512", "A192GCM", "", "a256gcm"] {
        let token = encrypt(&key(KeyManagementAlg::EcdhEs), &json!({ "enc": enc }), b"");
        assert_eq!(
            reason(&token, KeyManagementAlg::EcdhEs, &[]),
            "alg_refused",
            "{enc}"
        );
    }
}

#[test]
fn a_header_that_demands_more_is_refused() {
    let alg = KeyManagementAlg::EcdhEs;
    let keys = [key(alg)];
    for (changes, expected) in [
        (json!({"zip": "DEF"}), "extension_refused"),
        (json!({"crit": ["exp"]}), "extension_refused"),
        (json!({"crit": []}), "extension_refused"),
        (json!({"p2c": 1}), "extension_refused"),
        (json!({"p2s": "AA"}), "extension_refused"),
        (json!({"b64": true}), "extension_refused"),
        (json!({"cty": null}), "cty_refused"),
        (json!({"cty": "json"}), "cty_refused"),
        (json!({"cty": ""}), "cty_refused"),
        (json!({"cty": 5}), "token_malformed"),
        (json!({"kid": 5}), "token_malformed"),
        (json!({"alg": ["ECDH-ES"]}), "token_malformed"),
        (json!({"cty": "jwt"}), "none"),
        (
            json!({"jwk": {"kty": "oct"}, "jku": "https://evil", "x5c": ["AA"]}),
            "none",
        ),
    ] {
        let token = encrypt(&keys[0], &changes, INNER.as_bytes());
        assert_eq!(reason(&token, alg, &keys), expected, "{changes}");
    }
    let long = BASE64_URL_SAFE_NO_PAD.encode([0; 257]);
    let token = encrypt(&keys[0], &json!({ "apu": long }), INNER.as_bytes());
    assert_eq!(reason(&token, alg, &keys), "token_malformed");
}

#[test]
fn another_form_is_refused() {
    for alg in ALGS {
        let keys = [key(alg)];
        let token = encrypt(&keys[0], &json!({}), INNER.as_bytes());
        for text in [
            format!("{token}."),
            format!("{token}\n"),
            format!(" {token}"),
            format!("{token}="),
            token.replacen('.', "..", 1),
            token.replacen("ey", "+/", 1),
            r#"{"protected":"","ciphertext":""}"#.to_owned(),
            String::new(),
            "....".to_owned(),
            "a.b".to_owned(),
        ] {
            assert_eq!(reason(&text, alg, &keys), "token_malformed", "{text:?}");
        }
        assert_eq!(reason(INNER, alg, &keys), "token_not_encrypted");
        let long = encrypt(&keys[0], &json!({}), &vec![b'a'; 3 * LONGEST / 4]);
        assert_eq!(reason(&long, alg, &keys), "token_malformed");
    }
    // An encrypted key where none can be, and none where one must be.
    let ecdh = [key(KeyManagementAlg::EcdhEs)];
    let token = encrypt(&ecdh[0], &json!({}), INNER.as_bytes()).replacen("..", ".AAAA.", 1);
    assert_eq!(reason(&token, KeyManagementAlg::EcdhEs, &ecdh), "token_malformed");
    let rsa = [key(KeyManagementAlg::RsaOaep)];
    let token = encrypt(&rsa[0], &json!({}), INNER.as_bytes());
    let mut segments: Vec<&str> = token.split('.').collect();
    segments[1] = "";
    assert_eq!(
        reason(&segments.join("."), KeyManagementAlg::RsaOaep, &rsa),
        "decryption_failed"
    );
}

proptest::proptest! {
    #[test]
    fn no_text_is_a_panic(text in "[A-Za-z0-9_=.-]{0,80}", header in ".{0,40}") {
        let keys = [key(KeyManagementAlg::EcdhEs)];
        proptest::prop_assert!(open(&text, &accepted(KeyManagementAlg::EcdhEs), &keys).is_err());
        let text = format!("{}...AA.AA", BASE64_URL_SAFE_NO_PAD.encode(header));
        proptest::prop_assert!(open(&text, &accepted(KeyManagementAlg::EcdhEs), &keys).is_err());
    }
}
