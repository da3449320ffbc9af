//! One prepared ES256 key (RFC 7518, section 3.4): what the gateway signs its assertions with.

use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::jose::jwk_set::PublicJwk;
use crate::secret::Secret;

/// The lines around a private key in PEM (RFC 7468, section 10).
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Characters in a line of PEM (RFC 7468, section 2).
const LINE: usize = 64;

/// Why there is no key, or no signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// Not a PKCS#8 private key on P-256 in PEM. What was read is not repeated.
    #[error("not an unencrypted PKCS#8 private key on P-256 in PEM")]
    NotAKey,
    /// The random generator or the library failed.
    #[error("the key could not be made")]
    Generation,
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
    pub fn generate_pem() -> Result<Secret, SigningError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_unspecified| SigningError::Generation)?;
        let document = pair
            .to_pkcs8v1()
            .map_err(|_unspecified| SigningError::Generation)?;
        let body = Zeroizing::new(BASE64_STANDARD.encode(document.as_ref()));
        let mut pem = Zeroizing::new(format!("{BEGIN}\n"));
        for (index, character) in body.chars().enumerate() {
            if index > 0 && index % LINE == 0 {
                pem.push('\n');
            }
            pem.push(character);
        }
        pem.push('\n');
        pem.push_str(END);
        pem.push('\n');
        Ok(Secret::new(pem.as_bytes()))
    }

    /// Reads a key.
    pub fn from_pem(pem: &Secret) -> Result<Self, SigningError> {
        let der = der_of(pem).ok_or(SigningError::NotAKey)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
            .map_err(|_rejected| SigningError::NotAKey)?;
        let public = PublicJwk::of_point(pair.public_key().as_ref()).ok_or(SigningError::NotAKey)?;
        Ok(Self {
            key: EncodingKey::from_ec_der(&der),
            public,
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

fn der_of(pem: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let body = pem.expose_str()?.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    BASE64_STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;
    use aws_lc_rs::signature::UnparsedPublicKey;
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

    #[test]
    fn the_same_file_has_the_same_name_and_two_keys_have_two() {
        let pem = SigningKey::generate_pem().unwrap();
        let key = |pem: &Secret| SigningKey::from_pem(pem).unwrap().kid().to_owned();
        assert_eq!(key(&pem), key(&pem));
        assert_ne!(key(&pem), key(&SigningKey::generate_pem().unwrap()));
        assert!(pem.expose_str().unwrap().lines().all(|line| line.len() <= LINE));
    }

    #[test]
    fn what_is_not_such_a_key_is_refused() {
        let generated = SigningKey::generate_pem().unwrap();
        let text = generated.expose_str().unwrap();
        for wrong in [
            String::new(),
            "hunter2".to_owned(),
            text.replace("PRIVATE KEY", "EC PRIVATE KEY"),
            text.replacen("MIG", "MIH", 1),
            format!("{BEGIN}\nAAAA\n{END}\n"),
        ] {
            let error = SigningKey::from_pem(&Secret::new(wrong)).unwrap_err();
            assert!(matches!(error, SigningError::NotAKey));
        }
    }
}
