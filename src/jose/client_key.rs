//! The key with which a client authenticates at its provider (RFC 7523, section 2.2): on P-256 for ES256, or RSA for RS256.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::jose::jwk_set::PublicJwk;
use crate::secret::Secret;

/// The lines around a private key in PEM (RFC 7468, section 10).
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// RFC 7518, section 3.3, and more than anybody needs, in bytes.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// Why there is no key, or no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientKeyError {
    /// Another form or another kind of key. What was read is not repeated.
    #[error("not an unencrypted PKCS#8 private key in PEM, on P-256 or RSA of 2048 to 4096 bits")]
    NotAKey,
    /// The claims could not be written, or the library failed.
    #[error("the token could not be signed")]
    Signature,
}

/// A private key, read once.
pub struct ClientKey {
    pair: Pair,
    kid: String,
}

enum Pair {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl ClientKey {
    /// Reads a key, whichever of the two kinds it is.
    pub fn from_pem(pem: &Secret) -> Result<Self, ClientKeyError> {
        let der = der_of(pem).ok_or(ClientKeyError::NotAKey)?;
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der) {
            let public = PublicJwk::of_point(pair.public_key().as_ref()).ok_or(ClientKeyError::NotAKey)?;
            return Ok(Self {
                kid: public.kid().to_owned(),
                pair: Pair::P256(pair),
            });
        }
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_rejected| ClientKeyError::NotAKey)?;
        if !MODULUS.contains(&pair.public_modulus_len()) {
            return Err(ClientKeyError::NotAKey);
        }
        Ok(Self {
            kid: rsa_thumbprint(&pair),
            pair: Pair::Rsa(pair),
        })
    }

    /// The algorithm, by its name in RFC 7518.
    pub fn alg(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) => "ES256",
            Pair::Rsa(_) => "RS256",
        }
    }

    /// The identifier of the key: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs `claims` as a compact JWS whose header is `alg`, `kid` and `typ`, and nothing else.
    pub fn sign<C: Serialize>(&self, claims: &C) -> Result<String, ClientKeyError> {
        let header = json!({ "alg": self.alg(), "kid": self.kid, "typ": "JWT" }).to_string();
        let claims = serde_json::to_vec(claims).map_err(|_unserialisable| ClientKeyError::Signature)?;
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let input = format!("{}.{}", encode(header.as_bytes()), encode(&claims));
        let signature = self.signature(input.as_bytes())?;
        Ok(format!("{input}.{}", encode(&signature)))
    }

    fn signature(&self, input: &[u8]) -> Result<Vec<u8>, ClientKeyError> {
        let random = SystemRandom::new();
        let signed = match &self.pair {
            Pair::P256(pair) => pair
                .sign(&random, input)
                .map(|signature| signature.as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, input, &mut signature)
                    .map(|()| signature)
            }
        };
        signed.map_err(|_unspecified| ClientKeyError::Signature)
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientKey").field(&self.kid).finish()
    }
}

fn der_of(pem: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let body = pem.expose_str()?.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    BASE64_STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
}

/// RFC 7638, section 3: the required members in the order of their names.
fn rsa_thumbprint(pair: &RsaKeyPair) -> String {
    let public = pair.public_key();
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let e = encode(public.exponent().big_endian_without_leading_zero());
    let n = encode(public.modulus().big_endian_without_leading_zero());
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    encode(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::signing::SigningKey;
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::encoding::Pkcs8V1Der;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;
    use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
    use aws_lc_rs::signature::UnparsedPublicKey;
    use aws_lc_rs::signature::VerificationAlgorithm;

    fn rsa_pem() -> (Secret, Vec<u8>) {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pem = format!("{BEGIN}\n{}\n{END}\n", BASE64_STANDARD.encode(der.as_ref()));
        (Secret::new(pem), pair.public_key().as_ref().to_vec())
    }

    fn verifies(token: &str, alg: &'static dyn VerificationAlgorithm, public: &[u8]) {
        let (input, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(alg, public)
            .verify(input.as_bytes(), &signature)
            .unwrap();
    }

    #[test]
    fn either_kind_of_key_signs_what_its_public_half_verifies() {
        let pem = SigningKey::generate_pem().unwrap();
        let key = ClientKey::from_pem(&pem).unwrap();
        assert_eq!(key.alg(), "ES256");
        assert_eq!(key.kid(), SigningKey::from_pem(&pem).unwrap().kid());
        let Pair::P256(pair) = &key.pair else {
            panic!("{key:?}")
        };
        let token = key.sign(&json!({"sub": "é"})).unwrap();
        verifies(&token, &ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());

        let (pem, public) = rsa_pem();
        let key = ClientKey::from_pem(&pem).unwrap();
        assert_eq!(key.alg(), "RS256");
        let token = key.sign(&json!({"sub": "é"})).unwrap();
        verifies(&token, &RSA_PKCS1_2048_8192_SHA256, &public);
        let header = BASE64_URL_SAFE_NO_PAD
            .decode(token.split('.').next().unwrap())
            .unwrap();
        let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header, json!({"alg": "RS256", "kid": key.kid(), "typ": "JWT"}));
    }

    #[test]
    fn what_is_neither_is_refused_and_not_repeated() {
        let generated = SigningKey::generate_pem().unwrap();
        let text = generated.expose_str().unwrap();
        for wrong in [
            String::new(),
            "hunter2".to_owned(),
            text.replace("PRIVATE KEY", "EC PRIVATE KEY"),
            format!("{BEGIN}\nAAAA\n{END}\n"),
        ] {
            let error = ClientKey::from_pem(&Secret::new(wrong)).unwrap_err();
            assert_eq!(error, ClientKeyError::NotAKey);
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
