//! The path of an application or a route: it contains itself and what lies below, and ends at the border of a segment.

use std::fmt;

use crate::wire::readings;
use crate::wire::spelling;
use crate::wire::target::RequestTarget;
use crate::wire::target::TargetError;

/// A decoded path without a slash at its end; the root is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Contains every path.
    pub const ROOT: Self = Self(String::new());

    /// Reads a path as it stands in the configuration, with or without escapes and a slash at its end.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        // Only what a browser would escape as well; everything else is judged as it was written.
        let browser_escapes = |c: char| !c.is_ascii() || c == ' ';
        let written = text.chars().map(|c| {
            if browser_escapes(c) {
                escaped(c.encode_utf8(&mut [0; 4]))
            } else {
                c.into()
            }
        });
        let target = RequestTarget::parse_plain(&written.collect::<String>())?;
        Ok(Self(target.path().trim_end_matches('/').to_owned()))
    }

    /// Whether a decoded path is this one or lies below it, at the border of a segment.
    pub fn contains(&self, path: &str) -> bool {
        path.strip_prefix(&self.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The same for an application that reads another spelling as the same path: `A` as `a`, an accent as part of its letter.
    pub fn contains_in_any_spelling(&self, path: &str) -> bool {
        spelling::is_below(path, &self.0)
    }

    /// The same for an application that reads an ambiguous path in one of several ways.
    pub fn may_contain(&self, path: &str) -> bool {
        readings::may_be_below(path, &self.0)
    }

    /// This path with another one below it.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        Self(format!("{}{}", self.0, below.0))
    }

    /// How long the path is: of two that contain a request, the longer one counts.
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// The path as a `Location`: escaped, `/` for the root.
    pub fn as_location(&self) -> String {
        if self.0.is_empty() {
            return "/".to_owned();
        }
        self.0.split('/').map(escaped).collect::<Vec<_>>().join("/")
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

fn escaped(segment: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte);
    segment
        .bytes()
        .map(|byte| {
            if kept(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_in_either_spelling() {
        let path = |text| PathPrefix::parse(text).unwrap();
        assert_eq!(path("/démarches/"), path("/d%C3%A9marches"));
        assert_eq!(path("/démarches").as_location(), "/d%C3%A9marches");
        assert_eq!(path("/").as_location(), "/");
        assert_eq!(path("/").length(), 0);
        assert_eq!(path("/a").join(&path("/b")), path("/a/b"));
        assert_eq!(path("/a b").as_location(), "/a%20b");
    }

    #[test]
    fn an_ambiguous_path_is_refused() {
        for text in ["", "a", "/a/../b", "//a", "/a;b", "/%2f"] {
            assert!(PathPrefix::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_prefix_ends_at_the_border_of_a_segment() {
        let path = |text| PathPrefix::parse(text).unwrap();
        assert!(path("/app").contains("/app"));
        assert!(path("/app").contains("/app/x"));
        assert!(path("/").contains("/x"));
        assert!(!path("/app").contains("/apple"));
        assert!(!path("/app").contains("/x/app"));
        assert!(!path("/app").contains("/APP/x"));
        assert!(path("/app").contains_in_any_spelling("/APP/x"));
        assert!(path("/").contains_in_any_spelling("/x"));
        assert!(!path("/app").contains_in_any_spelling("/APPLE"));
        assert!(!path("/app").contains_in_any_spelling("/AP"));
        assert!(!path("/app").may_contain("/apple;x"));
        assert!(path("/app").may_contain("/APP;x/y"));
    }
}
