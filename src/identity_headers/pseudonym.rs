//! A stable name for a person that one application knows and no other: `subject = "pairwise"` (OpenID Connect Core 1.0, section
//! 8.1, has the same thing at a provider).
//!
//! HMAC under a key that serves nothing else. The name begins with the id of its key, so that an application sees when a
//! name was made under another one.

use std::fmt;

use crate::identity::identity::Subject;
use crate::seal::Keyring;
use crate::seal::KeyringError;
use crate::seal::SealError;
use crate::seal::purpose::Purpose;
use crate::secret::Secret;

/// Makes pseudonyms. Whoever has the key and a list of subjects can find out who is who; nobody else can.
#[derive(Clone, PartialEq, Eq)]
pub struct Pseudonyms {
    keyring: Keyring,
}

impl Pseudonyms {
    /// Under this key: at least 32 random bytes, kept for as long as an application keeps pseudonyms.
    pub fn under(key: &Secret) -> Result<Self, KeyringError> {
        let keyring = Keyring::new(std::slice::from_ref(key))?;
        Ok(Self { keyring })
    }

    /// The person to an application: `key-id.mac`, 55 characters of base64url and a point. The audience is the application's
    /// name in every assertion; an app that is renamed and keeps its `audience` keeps its pseudonyms.
    pub(super) fn of(&self, subject: &Subject, audience: &str) -> Result<String, SealError> {
        let person = [
            audience.as_bytes(),
            subject.issuer.as_bytes(),
            subject.sub.as_bytes(),
        ];
        self.name(Purpose::Pseudonym, &person)
    }

    /// The session to the same application: two applications cannot find a person by it either.
    pub(super) fn of_session(&self, sid: &str, audience: &str) -> Result<String, SealError> {
        self.name(Purpose::PseudonymousSid, &[audience.as_bytes(), sid.as_bytes()])
    }

    fn name(&self, purpose: Purpose, data: &[&[u8]]) -> Result<String, SealError> {
        Ok(self.keyring.tag(purpose, data)?.as_str().to_owned())
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms(key: &str) -> Pseudonyms {
        Pseudonyms::under(&Secret::new(key)).unwrap()
    }

    fn subject(issuer: &str, sub: &str) -> Subject {
        Subject {
            issuer: issuer.to_owned(),
            sub: sub.to_owned(),
        }
    }

    const KEY: &str = "a-key-of-the-tests-that-is-long-enough-0123456789";

    #[test]
    fn a_pseudonym_is_one_for_a_person_and_an_application_and_no_two_share_one() {
        let made = pseudonyms(KEY);
        let name = |issuer, sub, audience| made.of(&subject(issuer, sub), audience).unwrap();
        let zoe = name("https://a.example", "zoe", "petition");
        assert_eq!(
            pseudonyms(KEY)
                .of(&subject("https://a.example", "zoe"), "petition")
                .unwrap(),
            zoe
        );
        for other in [
            name("https://a.example", "ange", "petition"),
            name("https://b.example", "zoe", "petition"),
            name("https://a.example", "zoe", "petition-2"),
            name("https://a.examplez", "oe", "petition"),
            pseudonyms("another-key-of-the-tests-that-is-long-enough")
                .of(&subject("https://a.example", "zoe"), "petition")
                .unwrap(),
            made.of_session("zoe", "petition").unwrap(),
        ] {
            assert_ne!(other, zoe);
        }
        assert!(!zoe.contains("zoe") && zoe.len() == 55 && zoe.is_ascii());
    }

    /// A name that an application kept for years: whoever changes how it is made takes it from everybody. Computed with Python's
    /// `hmac`, by the words of this file and of `seal`.
    #[test]
    fn a_pseudonym_of_today_is_one_of_tomorrow() {
        let name = pseudonyms(KEY)
            .of(&subject("https://a.example", "zoe"), "petition")
            .unwrap();
        assert_eq!(name, "1dB8csDQJSM.J9P2TuCqwh6PfL571qrZZu6vvsPIh_KBBv6WoiCTEjM");
    }

    #[test]
    fn the_key_is_in_the_name_and_two_keys_differ() {
        let (one, other) = (
            pseudonyms(KEY),
            pseudonyms("another-key-of-the-tests-that-is-long-enough"),
        );
        let key_of = |made: &Pseudonyms| {
            let name = made.of(&subject("https://a.example", "zoe"), "petition").unwrap();
            name.split('.').next().unwrap().to_owned()
        };
        assert_ne!(key_of(&one), key_of(&other));
        assert_eq!(key_of(&one), key_of(&pseudonyms(KEY)));
        assert_eq!((one == other, one == pseudonyms(KEY)), (false, true));
        assert!(Pseudonyms::under(&Secret::new("short")).is_err());
        assert!(!format!("{one:?}").contains(KEY));
    }
}
