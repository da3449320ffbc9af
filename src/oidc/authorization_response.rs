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
mod tests {
    use super::*;

    fn code(query: &str) -> CodeResponse {
        match AuthorizationResponse::parse(query).unwrap() {
            AuthorizationResponse::Code(code) => code,
            AuthorizationResponse::Error(error) => panic!("{error:?}"),
        }
    }

    fn error(query: &str) -> ErrorResponse {
        match AuthorizationResponse::parse(query).unwrap() {
            AuthorizationResponse::Error(error) => error,
            AuthorizationResponse::Code(code) => panic!("{code:?}"),
        }
    }

    fn refused(query: &str) -> ResponseError {
        AuthorizationResponse::parse(query).unwrap_err()
    }

    #[test]
    fn a_code_is_read_with_its_state_and_issuer() {
        let response = code("code=a%2Bb&state=s&iss=https%3A%2F%2Fa.example%2Fapi%2Fv2&unknown=x&unknown=y");
        assert_eq!(response.code.expose(), b"a+b");
        assert_eq!(response.state(), "s");
        assert_eq!(response.iss.as_deref(), Some("https://a.example/api/v2"));
        assert!(!format!("{response:?}").contains("a+b"));
    }

    #[test]
    fn a_parameter_that_came_twice_is_refused() {
        for (query, name) in [
            ("code=a&code=b&state=s", "code"),
            ("code=a&state=s&state=s", "state"),
            ("code=a&state=s&iss=x&iss=x", "iss"),
            ("code=a&state=s&%69ss=x&iss=x", "iss"),
            ("error=a&error=b&state=s", "error"),
            (
                "error=a&error_description=b&error_description=c&state=s",
                "error_description",
            ),
            ("error=a&error_uri=b&error_uri=c&state=s", "error_uri"),
        ] {
            assert_eq!(refused(query), ResponseError::Duplicate(name), "{query}");
        }
    }

    #[test]
    fn names_are_exact_and_values_are_decoded_once() {
        for query in [
            "code=a&state%00=s",
            "code=a&state[]=s",
            "code=a&STATE=s",
            "code=a;state=s",
            "code=a&state=",
            "code=a",
            "code=a&state%2500=s",
            "code=a& state=s",
        ] {
            assert_eq!(refused(query), ResponseError::StateMissing, "{query}");
        }
        assert_eq!(code("code=a&state=%2573").state(), "%73");
        assert_eq!(code("code=a&state=a+b%20c").state(), "a b c");
        for (query, name) in [
            ("code=a&state=%zz", "state"),
            ("code=a&state=%f", "state"),
            ("code=a&state=%ff", "state"),
            ("code=%0d%0a&state=s", "code"),
            ("code=%C3%A9&state=s", "code"),
        ] {
            assert_eq!(refused(query), ResponseError::Malformed(name), "{query}");
        }
        let long = format!("code={}&state=s", "a".repeat(3000));
        assert_eq!(refused(&long), ResponseError::Malformed("code"));
    }

    #[test]
    fn neither_code_nor_error_is_no_response() {
        for query in [
            "",
            "state=ok",
            "code=&state=ok",
            "code=&error=&state=ok",
            "state=ok&CODE=a",
        ] {
            assert_eq!(refused(query), ResponseError::Neither, "{query}");
        }
    }

    #[test]
    fn a_token_in_the_query_is_refused() {
        for query in [
            "access_token=a&id_token=b&state=ok",
            "id_token=b&state=ok",
            "code=a&state=ok&access_token=b",
            "response=eyJ",
        ] {
            assert!(matches!(refused(query), ResponseError::OtherFlow(_)), "{query}");
        }
    }

    #[test]
    fn a_code_beside_an_error_is_an_error() {
        let response = error("code=x&error=access_denied&state=ok");
        assert_eq!(response.kind, ErrorKind::AccessDenied);
        assert_eq!(response.state.as_deref(), Some("ok"));
    }

    #[test]
    fn an_error_is_bounded_and_escaped_and_names_the_incident() {
        let response = error(
            "error=server_error&error_description=user+auth+%22abort%C3%A9%22%0Alevel%3Dinfo&state=s\
             &error_uri=https%3A%2F%2Fdocs.partenaires.franceconnect.gouv.fr%2Ffs%2F%3Fcode%3DY010011%26id%3D12ab-34",
        );
        assert_eq!(response.kind, ErrorKind::Unavailable);
        assert_eq!(
            response.to_string(),
            "error=server_error description=\"user auth \\\"aborté\\\"\\nlevel=info\" code=Y010011 id=12ab-34"
        );
        assert_eq!(
            response.description.unwrap().raw(),
            "user auth \"aborté\"\nlevel=info"
        );
        assert_eq!(response.support.code.unwrap().raw(), "Y010011");
        assert_eq!(response.support.id.unwrap().raw(), "12ab-34");
        let long = error(&format!("error={}", "e".repeat(2000)));
        assert_eq!(long.error.raw().len(), 200);
    }

    #[test]
    fn a_lost_state_is_no_state_and_an_unknown_error_is_an_error() {
        for query in [
            "error=invalid_idp_hint&state=undefined",
            "error=x",
            "error=x&state=",
        ] {
            assert_eq!(error(query).state, None, "{query}");
        }
        for (name, kind) in [
            ("access_denied", ErrorKind::AccessDenied),
            ("temporarily_unavailable", ErrorKind::Unavailable),
            ("invalid_scope", ErrorKind::Ours),
            ("invalid_acr", ErrorKind::Ours),
            ("something_new", ErrorKind::Other),
            ("ACCESS_DENIED", ErrorKind::Other),
        ] {
            assert_eq!(error(&format!("error={name}&state=s")).kind, kind, "{name}");
        }
    }

    #[test]
    fn an_error_uri_of_another_form_names_nothing() {
        for uri in ["", "https://a.example/", "https://a.example/#?code=x", "?x=y"] {
            assert_eq!(Support::of(uri), Support::default(), "{uri}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_query_is_a_panic_or_a_code_without_a_state(query in "(code|state|iss|error|%|=|&|[a-z0-9%+;é]){0,12}") {
            if let Ok(AuthorizationResponse::Code(response)) = AuthorizationResponse::parse(&query) {
                proptest::prop_assert!(!response.state().is_empty());
            }
        }
    }
}
