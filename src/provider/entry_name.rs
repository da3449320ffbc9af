//! The name of a provider entry in the configuration: part of cookie names and paths, so its alphabet is small.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

/// `[a-z][a-z0-9-]{0,31}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryName(String);

impl EntryName {
    /// Reads a name; `None` if it has another form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = text.bytes();
        let begins = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
        let goes_on = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (begins && goes_on && text.len() <= 32).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EntryName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not the name of a provider entry")
    }
}

impl From<EntryName> for String {
    fn from(name: EntryName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_plain_names_are_names() {
        for text in ["fc", "fc-2", "a"] {
            assert_eq!(EntryName::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "2fc", "-fc", "FC", "f_c", "é", &"a".repeat(33)] {
            assert_eq!(EntryName::parse(text), None, "{text}");
        }
    }
}
