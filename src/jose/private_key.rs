//! A private key as it is kept: PKCS#8 in PEM (RFC 5958, RFC 7468), on P-256 or RSA. What it is used for, others say.

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::jose::jwk_set::PublicKey;
use crate::secret::Secret;

/// The lines around a private key in PEM (RFC 7468, section 10).
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Characters in a line of PEM (RFC 7468, section 2).
const LINE: usize = 64;
/// The modulus of a key that we make, in bits.
const RSA: KeySize = KeySize::Rsa2048;
/// A longer modulus costs more at every login than it is worth, in bytes.
const LONGEST_MODULUS: usize = 512;

/// The kinds of keys that we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// On the curve P-256.
    P256,
    /// RSA, 2048 to 4096 bits.
    Rsa,
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::Rsa => "RSA",
        })
    }
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// Not a PKCS#8 private key of this kind in PEM. What was read is not repeated.
    #[error("not an unencrypted PKCS#8 private key ({0}) in PEM")]
    NotAKey(KeyType),
    /// The random generator or the library failed.
    #[error("the key could not be made")]
    Generation,
}

/// A private key, read once, with its public half.
pub struct PrivateKey {
    der: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

impl PrivateKey {
    /// Makes a new key, as PKCS#8 in PEM.
    pub fn generate_pem(key_type: KeyType) -> Result<Secret, PrivateKeyError> {
        let failed = |_unspecified| PrivateKeyError::Generation;
        match key_type {
            KeyType::P256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
                Ok(pem_of(pair.to_pkcs8v1().map_err(failed)?.as_ref()))
            }
            KeyType::Rsa => {
                let pair = RsaKeyPair::generate(RSA).map_err(failed)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                Ok(pem_of(der.as_ref()))
            }
        }
    }

    /// Reads a key of this kind.
    pub fn from_pem(key_type: KeyType, pem: &Secret) -> Result<Self, PrivateKeyError> {
        let not_a_key = PrivateKeyError::NotAKey(key_type);
        let der = der_of(pem).ok_or(not_a_key)?;
        let public = match key_type {
            KeyType::P256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
                    .map_err(|_rejected| not_a_key)?;
                PublicKey::of_point(pair.public_key().as_ref())
            }
            KeyType::Rsa => {
                let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_rejected| not_a_key)?;
                let public = pair.public_key();
                (public.modulus_len() <= LONGEST_MODULUS).then(|| {
                    let (modulus, exponent) = (public.modulus(), public.exponent());
                    PublicKey::of_numbers(
                        modulus.big_endian_without_leading_zero(),
                        exponent.big_endian_without_leading_zero(),
                    )
                })
            }
        };
        Ok(Self {
            der,
            public: public.ok_or(not_a_key)?,
        })
    }

    /// PKCS#8, for the libraries that work with the key.
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PrivateKey")
            .field(&self.public.thumbprint())
            .finish()
    }
}

fn pem_of(der: &[u8]) -> Secret {
    let body = Zeroizing::new(BASE64_STANDARD.encode(der));
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
    Secret::new(pem.as_bytes())
}

fn der_of(pem: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let body = pem.expose_str()?.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    BASE64_STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kid(key_type: KeyType, pem: &Secret) -> String {
        PrivateKey::from_pem(key_type, pem).unwrap().public().thumbprint()
    }

    #[test]
    fn the_same_file_has_the_same_name_and_two_keys_have_two() {
        for key_type in [KeyType::P256, KeyType::Rsa] {
            let pem = PrivateKey::generate_pem(key_type).unwrap();
            assert_eq!(kid(key_type, &pem), kid(key_type, &pem));
            let other = PrivateKey::generate_pem(key_type).unwrap();
            assert_ne!(kid(key_type, &pem), kid(key_type, &other));
            assert!(pem.expose_str().unwrap().lines().all(|line| line.len() <= LINE));
        }
    }

    #[test]
    fn what_is_not_such_a_key_is_refused() {
        let [p256, rsa] = [KeyType::P256, KeyType::Rsa].map(|kind| PrivateKey::generate_pem(kind).unwrap());
        let text = p256.expose_str().unwrap();
        for wrong in [
            String::new(),
            "hunter2".to_owned(),
            text.replace("PRIVATE KEY", "EC PRIVATE KEY"),
            text.replacen("MIG", "MIH", 1),
            format!("{BEGIN}\nAAAA\n{END}\n"),
            rsa.expose_str().unwrap().to_owned(),
        ] {
            let refused = PrivateKey::from_pem(KeyType::P256, &Secret::new(wrong)).unwrap_err();
            assert_eq!(refused, PrivateKeyError::NotAKey(KeyType::P256));
            assert!(!refused.to_string().contains("hunter2"));
        }
        assert!(PrivateKey::from_pem(KeyType::Rsa, &p256).is_err());
    }

    #[test]
    fn the_names_of_known_keys_are_those_that_others_compute() {
        use crate::jose::test_keys::BOB_OF_RFC_7518;
        use crate::jose::test_keys::RSA_OF_RFC_7516;
        let rsa = kid(KeyType::Rsa, &Secret::new(RSA_OF_RFC_7516));
        assert_eq!(rsa, "xtIsOV1FqKH77AI_A3jdTg5QfdabzqI-LNpYTPi0IgI");
        let key = PrivateKey::from_pem(KeyType::P256, &Secret::new(BOB_OF_RFC_7518)).unwrap();
        let public = serde_json::to_value(key.public()).unwrap();
        assert_eq!(public["x"], "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ");
        assert_eq!(public["y"], "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck");
    }
}
