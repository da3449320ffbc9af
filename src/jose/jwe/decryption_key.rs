//! A private key of ours, and how it gives the key of a content: agreed on directly (RFC 7518, section 4.6), or taken out of
//! what RSAES OAEP encrypted (section 4.3).

use std::fmt;

use aws_lc_rs::agreement;
use aws_lc_rs::agreement::ECDH_P256;
use aws_lc_rs::agreement::UnparsedPublicKey;
use aws_lc_rs::kdf;
use aws_lc_rs::kdf::SskdfDigestAlgorithmId;
use aws_lc_rs::rsa::OAEP_SHA1_MGF1SHA1;
use aws_lc_rs::rsa::OAEP_SHA256_MGF1SHA256;
use aws_lc_rs::rsa::OaepAlgorithm;
use aws_lc_rs::rsa::OaepPrivateDecryptingKey;
use aws_lc_rs::rsa::PrivateDecryptingKey;
use zeroize::Zeroizing;

use crate::jose::jwk_set::PublicJwk;
use crate::jose::private_key::KeyType;
use crate::jose::private_key::PrivateKey;
use crate::jose::private_key::PrivateKeyError;
use crate::seal;
use crate::secret::Secret;
use crate::wire::jwa::ContentAlg;
use crate::wire::jwa::KeyManagementAlg;

/// The longest key of a content.
const LONGEST_CONTENT_KEY: usize = 32;

/// How the key of a content came.
#[derive(Debug)]
pub(super) enum Envelope {
    /// Half of an agreement.
    Agreed(Agreed),
    /// Encrypted.
    Wrapped(Vec<u8>),
}

/// The sender's half of an agreement.
#[derive(Debug)]
pub(super) struct Agreed {
    /// The ephemeral key, as an uncompressed point that may be on the curve.
    pub(super) point: Vec<u8>,
    /// `apu`.
    pub(super) producer: Vec<u8>,
    /// `apv`.
    pub(super) recipient: Vec<u8>,
}

/// A key with which tokens are decrypted, for one algorithm.
pub struct DecryptionKey {
    private: Private,
    public: PublicJwk,
}

