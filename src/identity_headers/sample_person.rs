//! People who do not exist, for measuring and for trying out: what would an application hear about them?
//!
//! The longest of them is as long as `FranceConnect`'s own test file has it (seven given names, a birth name of 52 letters),
//! accents where they cost most: who configures more than fits learns it before anybody signs in.

use serde_json::Map;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::identity::claims_mapping;
use crate::identity::identity::Authentication;
use crate::identity::identity::Identity;
use crate::identity::identity::Subject;
use crate::jose::strict_json;
use crate::provider::entry_name::EntryName;
use crate::secret::Secret;
use crate::session::kept_token::KeptToken;
use crate::session::key::SessionKey;
use crate::session::session::Session;
use crate::wire::host::Host;

/// Name and claims of each.
const PEOPLE: &str = include_str!("sample_people.json");
/// The one with the longest names.
pub(super) const LONGEST: &str = "longest";

/// Why a text describes nobody. What it says is not repeated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamplePersonError {
    /// Not one unambiguous object.
    #[error(transparent)]
    Json(#[from] strict_json::StrictJsonError),
    /// No `sub`, or one that is empty or no text.
    #[error(
        "`sub` is missing: a person is an object of claims, such as {{\"sub\": \"1\", \"given_name\": \"Zoé\"}}"
    )]
    Nobody,
    /// An `amr` that is no array of texts.
    #[error("`amr` is not an array of texts")]
    Amr,
}

/// A person, as a provider would describe them.
#[derive(Clone)]
pub struct SamplePerson {
    sub: String,
    amr: Vec<String>,
    claims: Map<String, Value>,
}

/// How somebody signed in.
#[derive(Clone, Copy, Debug)]
pub struct SampleLogin<'a> {
    /// The provider entry.
    pub entry: &'a EntryName,
    /// Its issuer.
    pub issuer: &'a str,
    /// The level that was reached.
    pub acr: &'a str,
    /// The host.
    pub host: &'a Host,
    /// When.
    pub at: Timestamp,
    /// When it ends, whatever happens.
    pub ends_at: Timestamp,
}

impl SamplePerson {
    /// The names of those who come with the program.
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> =
            people().map_or_else(Vec::new, |people| people.keys().cloned().collect());
        names.sort();
        names
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        let claims = people()?.remove(name)?;
        Self::of(claims.as_object()?.clone()).ok()
    }

    /// Reads a person: one JSON object of claims, `sub` among them, `amr` perhaps.
    pub fn read(text: &[u8]) -> Result<Self, SamplePersonError> {
        Self::of(strict_json::object(text)?)
    }

    fn of(claims: Map<String, Value>) -> Result<Self, SamplePersonError> {
        let sub = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        if sub.is_empty() {
            return Err(SamplePersonError::Nobody);
        }
        let amr = match claims.get("amr") {
            None => Vec::new(),
            Some(methods) => {
                serde_json::from_value(methods.clone()).map_err(|_not_texts| SamplePersonError::Amr)?
            }
        };
        Ok(Self {
            sub: sub.to_owned(),
            amr,
            claims: claims_mapping::of_the_person(claims),
        })
    }

    /// The same person, of whom a provider tells these claims only.
    #[must_use]
    pub fn telling<'a>(mut self, told: impl Iterator<Item = &'a str>) -> Self {
        let told: Vec<&str> = told.collect();
        self.claims.retain(|name, _| told.contains(&name.as_str()));
        self
    }

    /// Their session. `None` if the system gives no random bytes.
    pub fn session(self, login: SampleLogin<'_>) -> Option<Session> {
        let key = SessionKey::generate().ok()?;
        Some(Session {
            entry: login.entry.clone(),
            host: login.host.clone(),
            identity: Identity {
                subject: Subject {
                    issuer: login.issuer.to_owned(),
                    sub: self.sub,
                },
                claims: self.claims,
            },
            authentication: Authentication {
                acr: login.acr.to_owned(),
                amr: self.amr,
                auth_time: Some(login.at),
            },
            logged_in_at: login.at,
            ends_at: login.ends_at,
            lapses_at: login.ends_at,
            id_token: KeptToken::of(&Secret::new("")),
            reference: key.locator()?,
        })
    }
}

/// The names of the claims: a person of a file may exist after all.
impl std::fmt::Debug for SamplePerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SamplePerson")
            .field("claims", &self.claims.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// `None` never happens to a file that a test has read.
fn people() -> Option<Map<String, Value>> {
    strict_json::object(PEOPLE.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_who_comes_with_the_program_can_be_had() {
        let names = SamplePerson::names();
        assert_eq!(
            names,
            [
                "angela",
                "born-abroad",
                LONGEST,
                "presumed-birthdate",
                "usage-name",
                "zoe"
            ]
        );
        for name in names {
            assert!(SamplePerson::named(&name).is_some(), "{name}");
        }
        assert!(SamplePerson::named("nobody").is_none());
    }

    #[test]
    fn a_person_of_a_file_has_a_subject_and_cannot_say_how_they_signed_in() {
        let read = |text: &str| SamplePerson::read(text.as_bytes());
        let zoe =
            read(r#"{"sub": "1", "given_name": "Zoé", "acr": "eidas3", "exp": 0, "email": null}"#).unwrap();
        assert_eq!(zoe.claims.keys().collect::<Vec<_>>(), ["given_name"]);
        for text in ["{}", r#"{"sub": ""}"#, r#"{"sub": 1}"#] {
            assert!(matches!(read(text), Err(SamplePersonError::Nobody)), "{text}");
        }
        assert!(matches!(read("[]"), Err(SamplePersonError::Json(_))));
        assert!(matches!(
            read(r#"{"sub": "1", "amr": "pwd"}"#),
            Err(SamplePersonError::Amr)
        ));
    }

    #[test]
    fn a_provider_tells_what_it_was_asked_for() {
        let zoe = SamplePerson::named("zoe")
            .unwrap()
            .telling(["family_name", "idp_id"].into_iter());
        assert_eq!(zoe.claims.keys().collect::<Vec<_>>(), ["family_name"]);
        assert!(!format!("{zoe:?}").contains("GOÛT"));
    }
}
