//! A client's public key as a portal is given it: PEM, on P-256 or RSA (RFC 5280, section 4.1: `SubjectPublicKeyInfo`).

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;
use serde_json::json;

use crate::provider::keys::der_value;
use crate::provider::keys::rsa_numbers;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// The set of this one key.
pub fn key_set(pem: &str) -> io::Result<JwkSet> {
    let key = jwk(pem).ok_or_else(|| io::Error::other("not a public key in PEM, on P-256 or RSA"))?;
    serde_json::from_value(json!({ "keys": [key] })).map_err(io::Error::other)
}

fn jwk(pem: &str) -> Option<Value> {
    let (_, rest) = pem.split_once(BEGIN)?;
    let (base64, _) = rest.split_once(END)?;
    let base64: String = base64.split_whitespace().collect();
    let der = STANDARD.decode(base64).ok()?;
    let (info, _) = der_value(&der, 0x30)?;
    let (_algorithm, rest) = der_value(info, 0x30)?;
    let (bits, _) = der_value(rest, 0x03)?;
    let key = bits.strip_prefix(&[0])?;
    let encode = |part| URL_SAFE_NO_PAD.encode(part);
    if let Some((n, e)) = rsa_numbers(key) {
        return Some(json!({ "kty": "RSA", "alg": "RS256", "n": encode(n), "e": encode(e) }));
    }
    let (x, y) = key.strip_prefix(&[4])?.split_at_checked(32)?;
    (y.len() == 32)
        .then(|| json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "x": encode(x), "y": encode(y) }))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::encoding::PublicKeyX509Der;
    use aws_lc_rs::rsa;
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    use aws_lc_rs::signature::EcdsaKeyPair;
    use aws_lc_rs::signature::KeyPair;
    use jsonwebtoken::DecodingKey;

    use super::*;

    fn pem(der: &PublicKeyX509Der<'_>) -> String {
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(der.as_ref()))
    }

    #[test]
    fn both_kinds_of_keys_are_read_and_nothing_else_is() {
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let rsa = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let of_ec = pem(&ec.public_key().as_der().unwrap());
        let of_rsa = pem(&rsa.public_key().as_der().unwrap());
        for (pem, kty) in [(&of_ec, "EC"), (&of_rsa, "RSA")] {
            let key = key_set(pem).unwrap().keys.remove(0);
            assert!(DecodingKey::from_jwk(&key).is_ok());
            assert_eq!(serde_json::to_value(&key).unwrap()["kty"], kty);
        }
        for text in [
            "",
            &of_ec.replace("PUBLIC", "PRIVATE"),
            &of_rsa.replace("MII", "AAA"),
        ] {
            assert!(key_set(text).is_err(), "{text}");
        }
    }
}