enum Private {
    P256(agreement::PrivateKey),
    Rsa(OaepPrivateDecryptingKey, &'static OaepAlgorithm),
}

/// The kind of key that an algorithm wants.
pub fn key_type(alg: KeyManagementAlg) -> KeyType {
    match alg {
        KeyManagementAlg::EcdhEs => KeyType::P256,
        KeyManagementAlg::RsaOaep | KeyManagementAlg::RsaOaep256 => KeyType::Rsa,
    }
}

impl DecryptionKey {
    /// Reads a key for this algorithm.
    pub fn from_pem(alg: KeyManagementAlg, pem: &Secret) -> Result<Self, PrivateKeyError> {
        let not_a_key = PrivateKeyError::NotAKey(key_type(alg));
        let key = PrivateKey::from_pem(key_type(alg), pem)?;
        let rsa = |algorithm| {
            let key = PrivateDecryptingKey::from_pkcs8(key.der()).map_err(|_rejected| not_a_key)?;
            let key = OaepPrivateDecryptingKey::new(key).map_err(|_unspecified| not_a_key)?;
            Ok(Private::Rsa(key, algorithm))
        };
        let private = match alg {
            KeyManagementAlg::EcdhEs => Private::P256(
                agreement::PrivateKey::from_private_key_der(&ECDH_P256, key.der())
                    .map_err(|_rejected| not_a_key)?,
            ),
            KeyManagementAlg::RsaOaep => rsa(&OAEP_SHA1_MGF1SHA1)?,
            KeyManagementAlg::RsaOaep256 => rsa(&OAEP_SHA256_MGF1SHA256)?,
        };
        Ok(Self {
            private,
            public: key.public().clone().published_for("enc", alg.as_str()),
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

    /// The key of a content; `None` where the agreement fails. It need not be the right one: the content will tell.
    pub(super) fn content_key(&self, envelope: &Envelope, content: ContentAlg) -> Option<Zeroizing<Vec<u8>>> {
        match (&self.private, envelope) {
            (Private::P256(key), Envelope::Agreed(agreed)) => agree(key, agreed, content),
            (Private::Rsa(key, algorithm), Envelope::Wrapped(wrapped)) => {
                unwrap(key, algorithm, wrapped, content)
            }
            _ => None,
        }
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DecryptionKey").field(&self.kid()).finish()
    }
}

/// Diffie-Hellman, then the Concat KDF with SHA-256 (NIST SP 800-56A, section 5.8.1).
fn agree(key: &agreement::PrivateKey, agreed: &Agreed, content: ContentAlg) -> Option<Zeroizing<Vec<u8>>> {
    let algorithm = kdf::get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256)?;
    let info = other_info(content, &agreed.producer, &agreed.recipient)?;
    let point = UnparsedPublicKey::new(&ECDH_P256, &agreed.point);
    agreement::agree(key, point, (), |shared| {
        let mut derived = Zeroizing::new(vec![0; content.key_length().into()]);
        kdf::sskdf_digest(algorithm, shared, &info, &mut derived).map_err(|_unspecified| ())?;
        Ok(derived)
    })
    .ok()
}

/// Which key it is and whose (RFC 7518, section 4.6.2): each with its length before it, then the length of the key in bits.
fn other_info(content: ContentAlg, producer: &[u8], recipient: &[u8]) -> Option<Vec<u8>> {
    let mut info = Vec::new();
    for part in [content.as_str().as_bytes(), producer, recipient] {
        info.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
        info.extend(part);
    }
    info.extend((u32::from(content.key_length()) * 8).to_be_bytes());
    Some(info)
}

/// Where it cannot be decrypted a key that nobody knows takes its place, so that nobody learns from how long it takes what
/// was wrong with it (RFC 7516, section 11.5).
fn unwrap(
    key: &OaepPrivateDecryptingKey,
    algorithm: &'static OaepAlgorithm,
    wrapped: &[u8],
    content: ContentAlg,
) -> Option<Zeroizing<Vec<u8>>> {
    let random = Zeroizing::new(seal::random::<LONGEST_CONTENT_KEY>().ok()?);
    let length = usize::from(content.key_length());
    let mut output = Zeroizing::new(vec![0; key.min_output_size()]);
    let decrypted = key.decrypt(algorithm, wrapped, &mut output, None).ok();
    let decrypted = decrypted.filter(|decrypted| decrypted.len() == length);
    let content_key = decrypted.map_or_else(|| random.get(..length), |decrypted| Some(&*decrypted))?;
    Some(Zeroizing::new(content_key.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::test_keys::ALICE_OF_RFC_7518;
    use crate::jose::test_keys::BOB_OF_RFC_7518;

    fn point_of(pem: &str) -> Vec<u8> {
        let key = PrivateKey::from_pem(KeyType::P256, &Secret::new(pem)).unwrap();
        let key = agreement::PrivateKey::from_private_key_der(&ECDH_P256, key.der()).unwrap();
        key.compute_public_key().unwrap().as_ref().to_vec()
    }

    #[test]
    fn the_agreement_of_rfc_7518_appendix_c_gives_its_key() {
        let bob = DecryptionKey::from_pem(KeyManagementAlg::EcdhEs, &Secret::new(BOB_OF_RFC_7518)).unwrap();
        let envelope = Envelope::Agreed(Agreed {
            point: point_of(ALICE_OF_RFC_7518),
            producer: b"Alice".to_vec(),
            recipient: b"Bob".to_vec(),
        });
        let key = bob.content_key(&envelope, ContentAlg::A128Gcm).unwrap();
        assert_eq!(seal::base64url(&key), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn what_is_hashed_beside_the_secret_is_that_of_rfc_7518_appendix_c() {
        let info = other_info(ContentAlg::A128Gcm, b"Alice", b"Bob").unwrap();
        let expected: &[&[u8]] = &[
            &[0, 0, 0, 7],
            b"A128GCM",
            &[0, 0, 0, 5],
            b"Alice",
            &[0, 0, 0, 3],
            b"Bob",
            &[0, 0, 0, 128],
        ];
        assert_eq!(info, expected.concat());
    }

    #[test]
    fn a_point_that_is_not_on_the_curve_agrees_on_nothing() {
        let bob = DecryptionKey::from_pem(KeyManagementAlg::EcdhEs, &Secret::new(BOB_OF_RFC_7518)).unwrap();
        let on_the_curve = point_of(ALICE_OF_RFC_7518);
        let mut beside = on_the_curve.clone();
        beside[64] ^= 1;
        let mut beyond = vec![4];
        beyond.extend([0xff; 64]);
        let mut origin = vec![4];
        origin.extend([0; 64]);
        for point in [beside, beyond, origin, vec![0], on_the_curve[..33].to_vec()] {
            let agreed = Agreed {
                point,
                producer: Vec::new(),
                recipient: Vec::new(),
            };
            assert!(
                bob.content_key(&Envelope::Agreed(agreed), ContentAlg::A256Gcm)
                    .is_none()
            );
        }
    }

    #[test]
    fn a_key_is_of_the_kind_that_its_algorithm_wants() {
        use crate::jose::test_keys::RSA_OF_RFC_7516;
        let (bob, rsa) = (Secret::new(BOB_OF_RFC_7518), Secret::new(RSA_OF_RFC_7516));
        assert!(DecryptionKey::from_pem(KeyManagementAlg::EcdhEs, &rsa).is_err());
        assert!(DecryptionKey::from_pem(KeyManagementAlg::RsaOaep256, &bob).is_err());
        let key = DecryptionKey::from_pem(KeyManagementAlg::RsaOaep, &rsa).unwrap();
        let public = serde_json::to_value(key.public()).unwrap();
        assert_eq!(
            (&public["use"], &public["alg"], &public["kty"]),
            (&"enc".into(), &"RSA-OAEP".into(), &"RSA".into())
        );
        assert_eq!(public.as_object().unwrap().len(), 6, "nothing private: {public}");
    }
}
