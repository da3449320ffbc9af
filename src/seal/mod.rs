//! Keys derived from the gateway's secrets: one mechanism for sealed cookies, sealed records and keyed tags.
//!
//! A key never serves two purposes: each is derived with a label of its own (HKDF, RFC 5869). What is sealed is
//! AES-256-GCM with a random nonce (NIST SP 800-38D, 8.2.2), and its context is authenticated field by field, each with
//! its length before it, so that no two contexts are the same bytes. What was sealed names its key by an id derived from
//! the secret: a secret may move in the list, or leave it, and nothing is opened with the wrong one.

pub mod derivation;
pub mod purpose;

use std::cell::RefCell;
use std::fmt;

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::RandomizedNonceKey;
use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::seal::derivation::Derivation;
use crate::seal::derivation::Salt;
use crate::seal::purpose::Purpose;
use crate::secret::Secret;

/// A secret shorter than this could be guessed.
const LEAST_SECRET_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 8;

/// Why a list of secrets makes no keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The list is empty.
    #[error("at least one secret is needed")]
    NoSecret,
    /// The secret could be guessed.
    #[error("secret {position} has {length} bytes, at least 32 are needed")]
    TooShort {
        /// Counted from 1.
        position: usize,
        /// In bytes.
        length: usize,
    },
    /// The secret is one byte again and again: a placeholder that was never replaced.
    #[error("secret {position} is the same byte throughout")]
    Repetitive {
        /// Counted from 1.
        position: usize,
    },
}

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct RandomError;

/// Why nothing was sealed, or nothing opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Sealing failed, for want of a random nonce.
    #[error("could not be sealed")]
    NotSealed,
    /// Too short to be anything that was sealed.
    #[error("too short to have been sealed")]
    TooShort,
    /// Sealed under a secret that is not listed: a previous one that left the list, or one of another gateway.
    #[error("sealed under a secret that is not listed")]
    UnknownKey,
    /// Altered, sealed for another purpose or in another context, or missing its other half.
    #[error("does not open")]
    Refused,
}

/// Says which secret a key comes from, without saying anything about the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
struct KeyId([u8; KEY_ID_BYTES]);

/// What a key is for, and its other half, if it has two.
type KeyFor<'a> = (Purpose, Option<&'a [u8; 32]>);

#[derive(Clone)]
struct Root {
    id: KeyId,
    key: Derivation,
    /// For each purpose, the half of a key that needs another one as well.
    halves: Vec<(Purpose, Salt)>,
}

impl Root {
    fn of(secret: &Secret) -> Option<Self> {
        let key = Derivation::of(&*Salt::new(b"guichet/1").extract(secret.expose())?);
        let half = |purpose: Purpose| {
            let salt = key.derive::<32>(&format!("{}/half", purpose.label()))?;
            Some((purpose, Salt::new(&*salt)))
        };
        Some(Self {
            id: KeyId(*key.derive("guichet/1/key-id")?),
            halves: Purpose::ALL.into_iter().map(half).collect::<Option<_>>()?,
            key,
        })
    }

    fn derive(&self, purpose: Purpose) -> Option<Zeroizing<[u8; 32]>> {
        self.key.derive(purpose.label())
    }

    /// The key that our half and the `other` one make: HKDF-Extract, with ours as the salt.
    fn joined(&self, purpose: Purpose, other: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        let (_, half) = self.halves.iter().find(|(each, _)| *each == purpose)?;
        half.extract(other)
    }

    fn cipher(&self, (purpose, other): KeyFor<'_>) -> Option<RandomizedNonceKey> {
        let key = match other {
            Some(other) => self.joined(purpose, other)?,
            None => self.derive(purpose)?,
        };
        RandomizedNonceKey::new(&AES_256_GCM, &*key).ok()
    }

    fn seal(&self, key: KeyFor<'_>, context: &[&[u8]], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let cipher = self.cipher(key).ok_or(SealError::NotSealed)?;
        let mut ciphertext = plaintext.to_vec();
        let nonce = cipher
            .seal_in_place_append_tag(Aad::from(framed(context)), &mut ciphertext)
            .map_err(|aws_lc_rs::error::Unspecified| SealError::NotSealed)?;
        Ok([&self.id.0[..], nonce.as_ref(), &ciphertext].concat())
    }

    fn tag(&self, purpose: Purpose, data: &[&[u8]]) -> Option<Tag> {
        let key = self.derive(purpose)?;
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*key), &framed(data));
        Some(Tag(format!(
            "{}.{}",
            base64url(&self.id.0),
            base64url(mac.as_ref())
        )))
    }
}

/// The gateway's secrets, the current one first. New things are sealed under it; any listed one opens.
#[derive(Clone)]
pub struct Keyring {
    current: Root,
    previous: Vec<Root>,
}

impl Keyring {
    /// Takes the secrets, current first. Each has at least 32 bytes and is not one byte repeated; one that is listed twice
    /// counts once.
    pub fn new(secrets: &[Secret]) -> Result<Self, KeyringError> {
        let mut roots: Vec<Root> = Vec::with_capacity(secrets.len());
        for (secret, position) in secrets.iter().zip(1..) {
            let root = root(secret, position)?;
            if !roots.iter().any(|known| known.id == root.id) {
                roots.push(root);
            }
        }
        let mut roots = roots.into_iter();
        let current = roots.next().ok_or(KeyringError::NoSecret)?;
        Ok(Self {
            current,
            previous: roots.collect(),
        })
    }

    /// The keyring whose keys need `other` as well: a secret without it opens nothing, and neither does `other` alone.
    ///
    /// `other` is a key: random bytes.
    pub fn with<'a>(&'a self, other: &'a [u8; 32]) -> Joined<'a> {
        Joined { keyring: self, other }
    }

