//! The request target: one canonical path that routing, policy and application all see; refused when it is ambiguous,
//! never repaired, and sent on exactly as it was judged.
//!
//! Three ambiguous forms are read for the applications that cannot do without: [`ambiguity`]. What such a path may mean is
//! in [`readings`]; what is the same path in another spelling, in [`spelling`].

pub mod ambiguity;
pub mod pieces;
pub mod readings;
pub mod spelling;

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

use crate::wire::target::ambiguity::Ambiguities;
use crate::wire::target::ambiguity::Ambiguity;
use crate::wire::target::pieces::Piece;

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
    /// `.`, `..`, a segment that is empty or nothing but blanks, or one that ends in a dot or a space.
    #[error("the request target holds an ambiguous segment")]
    Segment,
    /// A `;` parameter, which some application servers cut away and others keep.
    #[error("the request target holds a path parameter")]
    Parameter,
    /// An application could read the path as one of another application, or of ours.
    #[error("the request target may be read as the path of somebody else")]
    SomebodyElses,
}

impl From<Ambiguity> for TargetError {
    fn from(ambiguity: Ambiguity) -> Self {
        match ambiguity {
            Ambiguity::Parameters => Self::Parameter,
            Ambiguity::EscapedSlashes => Self::AmbiguousEscape,
            Ambiguity::EmptySegments => Self::Segment,
        }
    }
}

/// A path and query as the browser sent them (RFC 9112, section 3.2.1), with one reading, or with the ambiguities that it
/// names itself.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestTarget {
    raw: String,
    path_length: usize,
    decoded_path: String,
    ambiguities: Ambiguities,
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
            return Err(TargetError::Character);
        }
        let mut ambiguities = Ambiguities::default();
        note_escapes(path, &mut ambiguities)?;
        let decoded = decode(path)?;
        if decoded.contains(spelling::looks_like_a_delimiter) {
            return Err(TargetError::AmbiguousEscape);
        }
        note_segments(&decoded, &mut ambiguities)?;
        Ok(Self {
            raw: raw.to_owned(),
            path_length: path.len(),
            decoded_path: decoded.into_owned(),
            ambiguities,
        })
    }

    /// The same with one reading only.
    pub fn parse_plain(raw: &str) -> Result<Self, TargetError> {
        let target = Self::parse(raw)?;
        match target.ambiguities.beyond(Ambiguities::default()) {
            None => Ok(target),
            Some(ambiguity) => Err(ambiguity.into()),
        }
    }

    /// Path and query, byte for byte as received.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// The path alone, byte for byte as received.
    pub fn raw_path(&self) -> &str {
        self.raw.get(..self.path_length).unwrap_or(&self.raw)
    }

    /// The path, decoded once: what routes are compared with. An escaped slash stays escaped.
    pub fn path(&self) -> &str {
        &self.decoded_path
    }

    /// In what ways the path can be read otherwise. Ordinarily in none.
    pub fn ambiguities(&self) -> Ambiguities {
        self.ambiguities
    }

    /// The query without its `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.raw.get(self.path_length + 1..)
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
            b'"' | b'#' | b'<' | b'>' | b'?' | b'\\' | b'^' | b'`' | b'{' | b'}'
        )
}

fn is_query_byte(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E) && byte != b'#'
}

/// Each escape stands for a byte that is neither unreserved (RFC 3986, section 2.3; `~` was once escaped and may be) nor a
/// delimiter of paths, queries or escapes; a slash is noted.
fn note_escapes(path: &str, ambiguities: &mut Ambiguities) -> Result<(), TargetError> {
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('%') {
        let escaped = after
            .get(..2)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let digits = escaped.ok_or(TargetError::Escape)?;
        rest = after.get(2..).unwrap_or_default();
        let byte = u8::from_str_radix(digits, 16).map_err(|_not_hex| TargetError::Escape)?;
        let doubled = byte == b'%' && rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        let delimiter = matches!(byte, b'\\' | b';' | b'#' | b'?') || byte.is_ascii_control();
        let needless = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if doubled || delimiter || needless {
            return Err(TargetError::AmbiguousEscape);
        }
        if byte == b'/' {
            ambiguities.add(Ambiguity::EscapedSlashes);
        }
    }
    Ok(())
}

/// Decodes everything but an escaped slash: that one stays what it is, so that it is not taken for the other. No doubled
/// escape is there to become one.
fn decode(path: &str) -> Result<Cow<'_, str>, TargetError> {
    let not_utf8 = |_not_utf8| TargetError::Escape;
    let mut parts = pieces::around_escaped_slashes(path);
    let first = parts.next().unwrap_or_default();
    let mut decoded = percent_decode_str(first).decode_utf8().map_err(not_utf8)?;
    for part in parts {
        let part = percent_decode_str(part).decode_utf8().map_err(not_utf8)?;
        let decoded = decoded.to_mut();
        decoded.push_str(pieces::ESCAPED_SLASH);
        decoded.push_str(&part);
    }
    Ok(decoded)
}

