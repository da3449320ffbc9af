//! The form with which a provider sends a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.5).

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http::header::CONTENT_TYPE;

/// The one parameter. Others are ignored.
const PARAMETER: &str = "logout_token";
const FORM: &str = "application/x-www-form-urlencoded";

/// What a logout request is instead of a form with one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotOneToken {
    /// Another media type, or none.
    #[error("it is no form")]
    MediaType,
    /// Compressed: nobody unpacks what a stranger sends.
    #[error("it has a content coding")]
    Coding,
    /// A form without a token.
    #[error("it has no logout token")]
    Missing,
    /// A form with more than one.
    #[error("it has several logout tokens")]
    Several,
}

/// The one token of a plain form.
pub fn one_token(headers: &HeaderMap, form: &[u8]) -> Result<String, NotOneToken> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(FORM)) {
        return Err(NotOneToken::MediaType);
    }
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(NotOneToken::Coding);
    }
    let mut tokens = form_urlencoded::parse(form).filter(|(name, _)| name == PARAMETER);
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Ok(token.into_owned()),
        (None, _) => Err(NotOneToken::Missing),
        (Some(_), Some(_)) => Err(NotOneToken::Several),
    }
}
