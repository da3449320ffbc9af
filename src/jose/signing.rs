//! One prepared ES256 key (RFC 7518, section 3.4): what the gateway signs its assertions with.

use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use serde::Serialize;

use crate::jose::jwk_set::PublicJwk;
use crate::jose::private_key::KeyType;
use crate::jose::private_key::PrivateKey;
use crate::jose::private_key::PrivateKeyError;
use crate::secret::Secret;

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The claims could not be written, or the library failed.
    #[error("the token could not be signed")]
    Signature(#[source] jsonwebtoken::errors::Error),
}

/// A private key, read once, with its public half.
pub struct SigningKey {
    key: EncodingKey,
    public: PublicJwk,
}

impl SigningKey {
    /// Makes a new key, as PKCS#8 in PEM.
    pub fn generate_pem() -> Result<Secret, PrivateKeyError> {
        PrivateKey::generate_pem(KeyType::P256)
    }

    /// Reads a key.
    pub fn from_pem(pem: &Secret) -> Result<Self, PrivateKeyError> {
        let private = PrivateKey::from_pem(KeyType::P256, pem)?;
        Ok(Self {
            key: EncodingKey::from_ec_der(private.der()),
            public: private.public().clone().published_for("sig", "ES256"),
        })
    }

    /// The identifier of the key.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The public half.
    pub fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// Signs `claims` as a compact JWS whose header is `alg`, `kid` and this `typ`, and nothing else.
    pub fn sign<C: Serialize>(&self, typ: &str, claims: &C) -> Result<String, SigningError> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.kid().to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(SigningError::Signature)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SigningKey").field(&self.kid()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;
    use aws_lc_rs::signature::UnparsedPublicKey;
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    #[test]
    fn a_generated_key_signs_what_its_public_half_verifies() {
        let pem = SigningKey::generate_pem().unwrap();
        let key = SigningKey::from_pem(&pem).unwrap();
        let token = key.sign("guichet+jwt", &serde_json::json!({"sub": "é"})).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = input.split_once('.').unwrap();
        let decode = |segment: &str| BASE64_URL_SAFE_NO_PAD.decode(segment).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&decode(header)).unwrap();
        assert_eq!(
            header,
            serde_json::json!({"alg": "ES256", "kid": key.kid(), "typ": "guichet+jwt"})
        );
        assert_eq!(decode(payload), r#"{"sub":"é"}"#.as_bytes());
        let jwk = serde_json::to_value(key.public()).unwrap();
        let point = [
            vec![4],
            decode(jwk["x"].as_str().unwrap()),
            decode(jwk["y"].as_str().unwrap()),
        ]
        .concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(input.as_bytes(), &decode(signature))
            .unwrap();
    }
}
