//! A signed token, encrypted for a key of the client (RFC 7516): a key of its own for each, and A256GCM.

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::UnboundKey;
use aws_lc_rs::agreement;
use aws_lc_rs::agreement::ECDH_P256;
use aws_lc_rs::digest;
use aws_lc_rs::rsa::OAEP_SHA1_MGF1SHA1;
use aws_lc_rs::rsa::OAEP_SHA256_MGF1SHA256;
use aws_lc_rs::rsa::OaepPublicEncryptingKey;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use crate::random;

const CONTENT: &str = "A256GCM";
const CONTENT_KEY: usize = 32;

/// Why nothing was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unencrypted {
    /// The client's keys are not where it said.
    Unreachable,
    /// None of them fits, or the one that does is none.
    NoKey,
}

/// The key of a content, and what tells it to the recipient.
struct Envelope {
    content_key: [u8; CONTENT_KEY],
    wrapped: Vec<u8>,
    ephemeral: Option<Value>,
}

/// Encrypts for the first of the client's keys that fits. `header` is said in the protected header as well.
pub(crate) fn encrypt(
    algorithm: &str,
    keys: &Value,
    mut header: Value,
    signed: String,
) -> Result<String, Unencrypted> {
    let key = first_that_fits(algorithm, keys).ok_or(Unencrypted::NoKey)?;
    let envelope = match algorithm {
        "ECDH-ES" => agree(key),
        _ => wrap(algorithm, key),
    };
    let envelope = envelope.ok_or(Unencrypted::NoKey)?;
    if let Some(members) = header.as_object_mut() {
        members.insert("alg".to_owned(), algorithm.into());
        members.insert("enc".to_owned(), CONTENT.into());
        members.insert("cty".to_owned(), "JWT".into());
        members.extend(key.get("kid").map(|kid| ("kid".to_owned(), kid.clone())));
        members.extend(envelope.ephemeral.clone().map(|key| ("epk".to_owned(), key)));
    }
    seal(&header, &envelope, signed.into_bytes()).ok_or(Unencrypted::NoKey)
}

/// A key for another use or another algorithm does not fit; one that says neither does.
fn first_that_fits<'a>(algorithm: &str, keys: &'a Value) -> Option<&'a Value> {
    let kind = if algorithm == "ECDH-ES" { "EC" } else { "RSA" };
    let says = |key: &Value, member: &str, value: &str| key.get(member).is_none_or(|said| said == value);
    keys.get("keys")?.as_array()?.iter().find(|key| {
        key.get("kty").is_some_and(|kty| kty == kind)
            && says(key, "use", "enc")
            && says(key, "alg", algorithm)
    })
}

/// Diffie-Hellman with a key that is used once, then one round of the Concat KDF (RFC 7518, section 4.6).
fn agree(key: &Value) -> Option<Envelope> {
    let ephemeral = agreement::PrivateKey::generate(&ECDH_P256).ok()?;
    let public = ephemeral.compute_public_key().ok()?;
    let (x, y) = (public.as_ref().get(1..33)?, public.as_ref().get(33..65)?);
    let point = [&[4], decoded(key, "x")?.as_slice(), decoded(key, "y")?.as_slice()].concat();
    let theirs = agreement::UnparsedPublicKey::new(&ECDH_P256, point);
    let shared = agreement::agree(&ephemeral, theirs, (), |shared| Ok(shared.to_vec())).ok()?;
    let length = u32::try_from(CONTENT.len()).ok()?;
    let bits = u32::try_from(CONTENT_KEY * 8).ok()?;
    let info = [
        &1_u32.to_be_bytes(),
        shared.as_slice(),
        &length.to_be_bytes(),
        CONTENT.as_bytes(),
        &[0; 8], // neither party is named
        &bits.to_be_bytes(),
    ]
    .concat();
    let content_key = digest::digest(&digest::SHA256, &info);
    Some(Envelope {
        content_key: content_key.as_ref().try_into().ok()?,
        wrapped: Vec::new(),
        ephemeral: Some(json!({
            "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        })),
    })
}

/// A random key, encrypted by RSAES OAEP (RFC 7518, section 4.3).
fn wrap(algorithm: &str, key: &Value) -> Option<Envelope> {
    let padding = if algorithm == "RSA-OAEP" {
        &OAEP_SHA1_MGF1SHA1
    } else {
        &OAEP_SHA256_MGF1SHA256
    };
    let numbers = RsaPublicKeyComponents {
        n: decoded(key, "n")?,
        e: decoded(key, "e")?,
    };
    let public: PublicEncryptingKey = numbers.try_into().ok()?;
    let public = OaepPublicEncryptingKey::new(public).ok()?;
    let content_key = random::bytes::<CONTENT_KEY>().ok()?;
    let mut wrapped = vec![0; public.ciphertext_size()];
    public.encrypt(padding, &content_key, &mut wrapped, None).ok()?;
    Some(Envelope {
        content_key,
        wrapped,
        ephemeral: None,
    })
}

/// Five segments (RFC 7516, section 7.1).
fn seal(header: &Value, envelope: &Envelope, mut content: Vec<u8>) -> Option<String> {
    let protected = URL_SAFE_NO_PAD.encode(header.to_string());
    let iv = random::bytes::<12>().ok()?;
    let key = UnboundKey::new(&AES_256_GCM, &envelope.content_key).ok()?;
    let tag = LessSafeKey::new(key)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(iv),
            Aad::from(protected.as_bytes()),
            &mut content,
        )
        .ok()?;
    let rest =
        [envelope.wrapped.as_slice(), &iv, &content, tag.as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
    Some(format!("{protected}.{}", rest.join(".")))
}

fn decoded(key: &Value, member: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(key.get(member)?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_that_is_for_this_is_taken_and_one_that_does_not_say_is() {
        let taken = |algorithm: &str, keys: &[Value]| {
            let keys = json!({ "keys": keys });
            first_that_fits(algorithm, &keys).map(|key| key["kid"].clone())
        };
        let key = |kid: &str, kty: &str, more: Value| {
            let mut key = json!({ "kid": kid, "kty": kty });
            key.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            key
        };
        let signs = key("signs", "RSA", json!({ "use": "sig" }));
        let other = key("other", "RSA", json!({ "use": "enc", "alg": "RSA-OAEP" }));
        let right = key("right", "RSA", json!({ "use": "enc", "alg": "RSA-OAEP-256" }));
        let plain = key("plain", "RSA", json!({}));
        let curve = key("curve", "EC", json!({ "use": "enc" }));
        let all = [signs.clone(), other, curve, right, plain.clone()];
        assert_eq!(taken("RSA-OAEP-256", &all).unwrap(), "right");
        assert_eq!(taken("RSA-OAEP", &all).unwrap(), "other");
        assert_eq!(taken("ECDH-ES", &all).unwrap(), "curve");
        assert_eq!(taken("RSA-OAEP-256", &[signs.clone(), plain]).unwrap(), "plain");
        assert_eq!(taken("RSA-OAEP", &[signs]), None);
        assert_eq!(taken("RSA-OAEP", &[]), None);
    }
}
