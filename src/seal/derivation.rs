//! Keys that follow from a key: HKDF with SHA-256 (RFC 5869), for up to 32 bytes, which are one block of it.
//!
//! A session is opened with every request, so nothing is computed twice: the HMAC keys of salts and of extracted keys are
//! prepared once. The library's own HKDF extracts anew each time that something is derived.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::hmac::HMAC_SHA256;
use zeroize::Zeroizing;

const BLOCK: usize = 32;

/// What a key is extracted with.
#[derive(Clone)]
pub struct Salt(hmac::Key);

impl Salt {
    /// This salt; an empty one is none.
    pub fn new(salt: &[u8]) -> Self {
        Self(hmac::Key::new(HMAC_SHA256, salt))
    }

    /// HKDF-Extract (section 2.2). `key` is a key: random bytes, never a password.
    pub fn extract(&self, key: &[u8]) -> Option<Zeroizing<[u8; BLOCK]>> {
        mac(&self.0, key)
    }
}

/// A key from which others follow. It tells nothing about them, nor they about it.
#[derive(Clone)]
pub struct Derivation(hmac::Key);

impl Derivation {
    /// Of a key of 32 random bytes, or one that was extracted: there is nothing to extract from it (section 3.3).
    pub fn of(key: &[u8; BLOCK]) -> Self {
        Self(hmac::Key::new(HMAC_SHA256, key))
    }

    /// HKDF-Expand (section 2.3): `N` bytes; another label gives others. `None` for more than 32.
    pub fn derive<const N: usize>(&self, label: &str) -> Option<Zeroizing<[u8; N]>> {
        // The counter of the first block.
        let block = mac(&self.0, &[label.as_bytes(), &[1]].concat())?;
        Some(Zeroizing::new(block.get(..N)?.try_into().ok()?))
    }
}

fn mac(key: &hmac::Key, data: &[u8]) -> Option<Zeroizing<[u8; BLOCK]>> {
    let mut mac = Zeroizing::new([0; BLOCK]);
    hmac::sign_to_buffer(key, data, &mut *mac).ok()?;
    Some(mac)
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt([redacted])")
    }
}

impl fmt::Debug for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derivation([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hkdf;

    use super::*;

    struct Length(usize);

    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }

    fn by_the_library<const N: usize>(salt: &[u8], key: &[u8], label: &str) -> [u8; N] {
        let mut bytes = [0; N];
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key);
        let info = [label.as_bytes()];
        extracted
            .expand(&info, Length(N))
            .unwrap()
            .fill(&mut bytes)
            .unwrap();
        bytes
    }

    proptest::proptest! {
        #[test]
        fn it_is_the_hkdf_of_the_library(salt: Vec<u8>, key: [u8; 32], label in "[a-z/0-9-]{1,80}") {
            let ours = Derivation::of(&Salt::new(&salt).extract(&key).unwrap());
            assert_eq!(*ours.derive::<32>(&label).unwrap(), by_the_library::<32>(&salt, &key, &label));
            assert_eq!(*ours.derive::<16>(&label).unwrap(), by_the_library::<16>(&salt, &key, &label));
        }
    }

    #[test]
    fn more_than_a_block_is_not_derived() {
        let key = Derivation::of(&[7; 32]);
        assert!(key.derive::<33>("label").is_none());
    }
}
