//! Text from outside that goes into a log line: short, and without a character that could begin another line.

use std::fmt;

/// The most that is kept, in characters.
const MOST: usize = 200;

/// A bounded, escaped copy of something that a stranger wrote. It is for logs; a page never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Untrusted(String);

impl Untrusted {
    /// Keeps the first 200 characters, control characters and quotes escaped.
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(MOST).flat_map(char::escape_debug).collect())
    }

    /// The text, escaped.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One word stands as it is; anything else between quotes, so that it cannot look like the next field of the line.
impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
        if !self.0.is_empty() && self.0.bytes().all(is_word) {
            f.write_str(&self.0)
        } else {
            write!(f, "\"{}\"", self.0)
        }
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted(\"{}\")", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_begins_a_line_or_fills_a_disk() {
        assert_eq!(
            Untrusted::new("a\nlevel=\"info\"\u{202e}").as_str(),
            "a\\nlevel=\\\"info\\\"\\u{202e}"
        );
        assert_eq!(Untrusted::new(&"x".repeat(70_000)).as_str().len(), 200);
        assert_eq!(
            Untrusted::new("authentification annulée").as_str(),
            "authentification annulée"
        );
        assert_eq!(Untrusted::new("access_denied").to_string(), "access_denied");
        assert_eq!(
            Untrusted::new("x code=P09 request=1").to_string(),
            "\"x code=P09 request=1\""
        );
    }
}
