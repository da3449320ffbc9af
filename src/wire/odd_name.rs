//! Names of fields that an application wants to hear although they have odd characters: those that a configuration asks for.

use http::HeaderName;

use crate::wire::header_name;

/// Why a name cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OddNameError {
    /// No field has such a name.
    #[error("is not the name of a field")]
    NoName,
    /// Letters, digits and hyphens: it needs nobody's leave.
    #[error("passes already")]
    Ordinary,
    /// To an application server it may be a name that only the gateway or the protocol uses.
    #[error("may be `{0}` to an application server, and that name is not for clients to say")]
    Protected(String),
}

/// A name with odd characters under which an application wants to hear what clients say. It stands for nothing of ours in
/// any folding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddName(HeaderName);

impl OddName {
    /// Reads a name as it stands in the configuration.
    pub fn parse(text: &str) -> Result<Self, OddNameError> {
        let name = HeaderName::from_bytes(text.as_bytes()).map_err(|_no_name| OddNameError::NoName)?;
        match header_name::protected_reading(name.as_str()) {
            Some((_, reading)) => Err(OddNameError::Protected(reading)),
            None if header_name::is_plain(name.as_str()) => Err(OddNameError::Ordinary),
            None => Ok(Self(name)),
        }
    }

    /// Whether a field has this name.
    pub fn is(&self, name: &HeaderName) -> bool {
        self.0 == name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_asked_for_means_nothing_of_ours() {
        for name in ["my_app.token", "X_CSRF_Token", "a~b"] {
            let asked_for = OddName::parse(name).unwrap();
            let lower_case = name.to_ascii_lowercase();
            assert!(asked_for.is(&HeaderName::from_bytes(lower_case.as_bytes()).unwrap()));
        }
        for (name, error) in [
            ("", OddNameError::NoName),
            ("a b", OddNameError::NoName),
            ("My-App-Token", OddNameError::Ordinary),
            ("Remote-User", OddNameError::Protected("remote-user".to_owned())),
            (
                "content_length",
                OddNameError::Protected("content-length".to_owned()),
            ),
            ("x__user", OddNameError::Protected("x-user".to_owned())),
            ("x--user", OddNameError::Protected("x-user".to_owned())),
            ("x--mine", OddNameError::Ordinary),
            ("_x.guichet_", OddNameError::Protected("x-guichet-".to_owned())),
        ] {
            assert_eq!(OddName::parse(name).unwrap_err(), error, "{name}");
        }
    }
}
