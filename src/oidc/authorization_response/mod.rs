//! The query with which a browser comes back (RFC 6749, section 4.1.2, RFC 9207): read once, strictly. Everything in it
//! was written by a stranger, the error as much as the code.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::secret::Secret;
use crate::wire::untrusted::Untrusted;

/// The longest value that any provider sends, in bytes, decoded.
const MOST_VALUE: usize = 2048;
/// What FranceConnect sends where it lost the state.
const LOST_STATE: &str = "undefined";
/// Parameters of flows that we never start (OpenID Connect Core 1.0, sections 3.2 and 3.3, JARM).
const OTHER_FLOWS: [&str; 4] = ["access_token", "id_token", "token_type", "response"];

/// Why a query is not an authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// A parameter that has a meaning came twice.
    #[error("`{0}` came twice")]
    Duplicate(&'static str),
    /// An invalid escape, or something that is not UTF-8, or a value beyond all bounds.
    #[error("`{0}` is malformed")]
    Malformed(&'static str),
    /// Neither a code nor an error.
    #[error("neither a code nor an error")]
    Neither,
    /// A code without a state.
    #[error("a code without a state")]
    StateMissing,
    /// A token in the query: an answer of a flow that was never started.
    #[error("`{0}` belongs to another flow")]
    OtherFlow(&'static str),
}

impl ResponseError {
    /// One stable word for logs and metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Duplicate(_) => "response_duplicate_parameter",
            Self::Malformed(_) => "response_malformed",
            Self::Neither => "response_empty",
            Self::StateMissing => "state_missing",
            Self::OtherFlow(_) => "response_other_flow",
        }
    }
}

/// What the browser brought. It becomes something only where an attempt of this browser has its `state`.
#[derive(Debug)]
pub enum AuthorizationResponse {
    /// A code.
    Code(CodeResponse),
    /// An error; a code beside it is ignored.
    Error(ErrorResponse),
}

/// A code with what came beside it.
pub struct CodeResponse {
    pub(super) code: Secret,
    pub(super) state: String,
    pub(super) iss: Option<String>,
}

impl CodeResponse {
    /// `state`, to find the attempt.
    pub fn state(&self) -> &str {
        &self.state
    }
}

impl fmt::Debug for CodeResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeResponse").finish_non_exhaustive()
    }
}

/// An error. Anybody can make one, with the provider's genuine `iss`: it spends nothing and deletes nothing.
#[derive(Debug)]
pub struct ErrorResponse {
    /// `state`, to find the attempt; absent where the provider lost it.
    pub state: Option<String>,
    /// What the provider calls it.
    pub kind: ErrorKind,
    /// The error as it was written, for the log.
    pub error: Untrusted,
    /// `error_description`, for the log. Never shown.
    pub description: Option<Untrusted>,
    /// The code and the incident number in `error_uri`: the provider's support asks for both.
    pub support: Support,
}

/// What an error means to the person. An unknown one is an ordinary failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The person turned back: no failure.
    AccessDenied,
    /// The provider is in trouble; later it may work.
    Unavailable,
    /// Our request or our registration is wrong; the operator has to act.
    Ours,
    /// Anything else.
    Other,
}

impl ErrorKind {
    fn of(error: &str) -> Self {
        match error {
            "access_denied" => Self::AccessDenied,
            "server_error" | "temporarily_unavailable" => Self::Unavailable,
            "invalid_request"
            | "invalid_scope"
            | "invalid_acr"
            | "unauthorized_client"
            | "unsupported_response_type"
            | "invalid_idp_hint" => Self::Ours,
            _ => Self::Other,
        }
    }

    /// One stable word for logs and metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::Unavailable => "provider_error",
            Self::Ours => "request_refused",
            Self::Other => "error_response",
        }
    }
}

/// What FranceConnect writes into `error_uri`: `..?code=Y04..&id=<uuid>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Support {
    /// The provider's own code.
    pub code: Option<Untrusted>,
    /// The number of the incident.
    pub id: Option<Untrusted>,
}

impl Support {
    /// Reads `code` and `id` out of an `error_uri`.
    pub fn of(error_uri: &str) -> Self {
        let before_fragment = error_uri.split('#').next().unwrap_or_default();
        let query = before_fragment.split_once('?').map_or("", |(_, query)| query);
        let find = |wanted: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| Untrusted::new(&value))
        };
        Self {
            code: find("code"),
            id: find("id"),
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            |part: &Option<Untrusted>| part.as_ref().map_or_else(|| "-".to_owned(), Untrusted::to_string);
        write!(f, "code={} id={}", text(&self.code), text(&self.id))
    }
}

/// For a line in the log.
impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error={} ", self.error)?;
        if let Some(description) = &self.description {
            write!(f, "description={description} ")?;
        }
        self.support.fmt(f)
    }
}

impl AuthorizationResponse {
    /// Reads the query of the redirection endpoint, without its question mark.
    pub fn parse(query: &str) -> Result<Self, ResponseError> {
        let parameters = Parameters(query);
        for name in OTHER_FLOWS {
            if parameters.get(name)?.is_some() {
                return Err(ResponseError::OtherFlow(name));
            }
        }
        let code = parameters.get("code")?.filter(|code| !code.is_empty());
        let state = parameters.get("state")?.filter(|state| !state.is_empty());
        let iss = parameters.get("iss")?;
        let error = parameters.get("error")?.filter(|error| !error.is_empty());
        let description = parameters.get("error_description")?;
        let error_uri = parameters.get("error_uri")?;
        if let Some(error) = error {
            return Ok(Self::Error(ErrorResponse {
                state: state.filter(|state| state != LOST_STATE),
                kind: ErrorKind::of(&error),
                error: Untrusted::new(&error),
                description: description.as_deref().map(Untrusted::new),
                support: error_uri.as_deref().map(Support::of).unwrap_or_default(),
            }));
        }
        let code = code.ok_or(ResponseError::Neither)?;
        // RFC 6749, appendix A.11: visible ASCII and space. A code goes into a form of ours.
        if !code.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) {
            return Err(ResponseError::Malformed("code"));
        }
        Ok(Self::Code(CodeResponse {
            code: Secret::new(code),
            state: state.ok_or(ResponseError::StateMissing)?,
            iss,
        }))
    }
}

/// A form in a query: `&` separates, names are exact, each value is decoded once.
struct Parameters<'a>(&'a str);

impl Parameters<'_> {
    /// The value of `name`; an error if it came twice.
    fn get(&self, name: &'static str) -> Result<Option<String>, ResponseError> {
        let pairs = self
            .0
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut values = pairs
            .filter(|(each, _)| decode(each).is_some_and(|each| each == name))
            .map(|(_, value)| value);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(ResponseError::Duplicate(name));
        }
        decode(value)
            .filter(|value| value.len() <= MOST_VALUE)
            .map(Some)
            .ok_or(ResponseError::Malformed(name))
    }
}

fn decode(text: &str) -> Option<String> {
    let mut escapes = text.split('%').skip(1);
    let is_escape = |escape: &str| {
        let digits = escape.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !escapes.all(is_escape) {
        return None;
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests;
