//! What an application is told about a person, as its operator wrote it.

use http::HeaderName;

use crate::identity_headers::rules;

/// The settings of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Key `audience`: the assertion's `aud`, one string. Absent: the app's name.
    pub audience: String,
    /// Key `claims`: names of the provider's claims that go into the assertion; nothing else leaves.
    pub claims: Vec<String>,
    /// Key `plain_headers`: which of them are said in a plain field as well.
    pub plain_headers: Vec<PlainHeader>,
}

/// A claim, and the field in which it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainHeader {
    claim: String,
    name: HeaderName,
}

impl PlainHeader {
    /// The field of a claim. `None` where its name makes no field name, or one that is taken: it is said in none then.
    pub fn of(claim: &str) -> Option<Self> {
        Some(Self {
            claim: claim.to_owned(),
            name: rules::plain_field(claim)?,
        })
    }

    /// What is said.
    pub fn claim(&self) -> &str {
        &self.claim
    }

    /// Where.
    pub fn name(&self) -> &HeaderName {
        &self.name
    }
}
