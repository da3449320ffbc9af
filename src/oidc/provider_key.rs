//! One key with which a provider signs: openidconnect chooses by it and judges what was signed, aws-lc verifies.

use std::fmt;

use openidconnect::JsonWebKey;
use openidconnect::JsonWebKeyAlgorithm;
use openidconnect::JsonWebKeyId;
use openidconnect::JsonWebKeyUse;
use openidconnect::SignatureVerificationError;
use openidconnect::core::CoreJsonWebKey;
use openidconnect::core::CoreJsonWebKeyType;
use openidconnect::core::CoreJsonWebKeyUse;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::jose::signature_key::SignatureKey;

/// A key that can verify a signature, and is published for that: neither `use` nor `key_ops` says another thing (RFC 7517,
/// sections 4.2 and 4.3).
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "Value")]
pub(super) struct ProviderKey {
    #[serde(flatten)]
    described: CoreJsonWebKey,
    #[serde(skip)]
    key: SignatureKey,
}

/// A shared one is the client's secret.
impl fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProviderKey").field(&self.key).finish()
    }
}

/// Another kind of key, one for encryption, one that is too short, a broken entry.
#[derive(Debug, thiserror::Error)]
#[error("no key that verifies a signature")]
pub(super) struct NoProviderKey;

impl TryFrom<Value> for ProviderKey {
    type Error = NoProviderKey;

    fn try_from(entry: Value) -> Result<Self, NoProviderKey> {
        let verifies = match entry.get("key_ops") {
            None | Some(Value::Null) => true,
            Some(Value::Array(uses)) => uses.iter().any(|one| one == "verify"),
            Some(_) => false,
        };
        let key = SignatureKey::of_jwk(&entry)
            .filter(|_| verifies)
            .ok_or(NoProviderKey)?;
        let described: CoreJsonWebKey = serde_json::from_value(entry).map_err(|_no_jwk| NoProviderKey)?;
        let signs = described.key_use().is_none_or(JsonWebKeyUse::allows_signature);
        signs.then_some(Self { described, key }).ok_or(NoProviderKey)
    }
}

impl ProviderKey {
    /// Whether it verifies signatures of this algorithm: it is of the kind, and its `alg` says nothing else.
    pub(super) fn is_for(&self, alg: &CoreJwsSigningAlgorithm) -> bool {
        let is_meant = match self.signing_alg() {
            JsonWebKeyAlgorithm::Unspecified => true,
            JsonWebKeyAlgorithm::Algorithm(meant) => meant == alg,
            JsonWebKeyAlgorithm::Unsupported => false,
        };
        let is_of_the_kind = matches!(
            (&self.key, alg),
            (SignatureKey::P256(_), CoreJwsSigningAlgorithm::EcdsaP256Sha256)
                | (
                    SignatureKey::Rsa(_),
                    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256
                )
                | (SignatureKey::Shared(_), CoreJwsSigningAlgorithm::HmacSha256)
        );
        is_meant && is_of_the_kind
    }
}

impl JsonWebKey for ProviderKey {
    type KeyUse = CoreJsonWebKeyUse;
    type SigningAlgorithm = CoreJwsSigningAlgorithm;

    fn key_id(&self) -> Option<&JsonWebKeyId> {
        self.described.key_id()
    }

    fn key_type(&self) -> &CoreJsonWebKeyType {
        self.described.key_type()
    }

    fn key_use(&self) -> Option<&CoreJsonWebKeyUse> {
        self.described.key_use()
    }

    fn signing_alg(&self) -> JsonWebKeyAlgorithm<&CoreJwsSigningAlgorithm> {
        self.described.signing_alg()
    }

    fn new_symmetric(secret: Vec<u8>) -> Self {
        Self {
            key: SignatureKey::shared(&secret),
            described: CoreJsonWebKey::new_symmetric(secret),
        }
    }

    fn verify_signature(
        &self,
        alg: &CoreJwsSigningAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureVerificationError> {
        if !self.is_for(alg) {
            let another = format!("{:?} is for another algorithm", self.key);
            return Err(SignatureVerificationError::InvalidKey(another));
        }
        let is_ours = self.key.signed(message, signature);
        is_ours
            .then_some(())
            .ok_or_else(|| SignatureVerificationError::CryptoError("another signature".to_owned()))
    }

    fn hash_bytes(&self, bytes: &[u8], alg: &CoreJwsSigningAlgorithm) -> Result<Vec<u8>, String> {
        self.described.hash_bytes(bytes, alg)
    }
}
