//! The request target: one canonical path that routing, policy and application all see; refused when it is ambiguous,
//! never repaired, and sent on exactly as it was judged.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::wire::spelling;

/// Why a request target was refused. Every case is a way in which two programs read one path differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Asterisk form, authority form, or a path that does not begin with a slash.
    #[error("the request target is not a path")]
    NotAPath,
    /// A character that no path or query has, as it stands: control, space, quote, `\`, `#`, raw non-ASCII.
    #[error("the request target holds a forbidden character")]
    Character,
    /// `%` without two hexadecimal digits, or escapes that are not UTF-8 (overlong forms among them).
    #[error("the request target holds an invalid escape")]
    Escape,
    /// An escape for a character that separates or changes segments, that looks like one of those, or that needs none.
    #[error("the request target escapes a character that must not be escaped")]
    AmbiguousEscape,
    /// `.`, `..`, an empty segment, or one that ends in a dot or a space.
    #[error("the request target holds an ambiguous segment")]
    Segment,
    /// A `;` parameter, which some application servers cut away and others keep.
    #[error("the request target holds a path parameter")]
    Parameter,
}

/// A path and query as the browser sent them (RFC 9112, section 3.2.1), with one reading only.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestTarget {
    raw: String,
    path_length: usize,
    decoded_path: String,
}

impl RequestTarget {
    /// Reads `path[?query]`.
    pub fn parse(raw: &str) -> Result<Self, TargetError> {
        let (path, query) = raw
            .split_once('?')
            .map_or((raw, ""), |(path, query)| (path, query));
        if !path.starts_with('/') {
            return Err(TargetError::NotAPath);
        }
        if !path.bytes().all(is_path_byte) || !query.bytes().all(is_query_byte) {
            return Err(if path.contains(';') {
                TargetError::Parameter
            } else {
                TargetError::Character
            });
        }
        refuse_ambiguous_escapes(path)?;
        let decoded = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_not_utf8| TargetError::Escape)?;
        if decoded.contains(spelling::looks_like_a_delimiter) {
            return Err(TargetError::AmbiguousEscape);
        }
        refuse_ambiguous_segments(&decoded)?;
        Ok(Self {
            raw: raw.to_owned(),
            path_length: path.len(),
            decoded_path: decoded.into_owned(),
        })
    }

    /// Path and query, byte for byte as received.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// The path alone, byte for byte as received.
    pub fn raw_path(&self) -> &str {
        self.raw.get(..self.path_length).unwrap_or(&self.raw)
    }

    /// The path, decoded once: what routes are compared with.
    pub fn path(&self) -> &str {
        &self.decoded_path
    }

    /// The query without its `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.raw.get(self.path_length + 1..)
    }

    /// Whether the path is `prefix` or lies below it, at the border of a segment. `prefix` is decoded, without a slash at
    /// its end (the root is `""`).
    pub fn is_below(&self, prefix: &str) -> bool {
        self.decoded_path
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The same as [`RequestTarget::is_below`] for an application that reads another spelling as the same path.
    pub fn is_below_in_any_spelling(&self, prefix: &str) -> bool {
        let path = self.decoded_path.as_str();
        if path.is_ascii() && prefix.is_ascii() {
            // Nearly always: another case is then the one other spelling.
            let parts = path.split_at_checked(prefix.len());
            return parts.is_some_and(|(start, rest)| {
                start.eq_ignore_ascii_case(prefix) && (rest.is_empty() || rest.starts_with('/'))
            });
        }
        let mut rest = spelling::as_read(path);
        let begins = spelling::as_read(prefix).all(|letter| rest.next() == Some(letter));
        begins && rest.next().is_none_or(|next| next == '/')
    }
}

/// The query is left out: it may carry what a person typed.
impl fmt::Debug for RequestTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestTarget").field(&self.raw_path()).finish()
    }
}

fn is_path_byte(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E)
        && !matches!(
            byte,
            b'"' | b'#' | b'<' | b'>' | b'?' | b'\\' | b'^' | b'`' | b'{' | b'}' | b';'
        )
}

fn is_query_byte(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E) && byte != b'#'
}

/// Each escape stands for a byte that is neither unreserved (RFC 3986, section 2.3; `~` was once escaped and may be) nor a
/// delimiter of paths, queries or escapes.
fn refuse_ambiguous_escapes(path: &str) -> Result<(), TargetError> {
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('%') {
        let escaped = after
            .get(..2)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let digits = escaped.ok_or(TargetError::Escape)?;
        rest = after.get(2..).unwrap_or_default();
        let byte = u8::from_str_radix(digits, 16).map_err(|_not_hex| TargetError::Escape)?;
        let doubled = byte == b'%' && rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        let delimiter = matches!(byte, b'/' | b'\\' | b';' | b'#' | b'?') || byte.is_ascii_control();
        let needless = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if doubled || delimiter || needless {
            return Err(TargetError::AmbiguousEscape);
        }
    }
    Ok(())
}

