//! Where the content of a message ends, read in the one way that leaves no other (RFC 9112, section 6.3).
//!
//! Never repaired: what two programs may read in two ways is no framing, in a request or in an answer.

use http::HeaderMap;
use http::HeaderName;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use http::header::TRANSFER_ENCODING;

/// What the fields of a head say about the end of the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Nothing.
    #[default]
    Unsaid,
    /// So many bytes.
    Length(u64),
    /// Chunks (RFC 9112, section 7.1).
    Chunked,
}

/// Two readings, or one that is spelled oddly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the framing of the content is ambiguous")]
pub struct FramingError;

impl Framing {
    /// Reads the fields of a head.
    pub fn of(headers: &HeaderMap) -> Result<Self, FramingError> {
        let mut framing = Self::Unsaid;
        for value in headers.get_all(CONTENT_LENGTH) {
            framing = framing.and_length(value.as_bytes())?;
        }
        for value in headers.get_all(TRANSFER_ENCODING) {
            framing = framing.and_coding(value.as_bytes())?;
        }
        Ok(framing)
    }

    /// After another `Content-Length`: digits alone, without zeros in front, and no more than a signed number holds. A program
    /// that takes `010` for eight, or 2⁶³ for less than nothing, would see another end.
    pub fn and_length(self, value: &[u8]) -> Result<Self, FramingError> {
        let is_plain = value == b"0" || !value.starts_with(b"0");
        let digits = value.iter().all(u8::is_ascii_digit) && is_plain;
        let text = std::str::from_utf8(value).ok().filter(|_| digits);
        match (self, text.and_then(|text| text.parse::<i64>().ok())) {
            (Self::Unsaid, Some(length)) => Ok(Self::Length(length.unsigned_abs())),
            _ => Err(FramingError),
        }
    }

    /// After another `Transfer-Encoding`: `chunked` and nothing else. Any other coding would be lost on the way.
    pub fn and_coding(self, value: &[u8]) -> Result<Self, FramingError> {
        match self {
            Self::Unsaid if value.eq_ignore_ascii_case(b"chunked") => Ok(Self::Chunked),
            _ => Err(FramingError),
        }
    }
}

/// Refuses a head of which some program may see another end than we do: hyper lets the longer reading win.
pub fn refuse_ambiguous(headers: &HeaderMap) -> Result<(), FramingError> {
    if headers.keys().any(is_twin) {
        return Err(FramingError);
    }
    Framing::of(headers).map(drop)
}

/// Whether a head announces content.
pub fn announces_content(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    headers.contains_key(TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

/// Whether an answer of this status may have content (RFC 9110, sections 15.3.5 and 15.4.5).
pub fn may_have_content(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Whether programs that fold names (RFC 3875, section 4.1.18) take this one for a field of framing, although it is none:
/// `Transfer_Encoding`, `content.length`.
pub fn is_twin(name: &HeaderName) -> bool {
    let name = name.as_str().as_bytes();
    // Compared in place: every name of every request comes by here.
    let reads_as = |field: &HeaderName| {
        let field = field.as_str().as_bytes();
        let alike =
            |(given, meant): (&u8, &u8)| given == meant || !given.is_ascii_alphanumeric() && *meant == b'-';
        name.len() == field.len() && name != field && name.iter().zip(field).all(alike)
    };
    reads_as(&CONTENT_LENGTH) || reads_as(&TRANSFER_ENCODING)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn framing(fields: &[(&str, &str)]) -> Result<Framing, FramingError> {
        let fields = fields.iter().map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, value);
        }
        Framing::of(&headers)
    }

    #[test]
    fn one_plain_field_is_a_framing() {
        assert_eq!(framing(&[("accept", "*/*")]), Ok(Framing::Unsaid));
        for (value, length) in [
            ("0", 0),
            ("7", 7),
            ("10", 10),
            ("9223372036854775807", 9_223_372_036_854_775_807),
        ] {
            assert_eq!(framing(&[("content-length", value)]), Ok(Framing::Length(length)));
        }
        for value in ["chunked", "CHUNKED", "Chunked"] {
            assert_eq!(framing(&[("transfer-encoding", value)]), Ok(Framing::Chunked));
        }
    }

    #[test]
    fn everything_else_is_none() {
        for value in [
            "",
            "+2",
            "-1",
            "0x2",
            "2 3",
            "2, 2",
            "02",
            "00",
            "2;",
            "9223372036854775808",
            "18446744073709551616",
            "1e1",
            "²",
        ] {
            assert_eq!(
                framing(&[("content-length", value)]),
                Err(FramingError),
                "{value:?}"
            );
        }
        for value in [
            "",
            "gzip",
            "identity",
            "gzip, chunked",
            "chunked, chunked",
            "chunked;q=1",
            "\"chunked\"",
            "chunked,",
        ] {
            assert_eq!(
                framing(&[("transfer-encoding", value)]),
                Err(FramingError),
                "{value:?}"
            );
        }
        for fields in [
            [("content-length", "2"), ("content-length", "2")],
            [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            [("content-length", "2"), ("transfer-encoding", "chunked")],
        ] {
            assert_eq!(framing(&fields), Err(FramingError), "{fields:?}");
        }
    }

    #[test]
    fn a_name_that_others_read_as_a_framing_is_known() {
        let is_twin = |name: &str| is_twin(&HeaderName::from_bytes(name.as_bytes()).unwrap());
        for separator in "!#$%&'*+.^_`|~".chars() {
            assert!(is_twin(&format!("content{separator}length")), "{separator}");
            assert!(is_twin(&format!("Transfer{separator}Encoding")), "{separator}");
        }
        for name in [
            "content-length",
            "transfer-encoding",
            "content-lengths",
            "contentlength",
            "x-content_length",
            "content_type",
        ] {
            assert!(!is_twin(name), "{name}");
        }
    }
}
