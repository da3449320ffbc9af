//! The provider's signing keys and the tokens that it makes with them (RFC 7515, compact serialization).

use std::io;
use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::UnparsedPublicKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use crate::provider::signing_algorithm::SigningAlgorithm;
use crate::random;

/// An RSA key takes a while to make, and what a test learns from one it learns from any: one a process.
static RSA: OnceLock<Option<rsa::KeyPair>> = OnceLock::new();

/// One key for each algorithm.
#[derive(Debug)]
pub(crate) struct Keys {
    ec: EcdsaKeyPair,
    /// Part of both key ids, colons included, as FranceConnect's have them.
    name: String,
}

impl Keys {
    pub(crate) fn generate() -> io::Result<Self> {
        let ec = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).map_err(no_key)?;
        Ok(Self {
            ec,
            name: random::hex::<6>()?,
        })
    }

    fn rsa() -> io::Result<&'static rsa::KeyPair> {
        RSA.get_or_init(|| rsa::KeyPair::generate(rsa::KeySize::Rsa2048).ok())
            .as_ref()
            .ok_or_else(|| io::Error::other("no RSA key could be made"))
    }

    /// Makes the RSA key ahead of the first request that needs it.
    pub(crate) fn warm() {
        // A failure shows when the key is needed.
        drop(Self::rsa());
    }

    fn kid(&self, algorithm: SigningAlgorithm) -> String {
        format!("simulated:{}:{}", algorithm.name(), self.name)
    }

    /// The JWKS (RFC 7517): the EC key first, then the RSA key.
    pub(crate) fn jwks(&self) -> io::Result<Value> {
        let point = self.ec.public_key().as_ref();
        let (x, y) = (
            point.get(1..33).unwrap_or_default(),
            point.get(33..65).unwrap_or_default(),
        );
        let (n, e) = rsa_numbers(Self::rsa()?.public_key().as_ref())
            .ok_or_else(|| io::Error::other("an RSA public key of another shape"))?;
        Ok(json!({"keys": [
            {"kty": "EC", "use": "sig", "kid": self.kid(SigningAlgorithm::Es256), "alg": "ES256", "crv": "P-256",
             "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)},
            {"kty": "RSA", "use": "sig", "kid": self.kid(SigningAlgorithm::Rs256), "alg": "RS256",
             "e": URL_SAFE_NO_PAD.encode(e), "n": URL_SAFE_NO_PAD.encode(n)},
        ]}))
    }

    /// A signed token whose header is `alg` and `kid`, nothing else.
    pub(crate) fn sign(&self, algorithm: SigningAlgorithm, claims: &Value) -> io::Result<String> {
        let header = format!(
            r#"{{"alg":"{}","kid":"{}"}}"#,
            algorithm.name(),
            self.kid(algorithm)
        );
        let input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let random = SystemRandom::new();
        let signature = match algorithm {
            SigningAlgorithm::Es256 => {
                let signature = self.ec.sign(&random, input.as_bytes()).map_err(no_key)?;
                signature.as_ref().to_vec()
            }
            SigningAlgorithm::Rs256 => {
                let key = Self::rsa()?;
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &signature::RSA_PKCS1_SHA256,
                    &random,
                    input.as_bytes(),
                    &mut signature,
                )
                .map_err(no_key)?;
                signature
            }
        };
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a token that this provider signed once. Its expiry does not matter: a logout hint is old.
    pub(crate) fn open(&self, token: &str) -> Result<Value, HintFault> {
        let (input, signature) = token.rsplit_once('.').ok_or(HintFault::Undecodable)?;
        let (header, payload) = input.split_once('.').ok_or(HintFault::Undecodable)?;
        let header = decode_json(header)?;
        let claims = decode_json(payload)?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_not_base64| HintFault::Undecodable)?;
        let kid = header.get("kid").and_then(Value::as_str).unwrap_or_default();
        let verified = if kid == self.kid(SigningAlgorithm::Es256) {
            UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, self.ec.public_key().as_ref())
                .verify(input.as_bytes(), &signature)
        } else {
            let key = Self::rsa().map_err(|_no_key| HintFault::BadSignature)?;
            UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
                .verify(input.as_bytes(), &signature)
        };
        verified.map_err(|_unspecified| HintFault::BadSignature)?;
        Ok(claims)
    }
}

/// What is wrong with an `id_token_hint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HintFault {
    Undecodable,
    BadSignature,
}

fn decode_json(part: &str) -> Result<Value, HintFault> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_not_base64| HintFault::Undecodable)?;
    serde_json::from_slice(&bytes).map_err(|_not_json| HintFault::Undecodable)
}

fn no_key(_: aws_lc_rs::error::Unspecified) -> io::Error {
    io::Error::other("the key could not be made or used")
}

/// Modulus and exponent of a PKCS #1 `RSAPublicKey` (RFC 8017, A.1.1), without leading zeros.
pub(crate) fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = der_value(der, 0x30)?;
    let (modulus, rest) = der_value(sequence, 0x02)?;
    let (exponent, _) = der_value(rest, 0x02)?;
    Some((modulus.strip_prefix(&[0]).unwrap_or(modulus), exponent))
}

/// The content of the first element, which must have this tag, and what follows it.
pub(crate) fn der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (
            bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            rest,
        )
    };
    (found == tag).then(|| rest.split_at_checked(length)).flatten()
}
