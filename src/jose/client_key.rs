//! The key with which a client authenticates at its provider (RFC 7523, section 2.2): on P-256 for ES256, or RSA for RS256.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

use crate::jose::jwk_set::PublicJwk;
use crate::jose::private_key::KeyType;
use crate::jose::private_key::PrivateKey;
use crate::secret::Secret;

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
    public: PublicJwk,
}

enum Pair {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl ClientKey {
    /// Reads a key, whichever of the two kinds it is.
    pub fn from_pem(pem: &Secret) -> Result<Self, ClientKeyError> {
        let not_a_key = ClientKeyError::NotAKey;
        if let Ok(key) = PrivateKey::from_pem(KeyType::P256, pem) {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.der());
            return Ok(Self {
                pair: Pair::P256(pair.map_err(|_rejected| not_a_key)?),
                public: key.public().clone().published_for("sig", "ES256"),
            });
        }
        let key = PrivateKey::from_pem(KeyType::Rsa, pem).map_err(|_rejected| not_a_key)?;
        let pair = RsaKeyPair::from_pkcs8(key.der());
        Ok(Self {
            pair: Pair::Rsa(pair.map_err(|_rejected| not_a_key)?),
            public: key.public().clone().published_for("sig", "RS256"),
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
        self.public.kid()
    }

    /// The public half.
    pub fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// Signs `claims` as a compact JWS whose header is `alg`, `kid` and `typ`, and nothing else.
    pub fn sign<C: Serialize>(&self, claims: &C) -> Result<String, ClientKeyError> {
        let header = json!({ "alg": self.alg(), "kid": self.kid(), "typ": "JWT" }).to_string();
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
        f.debug_tuple("ClientKey").field(&self.kid()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::signing::SigningKey;
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;
    use aws_lc_rs::signature::KeyPair;
    use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
    use aws_lc_rs::signature::UnparsedPublicKey;
    use aws_lc_rs::signature::VerificationAlgorithm;

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

        let pem = PrivateKey::generate_pem(KeyType::Rsa).unwrap();
        let key = ClientKey::from_pem(&pem).unwrap();
        assert_eq!(key.alg(), "RS256");
        let Pair::Rsa(pair) = &key.pair else {
            panic!("{key:?}")
        };
        let public = pair.public_key().as_ref();
        let token = key.sign(&json!({"sub": "é"})).unwrap();
        verifies(&token, &RSA_PKCS1_2048_8192_SHA256, public);
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
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
        ] {
            let error = ClientKey::from_pem(&Secret::new(wrong)).unwrap_err();
            assert_eq!(error, ClientKeyError::NotAKey);
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
