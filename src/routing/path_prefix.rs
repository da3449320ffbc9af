//! The path of an application or a route: it contains itself and what lies below, and ends at the border of a segment.

use std::fmt;

use crate::wire::target::RequestTarget;
use crate::wire::target::TargetError;
use crate::wire::target::readings;
use crate::wire::target::spelling;

/// A decoded path without a slash at its end; the root is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrefix {
    path: String,
    /// See [`spelling::is_plain`].
    is_plain: bool,
}

impl PathPrefix {
    /// Contains every path.
    pub const ROOT: Self = Self {
        path: String::new(),
        is_plain: true,
    };

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
        Ok(Self::of(target.path().trim_end_matches('/').to_owned()))
    }

    fn of(path: String) -> Self {
        let is_plain = spelling::is_plain(&path);
        Self { path, is_plain }
    }

    /// Whether a decoded path is this one or lies below it, at the border of a segment.
    pub fn contains(&self, path: &str) -> bool {
        path.strip_prefix(&self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The same for an application that reads another spelling as the same path: `A` as `a`, an accent as part of its letter.
    pub fn contains_in_any_spelling(&self, path: &str) -> bool {
        spelling::is_below(path, &self.path)
    }

    /// Whether a plain path has no other spelling below this one, so that [`PathPrefix::contains`] says it all.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The same for an application that reads an ambiguous path in one of several ways.
    pub fn may_contain(&self, path: &str) -> bool {
        readings::may_be_below(path, &self.path)
    }

    /// This path with another one below it.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        Self::of(format!("{}{}", self.path, below.path))
    }

    /// How long the path is: of two that contain a request, the longer one counts.
    pub fn length(&self) -> usize {
        self.path.len()
    }

    /// The path as a `Location`: escaped, `/` for the root.
    pub fn as_location(&self) -> String {
        if self.path.is_empty() {
            return "/".to_owned();
        }
        self.path.split('/').map(escaped).collect::<Vec<_>>().join("/")
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.path.is_empty() { "/" } else { &self.path })
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

    #[test]
    fn of_plain_paths_no_spelling_is_another() {
        let paths = [
            "/app",
            "/app/x",
            "/apple",
            "/ap",
            "/",
            "/app-1/x.y",
            "/a~b",
            "/APP",
            "/été",
            "/ap\u{212a}",
            "/ app",
            "/app\u{a0}",
            "/a pp",
        ];
        for (prefix, path) in paths.iter().flat_map(|prefix| paths.map(|path| (prefix, path))) {
            let prefix = PathPrefix::parse(prefix).unwrap();
            if prefix.is_plain() && spelling::is_plain(path) {
                assert_eq!(
                    prefix.contains(path),
                    prefix.contains_in_any_spelling(path),
                    "{path}"
                );
            }
        }
        assert!(!PathPrefix::parse("/Été").unwrap().is_plain() && !spelling::is_plain("/A"));
        let joined = |path: &str, below: &str| {
            let [path, below] = [path, below].map(|text| PathPrefix::parse(text).unwrap());
            path.join(&below)
        };
        assert!(joined("/a", "/b-c").is_plain() && !joined("/a", "/b%20c").is_plain());
    }
}
