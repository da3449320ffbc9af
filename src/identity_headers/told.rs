//! What an application is told about a person, as its operator wrote it.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderName;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::identity::fact::Fact;
use crate::identity_headers::encoding;
use crate::identity_headers::pseudonym::Pseudonyms;
use crate::identity_headers::rules;
use crate::seal::SealError;
use crate::session::session::Session;

/// The settings of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Key `audience`: the assertion's `aud`, one string. Absent: the app's name.
    pub audience: String,
    /// Key `claims`: names of the provider's claims that go into the assertion; nothing else leaves.
    pub claims: Vec<String>,
    /// Key `derived`: facts that go into the assertion; the claims that they come from stay here.
    pub derived: Vec<Fact>,
    /// Key `plain_headers`: which of both are said in a plain field as well.
    pub plain_headers: Vec<PlainHeader>,
    /// Key `subject`: under which name the person is known.
    pub subject: SubjectForm,
}

/// Key `subject`: who the person is to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectForm {
    /// Who they are to the provider: its `sub`.
    Provider,
    /// A pseudonym of this application.
    Pairwise(Arc<Pseudonyms>),
    /// Nobody: there is no `sub`.
    None,
}

impl Told {
    /// The `sub` of a person, if there is one.
    pub(super) fn sub(&self, session: &Session) -> Result<Option<String>, SealError> {
        let subject = &session.identity.subject;
        match &self.subject {
            SubjectForm::Provider => Ok(Some(subject.sub.clone())),
            SubjectForm::Pairwise(pseudonyms) => pseudonyms.of(subject, &self.audience).map(Some),
            SubjectForm::None => Ok(None),
        }
    }

    /// The `sid` of a session, if there is one: none where it would be a name for the person.
    pub(super) fn sid(&self, session: &Session) -> Result<Option<String>, SealError> {
        match &self.subject {
            SubjectForm::Provider => session.sid().map(Some),
            SubjectForm::Pairwise(pseudonyms) => {
                pseudonyms.of_session(&session.sid()?, &self.audience).map(Some)
            }
            SubjectForm::None => Ok(None),
        }
    }

    /// When the person proved who they are. To the second that is a name for them, too, which two applications could compare:
    /// it is told only where the provider's subject is.
    pub(super) fn auth_time(&self, session: &Session) -> Option<Timestamp> {
        match &self.subject {
            SubjectForm::Provider => session.authentication.auth_time,
            SubjectForm::Pairwise(_) | SubjectForm::None => None,
        }
    }

    /// The claims of a provider without which something of it is never told.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        let sources = self.derived.iter().flat_map(|fact| fact.sources());
        let claims = self.claims.iter().map(String::as_str);
        claims.chain(sources.copied())
    }

    /// The same, and those that say how exact it is.
    pub fn uses(&self) -> impl Iterator<Item = &str> {
        let precisions = self.derived.iter().filter_map(|fact| fact.precision());
        self.needs().chain(precisions)
    }
}

/// A claim or a fact, and the field in which it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainHeader {
    says: Says,
    name: HeaderName,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Says {
    Subject,
    Fact(Fact),
    Claim(String),
}

impl PlainHeader {
    /// The field of a claim, or of a fact of that name. `None` where its name makes no field name, or one that is taken: it is
    /// said in none then.
    pub fn of(name: &str) -> Option<Self> {
        let says = match (name, Fact::parse(name)) {
            ("sub", _) => Says::Subject,
            (_, Some(fact)) => Says::Fact(fact),
            (claim, None) => Says::Claim(claim.to_owned()),
        };
        Some(Self {
            says,
            name: rules::plain_field(name)?,
        })
    }

    /// What is said about a person, who is `sub` to the application, at a moment. `None` where there is nothing to say: then there is no field.
    pub(super) fn value(&self, session: &Session, sub: Option<&str>, now: Timestamp) -> Option<String> {
        let claims = &session.identity.claims;
        let value = match &self.says {
            Says::Subject => return sub.and_then(encoding::field_text),
            Says::Fact(fact) => Cow::<Value>::Owned(fact.of(claims, now)?),
            Says::Claim(claim) => Cow::Borrowed(claims.get(claim)?),
        };
        encoding::field_value(&value)
    }

    /// Where.
    pub fn name(&self) -> &HeaderName {
        &self.name
    }
}