fn refuse_ambiguous_segments(decoded: &str) -> Result<(), TargetError> {
    let mut segments = decoded.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let empty_inside = segment.is_empty() && segments.peek().is_some();
        if empty_inside || segment.ends_with(['.', ' ']) {
            return Err(TargetError::Segment);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_target_is_kept_byte_for_byte() {
        for raw in [
            "/",
            "/a/b/",
            "/a?x=/../y&z=%2e",
            "/%C3%A9t%c3%a9",
            "/100%25",
            "/a%20b/c",
            "/~u/%7Eu",
            "/a:b@c,d=e+f",
            "/?",
        ] {
            let target = RequestTarget::parse(raw).unwrap_or_else(|error| panic!("{raw}: {error}"));
            assert_eq!(target.as_str(), raw);
        }
        assert_eq!(RequestTarget::parse("/%C3%A9t%c3%a9").unwrap().path(), "/été");
        assert_eq!(RequestTarget::parse("/a?b=c").unwrap().query(), Some("b=c"));
        assert_eq!(RequestTarget::parse("/a").unwrap().query(), None);
    }

    #[test]
    fn an_ambiguous_target_is_refused() {
        for (raw, error) in [
            ("*", TargetError::NotAPath),
            ("admin", TargetError::NotAPath),
            ("", TargetError::NotAPath),
            ("/a b", TargetError::Character),
            ("/a\\b", TargetError::Character),
            ("/a#b", TargetError::Character),
            ("/é", TargetError::Character),
            ("/a?é", TargetError::Character),
            ("/a\u{1}", TargetError::Character),
            ("/%", TargetError::Escape),
            ("/%4", TargetError::Escape),
            ("/%zz", TargetError::Escape),
            ("/%c0%ae", TargetError::Escape),
            ("/%e0%80%af", TargetError::Escape),
            ("/%ff", TargetError::Escape),
            ("/%2f", TargetError::AmbiguousEscape),
            ("/%5C", TargetError::AmbiguousEscape),
            ("/%252e", TargetError::AmbiguousEscape),
            ("/%00", TargetError::AmbiguousEscape),
            ("/%0d%0a", TargetError::AmbiguousEscape),
            ("/%61dmin", TargetError::AmbiguousEscape),
            ("/%2e%2e/a", TargetError::AmbiguousEscape),
            ("/a%23b", TargetError::AmbiguousEscape),
            ("/admin.php%3Fx.php", TargetError::AmbiguousEscape),
            ("/a%3bb", TargetError::AmbiguousEscape),
            ("/public%EF%BC%8Fadmin", TargetError::AmbiguousEscape),
            ("/public/%E2%80%A5/admin", TargetError::AmbiguousEscape),
            ("/a;b", TargetError::Parameter),
            ("/..", TargetError::Segment),
            ("/a/./b", TargetError::Segment),
            ("/a/../b", TargetError::Segment),
            ("//a", TargetError::Segment),
            ("/a//b", TargetError::Segment),
            ("/a//", TargetError::Segment),
            ("/admin.", TargetError::Segment),
            ("/admin%20", TargetError::Segment),
        ] {
            assert_eq!(RequestTarget::parse(raw).unwrap_err(), error, "{raw:?}");
        }
    }

    #[test]
    fn a_prefix_ends_at_the_border_of_a_segment() {
        let target = |raw| RequestTarget::parse(raw).unwrap();
        assert!(target("/app").is_below("/app"));
        assert!(target("/app/x").is_below("/app"));
        assert!(target("/x").is_below(""));
        assert!(!target("/apple").is_below("/app"));
        assert!(!target("/x/app").is_below("/app"));
        assert!(!target("/APP/x").is_below("/app"));
        assert!(target("/APP/x").is_below_in_any_spelling("/app"));
        assert!(target("/%C3%89T%C3%A9").is_below_in_any_spelling("/été"));
        for spelling in ["/adm%C4%B1n", "/adm%C4%B0n", "/ADMIN/x"] {
            assert!(target(spelling).is_below_in_any_spelling("/admin"), "{spelling}");
        }
        assert!(target("/%C5%BFession").is_below_in_any_spelling("/session"));
        for spelling in ["/e%CC%81te%CC%81/x", "/E%CC%81TE%CC%81"] {
            assert!(target(spelling).is_below_in_any_spelling("/été"), "{spelling}");
        }
        assert!(target("/ad%E2%80%8Dmin").is_below_in_any_spelling("/admin"));
        assert!(!target("/adminis%CC%81").is_below_in_any_spelling("/adminis"));
        assert!(target("/%E2%84%AAm").is_below_in_any_spelling("/km"));
        assert!(target("/x").is_below_in_any_spelling(""));
        assert!(!target("/APPLE").is_below_in_any_spelling("/app"));
        assert!(!target("/AP").is_below_in_any_spelling("/app"));
    }
}
