//! Text from outside that goes into a log line or a report: short, and between quotes that it cannot close.

use std::fmt;
use std::fmt::Write as _;

use crate::wire::printable::printable;

/// The most that is kept, in characters.
const MOST: usize = 200;

/// A bounded copy of something that a stranger wrote. It is for logs and reports; a page never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Untrusted(String);

impl Untrusted {
    /// Keeps the first 200 characters.
    pub fn new(text: &str) -> Self {
        // Nothing that has fewer bytes has more characters.
        let end = if text.len() <= MOST {
            text.len()
        } else {
            text.char_indices().nth(MOST).map_or(text.len(), |(end, _)| end)
        };
        Self(text.get(..end).unwrap_or_default().to_owned())
    }

    /// As the stranger wrote it, so that it can be compared, or be a value of its own in a log line, which is made fit for
    /// the line there. Never for a terminal, never inside a sentence.
    pub fn raw(&self) -> &str {
        &self.0
    }
}

/// One word stands as it is; anything else between quotes, so that it cannot look like the next field of the line.
impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/*".contains(&byte);
        if !self.0.is_empty() && self.0.bytes().all(is_word) {
            return f.write_str(&self.0);
        }
        f.write_char('"')?;
        for character in self.0.chars() {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            printable(character).try_for_each(|shown| f.write_char(shown))?;
        }
        f.write_char('"')
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_begins_a_line_closes_its_quotes_or_fills_a_disk() {
        for (text, shown) in [
            ("a\nlevel=\"info\"\u{202e}", r#""a\nlevel=\"info\"\u{202e}""#),
            ("\\\" code=P09", r#""\\\" code=P09""#),
            ("authentification annulée", r#""authentification annulée""#),
            ("l'été", r#""l'été""#),
            ("access_denied", "access_denied"),
            ("*.ville.example", "*.ville.example"),
            ("x code=P09 request=1", r#""x code=P09 request=1""#),
            ("", r#""""#),
        ] {
            assert_eq!(Untrusted::new(text).to_string(), shown);
        }
        assert_eq!(Untrusted::new(&"é".repeat(70_000)).raw().chars().count(), 200);
    }
}
