//! The operator's note: what the list of sessions may show. Sealed by the gateway's secret alone, so it holds nothing that
//! says who the person is: no subject, no claim, no address.

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::provider::entry_name::EntryName;
use crate::seal::Keyring;
use crate::seal::SealError;
use crate::seal::purpose::Purpose;
use crate::session::key::Locator;

/// What an operator sees of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorNote {
    /// When the login happened.
    pub logged_in_at: Timestamp,
    /// The provider entry.
    pub entry: EntryName,
    /// The level that the provider vouched for.
    pub acr: String,
    /// The host of the session.
    pub host: String,
}

impl OperatorNote {
    /// Seals the note for the session at `locator`, under `prefix`.
    pub fn seal(&self, keyring: &Keyring, prefix: &str, locator: &Locator) -> Result<Vec<u8>, SealError> {
        let plaintext = serde_json::to_vec(self).map_err(|_never| SealError::NotSealed)?;
        keyring.seal(Purpose::OperatorNote, &context(prefix, locator), &plaintext)
    }

    /// Opens the note of the session at `locator`; one that was copied from another session does not open.
    pub fn open(
        keyring: &Keyring,
        prefix: &str,
        locator: &Locator,
        sealed: &[u8],
    ) -> Result<Self, SealError> {
        let plaintext = keyring.open(Purpose::OperatorNote, &context(prefix, locator), sealed)?;
        serde_json::from_slice(&plaintext).map_err(|_quotes_the_note| SealError::Refused)
    }
}

fn context<'a>(prefix: &'a str, locator: &'a Locator) -> [&'a [u8]; 2] {
    [prefix.as_bytes(), locator.as_str().as_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::session::key::SessionKey;

    #[test]
    fn a_note_opens_with_the_secret_alone_and_at_its_session_only() {
        let keyring = Keyring::new(&[Secret::new((0..32).collect::<Vec<u8>>())]).unwrap();
        let locator = || SessionKey::generate().unwrap().locator().unwrap();
        let (here, there) = (locator(), locator());
        let note = OperatorNote {
            logged_in_at: Timestamp::from_unix(1000),
            entry: EntryName::parse("fc").unwrap(),
            acr: "eidas1".to_owned(),
            host: "a.example".to_owned(),
        };
        let sealed = note.seal(&keyring, "guichet:", &here).unwrap();
        assert_eq!(OperatorNote::open(&keyring, "guichet:", &here, &sealed), Ok(note));
        assert!(OperatorNote::open(&keyring, "guichet:", &there, &sealed).is_err());
        assert!(OperatorNote::open(&keyring, "other:", &here, &sealed).is_err());
        assert!(OperatorNote::open(&keyring, "guichet:", &here, b"").is_err());
    }
}
