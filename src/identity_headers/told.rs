//! What an application is told about a person, as its operator wrote it.

/// The settings of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Key `audience`: the assertion's `aud`, one string. Absent: the app's name.
    pub audience: String,
    /// Key `claims`: names of the provider's claims that go into the assertion; nothing else leaves.
    pub claims: Vec<String>,
    /// Key `plain_headers`: which of them are said in a plain field as well.
    pub plain_headers: Vec<String>,
}
