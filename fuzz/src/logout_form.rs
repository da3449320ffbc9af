//! A logout token is taken from a form that has one, however it is written, and from no other.

use guichet::endpoints::logout_form;
use guichet::endpoints::logout_form::NotOneToken;
use http::HeaderMap;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

/// The bytes are the form.
pub fn logout_form(data: &[u8]) {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let headers: HeaderMap = [(CONTENT_TYPE, form)].into_iter().collect();
    let pairs = data.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let tokens: Vec<String> = pairs.filter_map(token).collect();
    let expected = match tokens.as_slice() {
        [] => Err(NotOneToken::Missing),
        [token] => Ok(token.clone()),
        _ => Err(NotOneToken::Several),
    };
    assert_eq!(
        logout_form::one_token(&headers, data),
        expected,
        "{}",
        data.escape_ascii()
    );
    let nothing = logout_form::one_token(&HeaderMap::new(), data);
    assert_eq!(nothing, Err(NotOneToken::MediaType));
}

/// The value of a pair, if its name is that of the token (URL Standard, section 5.1).
fn token(pair: &[u8]) -> Option<String> {
    let mut parts = pair.splitn(2, |byte| *byte == b'=');
    let name = decoded(parts.next()?);
    (name == "logout_token").then(|| decoded(parts.next().unwrap_or_default()))
}

fn decoded(written: &[u8]) -> String {
    let mut bytes = Vec::new();
    let mut rest = written;
    while let Some((first, others)) = rest.split_first() {
        let escaped = others.get(..2).filter(|_| *first == b'%').and_then(hexadecimal);
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let value = digits
        .iter()
        .try_fold(0, |value, byte| Some(value * 16 + digit(byte)?))?;
    u8::try_from(value).ok()
}
