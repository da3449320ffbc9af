//! What verifies a signature: a public key of a JWK (RFC 7517), or a secret that both sides know.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;
use aws_lc_rs::signature::ParsedPublicKey;
use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use serde_json::Value;

use crate::seal;

/// A coordinate of P-256 (RFC 7518, section 6.2.1.2).
const COORDINATE: usize = 32;
/// Before the coordinates of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;
/// RFC 7518, section 3.3: a shorter RSA key must not be used.
const LEAST_RSA_BITS: usize = 2048;
/// A longer one takes longer than a signature is worth (CVE-2023-6237).
const MOST_RSA_BITS: usize = 8192;
/// A longer public exponent does so as well; nobody has one.
const MOST_EXPONENT_BYTES: usize = 4;

/// A key for one algorithm.
#[derive(Clone)]
pub enum SignatureKey {
    /// P-256, for ES256 (RFC 7518, section 3.4).
    P256(ParsedPublicKey),
    /// RSA of 2048 to 8192 bits, for RS256 (RFC 7518, section 3.3).
    Rsa(ParsedPublicKey),
    /// For HS256 (RFC 7518, section 3.2).
    Shared(Box<hmac::Key>),
}

impl SignatureKey {
    /// The public key of a JWK; nothing where it is of another kind, too short, too long, or no point of the curve.
    pub fn of_jwk(jwk: &Value) -> Option<Self> {
        let member = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| seal::from_base64url(member(name)?);
        match member("kty")? {
            "EC" if member("crv")? == "P-256" => p256(&bytes("x")?, &bytes("y")?),
            "RSA" => rsa(&bytes("n")?, &bytes("e")?),
            _ => None,
        }
    }

    /// A secret.
    pub fn shared(secret: &[u8]) -> Self {
        Self::Shared(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// Whether this key made this signature of these bytes.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) | Self::Rsa(key) => key.verify_sig(message, signature).is_ok(),
            Self::Shared(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

impl fmt::Debug for SignatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256(_) => "P256",
            Self::Rsa(_) => "Rsa",
            Self::Shared(_) => "Shared",
        })
    }
}

fn p256(x: &[u8], y: &[u8]) -> Option<SignatureKey> {
    if (x.len(), y.len()) != (COORDINATE, COORDINATE) {
        return None;
    }
    let point = [&[UNCOMPRESSED], x, y].concat();
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()?;
    Some(SignatureKey::P256(key))
}

/// Some libraries write a zero before the modulus (RFC 7518, section 6.3.1.1).
fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<SignatureKey> {
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let modulus = modulus.get(zeros..)?;
    let bits = modulus.len().saturating_mul(8) - modulus.first()?.leading_zeros() as usize;
    if !(LEAST_RSA_BITS..=MOST_RSA_BITS).contains(&bits) || !is_usual(exponent) {
        return None;
    }
    let components = RsaPublicKeyComponents {
        n: modulus,
        e: exponent,
    };
    let key = components
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .ok()?;
    Some(SignatureKey::Rsa(key))
}

/// Odd, at least 3 and below 2^32, without zeros before it.
fn is_usual(exponent: &[u8]) -> bool {
    let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
    is_odd && exponent.len() <= MOST_EXPONENT_BYTES && exponent.first() != Some(&0) && exponent != [1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::test_keys::TestKey;
    use serde_json::json;

    #[test]
    fn a_key_verifies_what_its_private_half_signed_and_nothing_else() {
        for (key, other) in [
            (TestKey::es256(), TestKey::es256()),
            (TestKey::rs256(), TestKey::rs256()),
        ] {
            let public = SignatureKey::of_jwk(&key.jwk("a")).unwrap();
            let token = key.sign(&json!({}), &json!({"sub": "1"}));
            let (input, signature) = token.rsplit_once('.').unwrap();
            let signature = seal::from_base64url(signature).unwrap();
            assert!(public.signed(input.as_bytes(), &signature));
            assert!(!public.signed(b"something else", &signature));
            assert!(!public.signed(input.as_bytes(), &[]));
            let strange = SignatureKey::of_jwk(&other.jwk("a")).unwrap();
            assert!(!strange.signed(input.as_bytes(), &signature));
        }
        let shared = SignatureKey::shared(b"secret");
        let tag = TestKey::hmac(b"secret", b"message");
        assert!(shared.signed(b"message", &tag));
        assert!(!shared.signed(b"message", &tag[..31]));
        assert!(!SignatureKey::shared(b"Secret").signed(b"message", &tag));
    }

    #[test]
    fn a_zero_before_a_modulus_is_no_part_of_it() {
        let key = TestKey::rs256();
        let mut jwk = key.jwk("a");
        let modulus = seal::from_base64url(jwk["n"].as_str().unwrap()).unwrap();
        jwk["n"] = json!(seal::base64url(&[&[0][..], &modulus].concat()));
        let token = key.sign(&json!({}), &json!({}));
        let (input, signature) = token.rsplit_once('.').unwrap();
        let public = SignatureKey::of_jwk(&jwk).unwrap();
        assert!(public.signed(input.as_bytes(), &seal::from_base64url(signature).unwrap()));
        // 2047 bits.
        jwk["n"] = json!(seal::base64url(&[&[0x7f][..], &modulus[1..]].concat()));
        assert!(SignatureKey::of_jwk(&jwk).is_none());
    }

    #[test]
    fn what_is_no_strong_public_key_is_none() {
        let with = |mut jwk: Value, name: &str, value: &str| {
            jwk[name] = json!(value);
            jwk
        };
        let (ec, rsa) = (TestKey::es256().jwk("a"), TestKey::rs256().jwk("a"));
        let zeros = "A".repeat(43);
        let long = "B".repeat(1366);
        for jwk in [
            json!({}),
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": zeros}),
            with(ec.clone(), "crv", "P-384"),
            with(ec.clone(), "x", "AAAA"),
            // A point that is not on the curve.
            with(ec, "y", &zeros),
            with(rsa.clone(), "n", "AQAB"),
            with(rsa.clone(), "n", &format!("{long}B")),
            with(rsa.clone(), "e", "AQ"),
            with(rsa.clone(), "e", "AAEAAQ"),
            with(rsa.clone(), "e", "AAAB"),
            with(rsa, "e", "AQAAAAE"),
        ] {
            assert!(SignatureKey::of_jwk(&jwk).is_none(), "{jwk}");
        }
    }
}