    /// Seals `plaintext` under the current secret: key id, nonce, ciphertext. It opens for the same purpose and context.
    pub fn seal(&self, purpose: Purpose, context: &[&[u8]], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.current.seal((purpose, None), context, plaintext)
    }

    /// Whether the id of a key is that of a listed secret; costs no computation.
    pub fn knows(&self, id: &[u8]) -> bool {
        self.roots().any(|root| root.id.0.as_slice() == id)
    }

    /// Opens what [`Keyring::seal`] made for the same purpose and context, under any listed secret.
    pub fn open(
        &self,
        purpose: Purpose,
        context: &[&[u8]],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.opened((purpose, None), context, sealed)
    }

    fn opened(
        &self,
        key: KeyFor<'_>,
        context: &[&[u8]],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (id, rest) = sealed
            .split_first_chunk::<KEY_ID_BYTES>()
            .ok_or(SealError::TooShort)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::TooShort)?;
        let root = self
            .roots()
            .find(|root| root.id.0 == *id)
            .ok_or(SealError::UnknownKey)?;
        let cipher = root.cipher(key).ok_or(SealError::Refused)?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        let length = cipher
            .open_in_place(Nonce::from(nonce), Aad::from(framed(context)), &mut plaintext)
            .map_err(|aws_lc_rs::error::Unspecified| SealError::Refused)?
            .len();
        plaintext.truncate(length);
        Ok(plaintext)
    }

    /// The tag of `data` under the current secret. The fields are told apart by their lengths.
    pub fn tag(&self, purpose: Purpose, data: &[&[u8]]) -> Result<Tag, SealError> {
        self.current.tag(purpose, data).ok_or(SealError::NotSealed)
    }

    /// The tags of `data` under every listed secret, the current one first.
    pub fn tags(&self, purpose: Purpose, data: &[&[u8]]) -> Result<Vec<Tag>, SealError> {
        self.roots()
            .map(|root| root.tag(purpose, data).ok_or(SealError::NotSealed))
            .collect()
    }

    fn roots(&self) -> impl Iterator<Item = &Root> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

/// Of the same secrets in the same order: the ids of their keys say so.
impl PartialEq for Keyring {
    fn eq(&self, other: &Self) -> bool {
        let ids = |keyring: &Self| -> Vec<KeyId> { keyring.roots().map(|root| root.id).collect() };
        ids(self) == ids(other)
    }
}

impl Eq for Keyring {}

/// A keyring and the other half of its keys: see [`Keyring::with`].
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "holds a key")]
pub struct Joined<'a> {
    keyring: &'a Keyring,
    other: &'a [u8; 32],
}

impl Joined<'_> {
    /// As [`Keyring::seal`].
    pub fn seal(self, purpose: Purpose, context: &[&[u8]], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = (purpose, Some(self.other));
        self.keyring.current.seal(key, context, plaintext)
    }

    /// As [`Keyring::open`].
    pub fn open(
        self,
        purpose: Purpose,
        context: &[&[u8]],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.keyring.opened((purpose, Some(self.other)), context, sealed)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring([redacted], {} secrets)", 1 + self.previous.len())
    }
}

/// A name that only a holder of the secret can make: `key-id.mac`, both base64url.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `N` bytes that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|aws_lc_rs::error::Unspecified| RandomError)?;
    Ok(bytes)
}

/// Eight bytes that nobody can guess, of many that were drawn at once: for what is made for every request.
pub fn random_number() -> Result<[u8; 8], RandomError> {
    thread_local! {
        static DRAWN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    DRAWN.with_borrow_mut(|drawn| {
        if drawn.is_empty() {
            drawn.extend(random::<1024>()?);
        }
        let (rest, number) = drawn.split_last_chunk().ok_or(RandomError)?;
        let (rest, number) = (rest.len(), *number);
        drawn.truncate(rest);
        Ok(number)
    })
}

/// `N` bytes that follow from `key` and tell nothing about it; another label gives others. `None` for more than 32.
///
/// `key` is a key: random bytes.
pub fn derive<const N: usize>(key: &[u8; 32], label: &str) -> Option<[u8; N]> {
    Some(*Derivation::of(key).derive(label)?)
}

/// base64url without padding (RFC 4648, section 5).
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url without padding; only the one spelling that [`base64url`] writes.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .flatten()
        .collect()
}

/// SHA-512 (FIPS 180-4).
pub fn sha512(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA512, bytes).as_ref().to_vec()
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    // A digest of SHA-256 has 32 bytes; `zip` asks for no proof of it.
    for (to, from) in hash
        .iter_mut()
        .zip(digest::digest(&digest::SHA256, bytes).as_ref())
    {
        *to = *from;
    }
    hash
}

fn root(secret: &Secret, position: usize) -> Result<Root, KeyringError> {
    let bytes = secret.expose();
    let too_short = KeyringError::TooShort {
        position,
        length: bytes.len(),
    };
    if bytes.len() < LEAST_SECRET_BYTES {
        return Err(too_short);
    }
    if bytes.iter().all(|byte| bytes.first() == Some(byte)) {
        return Err(KeyringError::Repetitive { position });
    }
    Root::of(secret).ok_or(too_short)
}

/// The fields, each after its length: `a`, `bc` and `ab`, `c` are different bytes.
fn framed(fields: &[&[u8]]) -> Vec<u8> {
    let length = fields.iter().map(|field| size_of::<u64>() + field.len()).sum();
    let mut bytes = Vec::with_capacity(length);
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

#[cfg(test)]
mod tests;
