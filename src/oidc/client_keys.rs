//! Our own keys at a provider: those with which it encrypts for us.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::jose::jwe::decryption_key;
use crate::jose::jwe::decryption_key::DecryptionKey;
use crate::jose::jwk_set::PublicJwk;
use crate::key_folder::files;
use crate::key_folder::files::KeyFileError;
use crate::key_folder::rotation::Pace;
use crate::wire::jwa::KeyManagementAlg;

/// How long a provider may keep the published keys (`Cache-Control: max-age`).
pub const PUBLISHED_FOR: Duration = Duration::from_mins(1);
/// How long a provider may encrypt for a key that is not the first any more: not each of them asks when it should.
const ENCRYPTED_FOR: Duration = Duration::from_hours(1);

/// The keys of one provider entry.
#[derive(Clone, Debug, Default)]
pub struct ClientKeys {
    /// With which it encrypts for us. Absent: nothing comes encrypted from this provider.
    pub decryption: Option<Arc<DecryptionKeys>>,
}

impl ClientKeys {
    /// The public halves, in the order in which the provider shall prefer them.
    pub fn published(&self) -> impl Iterator<Item = &PublicJwk> {
        let decryption = self.decryption.iter().flat_map(|keys| &keys.keys);
        decryption.map(DecryptionKey::public)
    }
}

/// The keys that decrypt, all of one algorithm.
#[derive(Debug)]
pub struct DecryptionKeys {
    /// The algorithm of key management that is pinned for this entry, as it was registered at the provider.
    ///
    /// Key: `encryption_alg`. Absent: the default of the preset.
    pub alg: KeyManagementAlg,
    /// The key in use first: a provider takes the first that fits.
    pub keys: Vec<DecryptionKey>,
}

impl DecryptionKeys {
    /// Reads the keys of an entry's folder.
    pub fn read(keys_dir: &Path, alg: KeyManagementAlg) -> Result<Self, KeyFileError> {
        let folder = decryption_folder(keys_dir);
        let keys = files::read(&folder, decryption_key::key_type(alg), |pem| {
            DecryptionKey::from_pem(alg, pem)
        })?;
        let keys = std::iter::once(keys.current).chain(keys.others).collect();
        Ok(Self { alg, keys })
    }
}

/// Where an entry keeps the keys that decrypt.
pub fn decryption_folder(keys_dir: &Path) -> PathBuf {
    keys_dir.join("encryption")
}

/// How fast keys that decrypt may follow one another.
pub fn decryption_pace(alg: KeyManagementAlg) -> Pace {
    Pace {
        key_type: decryption_key::key_type(alg),
        published_for: PUBLISHED_FOR,
        alive_for: ENCRYPTED_FOR,
    }
}
