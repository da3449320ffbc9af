//! The session key: 32 random bytes that only the browser has; what the store and the application see follows from it.
//!
//! The derivation goes one way (HKDF): who reads the store learns locators, and no locator becomes a cookie.

use std::fmt;

use zeroize::Zeroizing;

use crate::seal;
use crate::seal::RandomError;

const KEY_BYTES: usize = 32;
const LOCATOR_BYTES: usize = 32;
const SID_BYTES: usize = 16;

/// What the session cookie holds. Made anew at every login; no function takes one from outside but [`SessionKey::parse`],
/// which finds a session and never makes one.
#[derive(Clone)]
pub struct SessionKey(Zeroizing<[u8; KEY_BYTES]>);

impl SessionKey {
    /// A new one.
    pub fn generate() -> Result<Self, RandomError> {
        Ok(Self(Zeroizing::new(seal::random()?)))
    }

    /// Reads the value of a cookie; `None` for anything that [`SessionKey::expose`] cannot have written.
    pub fn parse(cookie: &str) -> Option<Self> {
        let bytes = Zeroizing::new(seal::from_base64url(cookie)?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// The value of the cookie: 43 characters, base64url.
    pub fn expose(&self) -> String {
        seal::base64url(&*self.0)
    }

    /// The bytes, the other half of the key that seals the record.
    pub fn expose_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Where the store keeps the session. `None` never happens: HKDF gives as many bytes as are asked for.
    pub fn locator(&self) -> Option<Locator> {
        let bytes = seal::derive::<LOCATOR_BYTES>(&self.0, "guichet/1/session-locator")?;
        Some(Locator(seal::base64url(&bytes)))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey([redacted])")
    }
}

/// Where the store keeps a session, and the reference by which an operator names it: 43 characters, base64url.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locator(String);

impl Locator {
    /// Reads one, as an index of the store holds it.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = seal::from_base64url(text)?;
        (bytes.len() == LOCATOR_BYTES).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The `sid` that applications see: the same for one session, of no use for anything else. `None` never happens.
    pub fn public_sid(&self) -> Option<String> {
        let bytes = seal::from_base64url(&self.0)?;
        let bytes = seal::derive::<SID_BYTES>(bytes.as_slice().try_into().ok()?, "guichet/1/public-sid")?;
        Some(seal::base64url(&bytes))
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ten_thousand_keys_are_ten_thousand_keys_of_one_form() {
        let keys: HashSet<String> = (0..10_000)
            .map(|_| SessionKey::generate().unwrap().expose())
            .collect();
        assert_eq!(keys.len(), 10_000);
        assert!(keys.iter().all(|key| key.len() == 43));
    }

    #[test]
    fn the_cookie_gives_back_the_same_locator_and_sid() {
        let key = SessionKey::generate().unwrap();
        let again = SessionKey::parse(&key.expose()).unwrap();
        assert_eq!(again.locator(), key.locator());
        let sid = |key: &SessionKey| key.locator().unwrap().public_sid().unwrap();
        assert_eq!(sid(&again), sid(&key));
    }

    #[test]
    fn neither_the_locator_nor_the_sid_is_the_key() {
        let key = SessionKey::generate().unwrap();
        let locator = key.locator().unwrap();
        assert_ne!(locator.as_str(), key.expose());
        assert!(!locator.as_str().contains(&locator.public_sid().unwrap()));
        assert_eq!(Locator::parse(locator.as_str()), Some(locator));
    }

    #[test]
    fn only_what_we_wrote_is_a_key() {
        let key = SessionKey::generate().unwrap().expose();
        for text in [
            "",
            "x",
            key.get(1..).unwrap(),
            &format!("{key}="),
            &format!("\"{key}\""),
            &format!("{key}A"),
            &"*".repeat(43),
        ] {
            assert!(SessionKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(
            format!("{:?}", SessionKey::generate().unwrap()),
            "SessionKey([redacted])"
        );
    }
}