/// No program that cuts parameters away, decodes a slash, takes several for one, or leaves blanks away may find a dot segment,
/// or two slashes at the beginning, where a host would stand. Blanks that leave a name behind have one more reading, which
/// [`spelling::is_below`] knows.
fn note_segments(decoded: &str, ambiguities: &mut Ambiguities) -> Result<(), TargetError> {
    let mut all = pieces::of(decoded).peekable();
    let mut is_first = true;
    while let Some(Piece { text, .. }) = all.next() {
        let mut parts = text.split(';');
        if parts.clone().any(ends_oddly) {
            return Err(TargetError::Segment);
        }
        let is_empty = parts.next().is_none_or(str::is_empty);
        if parts.next().is_some() {
            ambiguities.add(Ambiguity::Parameters);
        }
        if is_empty && all.peek().is_some() {
            if is_first {
                return Err(TargetError::Segment);
            }
            ambiguities.add(Ambiguity::EmptySegments);
        }
        is_first = false;
    }
    Ok(())
}

/// What file systems and frameworks leave away at the end takes a dot before it along, or leaves nothing.
fn ends_oddly(part: &str) -> bool {
    let trimmed = part.trim_end_matches(spelling::is_trimmed);
    trimmed.ends_with('.') || part.ends_with(' ') || (trimmed.is_empty() && !part.is_empty())
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
            "/%20a/%C2%A0b%E2%80%AF",
            "/%E2%9D%A4%EF%B8%8F",
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
            ("/a%2f", TargetError::AmbiguousEscape),
            ("/%2f", TargetError::Segment),
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
            ("/%20/admin", TargetError::Segment),
            ("/%C2%A0/admin", TargetError::Segment),
            ("/a/%E2%80%8B%E3%80%80", TargetError::Segment),
            ("/public/..%C2%A0/admin", TargetError::Segment),
            ("/public/.%E2%80%8B", TargetError::Segment),
            ("/public/%EF%BB%BF../admin", TargetError::Segment),
            ("/admin.%E2%80%A8", TargetError::Segment),
            ("/admin%C2%A0%20", TargetError::Segment),
        ] {
            assert_eq!(RequestTarget::parse_plain(raw).unwrap_err(), error, "{raw:?}");
        }
    }

    #[test]
    fn what_some_applications_need_is_read_and_named() {
        use Ambiguity::EmptySegments;
        use Ambiguity::EscapedSlashes;
        use Ambiguity::Parameters;
        for (raw, path, ambiguities) in [
            ("/a;x=%C3%A9/b", "/a;x=é/b", &[Parameters][..]),
            ("/;x", "/;x", &[Parameters]),
            ("/g%2Fp%2fq", "/g%2Fp%2Fq", &[EscapedSlashes]),
            ("/a//b", "/a//b", &[EmptySegments]),
            ("/a/;x/b", "/a/;x/b", &[Parameters, EmptySegments]),
            ("/a%2F/b?c;d//e%2F", "/a%2F/b", &[EscapedSlashes, EmptySegments]),
            ("/a/", "/a/", &[]),
        ] {
            let target = RequestTarget::parse(raw).unwrap_or_else(|error| panic!("{raw}: {error}"));
            assert_eq!((target.as_str(), target.path()), (raw, path));
            let expected: Ambiguities = ambiguities.iter().copied().collect();
            assert_eq!(target.ambiguities(), expected, "{raw}");
        }
    }

    #[test]
    fn no_reading_of_it_is_worse() {
        for raw in [
            "//a",
            "//",
            "/;x/a",
            "/%2Fa",
            "/;x%2Fa",
            "/a/..;/b",
            "/a/..;x/b",
            "/a/;../b",
            "/a/;..;/b",
            "/a%2F..%2Fb",
            "/a%2f.",
            "/a./%2Fb",
            "/admin.;x",
            "/admin%20;x",
            "/a;x\\b",
            "/a;%2e%2e/b",
            "/a;%00",
            "/a/%C2%A0;x/b",
            "/a/..%E2%80%8B;x/b",
            "/a%2F%E3%80%80%2Fb",
            "/a%252Fb",
            "/a%3Bb",
        ] {
            assert!(RequestTarget::parse(raw).is_err(), "{raw}");
        }
    }
}
