//! Whose an application's own cookie is: a mark that only we can make, so that what an application gave to one person comes
//! back to it with no other one.

use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::seal::Keyring;
use crate::seal::from_base64url;
use crate::seal::purpose::Purpose;
use crate::secret::Secret;
use crate::session::session::Session;
use crate::wire::host::Host;

/// Between the value and its mark: a character that a cookie may have and base64url does not.
const SEPARATOR: u8 = b'~';
/// A key id of 8 bytes and a MAC of 32, in base64url, with a point between them.
const KEY_ID_LENGTH: usize = 11;
const MARK_LENGTH: usize = KEY_ID_LENGTH + 1 + 43;

/// The person of a request, or nobody, at one host. What is marked for one opens for no other.
#[derive(Clone, Debug)]
pub struct CookieOwner {
    keyring: Keyring,
    host: Host,
    person: Option<(EntryName, Subject)>,
}

impl CookieOwner {
    /// The person of a session, who is the same after the next login; without one, nobody.
    pub fn new(keyring: Keyring, host: Host, session: Option<&Session>) -> Self {
        Self {
            keyring,
            host,
            person: session.map(|session| (session.entry.clone(), session.identity.subject.clone())),
        }
    }

    /// The value with its mark. `None` if it cannot be marked; then it must not leave.
    pub fn mark(&self, name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        let context = self.context(name, value);
        let tag = self.keyring.tag(Purpose::AppCookieMark, &context).ok()?;
        Some([value, &[SEPARATOR], tag.as_str().as_bytes()].concat())
    }

    /// The value without its mark, if that is ours and this person's, under any listed secret.
    pub fn unmark<'a>(&self, name: &[u8], marked: &'a [u8]) -> Option<&'a [u8]> {
        let (value, mark) = marked.split_at_checked(marked.len().checked_sub(1 + MARK_LENGTH)?)?;
        let mark = mark.strip_prefix(&[SEPARATOR])?;
        if !self.may_be_ours(mark) {
            return None;
        }
        let mark = Secret::new(mark);
        let context = self.context(name, value);
        let tags = self.keyring.tags(Purpose::AppCookieMark, &context).ok()?;
        let is_ours = |tag: &str| Secret::new(tag) == mark;
        tags.iter().any(|tag| is_ours(tag.as_str())).then_some(value)
    }

    /// Whether a mark names one of our keys. Anybody can send thousands that do not, and none of those is worth a computation.
    fn may_be_ours(&self, mark: &[u8]) -> bool {
        let id = mark
            .split_at_checked(KEY_ID_LENGTH)
            .filter(|(_, rest)| rest.starts_with(b"."));
        let id = id.and_then(|(id, _)| from_base64url(std::str::from_utf8(id).ok()?));
        id.is_some_and(|id| self.keyring.knows(&id))
    }

    fn context<'a>(&'a self, name: &'a [u8], value: &'a [u8]) -> Vec<&'a [u8]> {
        let mut context = vec![self.host.as_str().as_bytes(), name, value];
        if let Some((entry, subject)) = &self.person {
            let person = [entry.as_str(), &subject.issuer, &subject.sub];
            context.extend(person.map(str::as_bytes));
        }
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::session::test_support::session;

    const NAME: &[u8] = b"PHPSESSID";

    fn keyring(secrets: &[&str]) -> Keyring {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        Keyring::new(&secrets).unwrap()
    }

    fn owner(secrets: &[&str], host: &str, sub: Option<&str>) -> CookieOwner {
        let session = sub.map(|sub| session(sub, Timestamp::from_unix(60)));
        CookieOwner::new(keyring(secrets), Host::parse(host).unwrap(), session.as_ref())
    }

    const OLD: &str = "the secret of yesterday, long enough";
    const NEW: &str = "the secret of today, which is longer";

    #[test]
    fn a_value_comes_back_for_the_same_person_alone() {
        let zoe = owner(&[OLD], "a.example", Some("zoe"));
        let marked = zoe.mark(NAME, b"s3ss~ion").unwrap();
        assert!(marked.starts_with(b"s3ss~ion~"));
        assert_eq!(zoe.unmark(NAME, &marked), Some(b"s3ss~ion".as_slice()));
        let others = [
            owner(&[OLD], "a.example", Some("bob")),
            owner(&[OLD], "a.example", None),
            owner(&[OLD], "b.example", Some("zoe")),
            owner(&[NEW], "a.example", Some("zoe")),
        ];
        for other in others {
            assert_eq!(other.unmark(NAME, &marked), None, "{other:?}");
        }
        assert_eq!(zoe.unmark(b"JSESSIONID", &marked), None);
        let nobody = owner(&[OLD], "a.example", None);
        let anonymous = nobody.mark(NAME, b"").unwrap();
        assert_eq!(nobody.unmark(NAME, &anonymous), Some(b"".as_slice()));
        assert_eq!(zoe.unmark(NAME, &anonymous), None);
    }

    #[test]
    fn what_is_altered_or_without_a_mark_is_nobodys() {
        let zoe = owner(&[OLD], "a.example", Some("zoe"));
        let marked = zoe.mark(NAME, b"value").unwrap();
        for at in 0..marked.len() {
            let mut altered = marked.clone();
            altered[at] ^= 1;
            assert_eq!(zoe.unmark(NAME, &altered), None, "{at}");
        }
        for text in ["", "~", "value", "value~", "~~"] {
            assert_eq!(zoe.unmark(NAME, text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_mark_that_cannot_be_ours_is_known_by_its_shape_and_key_alone() {
        let zoe = owner(&[NEW, OLD], "a.example", Some("zoe"));
        let mark_of = |secret| {
            let marked = owner(&[secret], "b.example", None).mark(NAME, b"").unwrap();
            String::from_utf8(marked[1..].to_vec()).unwrap()
        };
        let ours = mark_of(OLD);
        assert_eq!(ours.len(), MARK_LENGTH);
        assert!(zoe.may_be_ours(ours.as_bytes()) && zoe.may_be_ours(mark_of(NEW).as_bytes()));
        let unlisted = mark_of("the secret of a neighbour, long enough");
        for mark in [
            unlisted.as_str(),
            &ours.replace('.', "-"),
            &ours.replace('.', "~"),
            "",
        ] {
            assert!(!zoe.may_be_ours(mark.as_bytes()), "{mark}");
        }
    }

    #[test]
    fn a_mark_outlives_the_rotation_of_the_secret() {
        let marked = owner(&[OLD], "a.example", Some("zoe")).mark(NAME, b"v").unwrap();
        let rotated = owner(&[NEW, OLD], "a.example", Some("zoe"));
        assert_eq!(rotated.unmark(NAME, &marked), Some(b"v".as_slice()));
        let again = rotated.mark(NAME, b"v").unwrap();
        assert_ne!(again, marked);
        assert_eq!(
            owner(&[NEW], "a.example", Some("zoe")).unmark(NAME, &again),
            Some(b"v".as_slice())
        );
    }
}
