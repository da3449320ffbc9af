//! The keys of the assertion: one signs, all are published, so that one can be published before it signs and stay published
//! until nothing that it signed is alive.

use std::path::Path;
use std::time::Duration;

use crate::jose::jwk_set::JwkSet;
use crate::jose::private_key::KeyType;
use crate::jose::signing::SigningKey;
use crate::key_folder::files;
use crate::key_folder::files::KeyFileError;

/// How long an application may keep the published keys (`Cache-Control: max-age`).
pub const PUBLISHED_FOR: Duration = Duration::from_mins(5);

/// The key that signs, and those that are published beside it.
#[derive(Debug)]
pub struct SigningKeys {
    current: SigningKey,
    published_too: Vec<SigningKey>,
}

impl SigningKeys {
    /// Reads the keys of a folder.
    pub fn read(folder: &Path) -> Result<Self, KeyFileError> {
        let keys = files::read(folder, KeyType::P256, SigningKey::from_pem)?;
        Ok(Self {
            current: keys.current,
            published_too: keys.others,
        })
    }

    /// A key that lives as long as the process: for one process that nobody else has to agree with.
    pub fn in_memory() -> Result<Self, KeyFileError> {
        let pem = SigningKey::generate_pem().map_err(KeyFileError::Generation)?;
        let current = SigningKey::from_pem(&pem).map_err(KeyFileError::Generation)?;
        Ok(Self {
            current,
            published_too: Vec::new(),
        })
    }

    /// Writes a new key that signs into a folder that has none, for this user only, and says its `kid`.
    pub fn generate(folder: &Path) -> Result<String, KeyFileError> {
        files::generate(folder, KeyType::P256)
    }

    /// The key that signs.
    pub fn current(&self) -> &SigningKey {
        &self.current
    }

    /// The JWK Set (RFC 7517, section 5): public members only.
    pub fn jwk_set(&self) -> JwkSet<'_> {
        let keys = std::iter::once(&self.current).chain(&self.published_too);
        JwkSet {
            keys: keys.map(SigningKey::public).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::key_folder::files::CURRENT;
    use crate::key_folder::files::PREVIOUS;

    #[test]
    fn every_key_is_published_without_its_private_part() {
        let folder = tempfile::tempdir().unwrap();
        SigningKeys::generate(folder.path()).unwrap();
        fs::rename(folder.path().join(CURRENT), folder.path().join(PREVIOUS)).unwrap();
        SigningKeys::generate(folder.path()).unwrap();
        let keys = SigningKeys::read(folder.path()).unwrap();
        let set = serde_json::to_value(keys.jwk_set()).unwrap();
        let keys = set["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        for key in keys {
            assert_eq!(
                (key["kty"].as_str(), key["crv"].as_str()),
                (Some("EC"), Some("P-256"))
            );
            assert_eq!(
                (key["use"].as_str(), key["alg"].as_str()),
                (Some("sig"), Some("ES256"))
            );
            assert!(key.get("d").is_none());
        }
    }
}
