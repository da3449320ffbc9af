//! `Cookie` and `Set-Cookie` (RFC 6265): the pairs of a request, and the one form in which ours are set and cleared.

use std::time::Duration;

use http::HeaderMap;
use http::HeaderValue;
use http::header::COOKIE;

use crate::wire::scheme::Scheme;

/// How the names of our cookies begin, whatever prefix a browser demands before it.
const OWN_NAME: &str = "guichet-";
/// A browser accepts such a name from a secure origin only, without `Domain`, with `Path=/` (RFC 6265bis, 4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// Whether a cookie belongs to the gateway. An application neither sees it nor sets it.
///
/// Compared without regard to case: browsers hold `__host-` to the rules of the prefix as well.
pub fn is_own(name: &str) -> bool {
    let name = name.trim();
    let bare = match name.get(..HOST_PREFIX.len()) {
        Some(start) if start.eq_ignore_ascii_case(HOST_PREFIX) => name.get(HOST_PREFIX.len()..).unwrap_or(""),
        _ => name,
    };
    bare.get(..OWN_NAME.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(OWN_NAME))
}

/// Whether our cookies may leave a browser on plain http. Only a loopback address has no choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieScheme {
    /// `https`: `__Host-` names, `Secure`.
    Secure,
    /// Plain http on loopback: the same names without the prefix, without `Secure`.
    PlainLoopback,
}

impl CookieScheme {
    /// For a site that is reached so.
    pub fn of(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Https => Self::Secure,
            Scheme::Http => Self::PlainLoopback,
        }
    }

    /// The full name of our cookie `name`, such as `session-fc`.
    pub fn full_name(self, name: &str) -> String {
        match self {
            Self::Secure => [HOST_PREFIX, OWN_NAME, name].concat(),
            Self::PlainLoopback => [OWN_NAME, name].concat(),
        }
    }

    /// The `Set-Cookie` value that sets our cookie `name`; without an age it ends with the browser's session.
    pub fn set(self, name: &str, value: &str, age: Option<Duration>) -> SetCookie {
        let age = age.map_or(String::new(), |age| format!("; Max-Age={}", age.as_secs()));
        SetCookie(format!(
            "{}={value}; Path=/{}; HttpOnly; SameSite=Lax{age}",
            self.full_name(name),
            self.secure()
        ))
    }

    /// The `Set-Cookie` value that takes our cookie `name` away: same name and path as [`CookieScheme::set`].
    pub fn clear(self, name: &str) -> SetCookie {
        self.set(name, "", Some(Duration::ZERO))
    }

    fn secure(self) -> &'static str {
        match self {
            Self::Secure => "; Secure",
            Self::PlainLoopback => "",
        }
    }
}

/// The value of one `Set-Cookie` field of ours. `Debug` shows the name only.
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie(String);

impl SetCookie {
    /// Takes a value that [`CookieScheme::set`] made and that was kept sealed since.
    pub fn from_sealed(value: String) -> Self {
        Self(value)
    }

    /// The field value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.0.split_once('=').map_or("", |(name, _)| name);
        f.debug_tuple("SetCookie").field(&name).finish()
    }
}

/// The cookies of one request, in the order in which they came: the fields as they are, read when somebody asks.
#[derive(Clone, Default)]
pub struct Cookies(Vec<HeaderValue>);

impl Cookies {
    /// Every `Cookie` field.
    pub fn of(headers: &HeaderMap) -> Self {
        Self(headers.get_all(COOKIE).iter().cloned().collect())
    }

    /// The value of the cookie `name`. A name that came twice has none: a neighbour may have planted one of the two.
    pub fn get(&self, name: &str) -> Option<&str> {
        let named = self.pairs().filter(|(each, _)| *each == name.as_bytes());
        let mut values = named.filter_map(|(_, value)| text(value));
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Names (what follows `prefix`) and values of the cookies whose full name begins with `prefix`.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pairs().filter_map(move |(name, value)| {
            Some((text(name.strip_prefix(prefix.as_bytes())?)?, text(value)?))
        })
    }

    /// Names and values. A pair that is not ASCII is left to the application, it cannot be one of ours; those beside it
    /// count: a browser sends them all in one field, and any site of the domain can add one.
    fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let pairs = self
            .0
            .iter()
            .flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
        pairs.filter_map(pair)
    }
}

/// Name and value, trimmed of blanks and of nothing else: another space before a name makes it another name.
fn pair(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = bytes.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (bytes.get(..equals)?, bytes.get(equals + 1..)?);
    Some((trimmed(name), trimmed(value)))
}

fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())
}

impl std::fmt::Debug for Cookies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.pairs().filter_map(|(name, _)| text(name)))
            .finish()
    }
}

/// The one `Cookie` field that an application sees: everything that came, byte for byte, without what is ours. `None` when
/// nothing is left. Several fields become one, as RFC 9113, section 8.2.3, wants it.
pub fn without_own(headers: &HeaderMap) -> Option<HeaderValue> {
    let longest = headers.get_all(COOKIE).iter().map(HeaderValue::len).sum();
    let mut kept: Vec<u8> = Vec::with_capacity(longest);
    for pair in headers.get_all(COOKIE).iter().flat_map(pairs_of) {
        if !is_own(&String::from_utf8_lossy(name_of(pair))) {
            add_pair(&mut kept, pair);
        }
    }
    let is_empty = kept.is_empty();
    HeaderValue::try_from(kept).ok().filter(|_| !is_empty)
}

/// The pairs of a `Cookie` field, byte for byte; empty ones are none.
pub fn pairs_of(field: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let pairs = field.as_bytes().split(|byte| *byte == b';');
    pairs.map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty())
}

/// What stands before the first `=`.
pub fn name_of(pair: &[u8]) -> &[u8] {
    pair.split(|byte| *byte == b'=').next().unwrap_or_default()
}

/// Writes one more pair at the end of a `Cookie` field.
pub fn add_pair(field: &mut Vec<u8>, pair: &[u8]) {
    if !field.is_empty() {
        field.extend_from_slice(b"; ");
    }
    field.extend_from_slice(pair);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[&str]) -> HeaderMap {
        fields
            .iter()
            .map(|field| (COOKIE, field.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_cookie_that_came_twice_has_no_value() {
        let cookies = Cookies::of(&headers(&["a=1; b=2", "a=3"]));
        assert_eq!(cookies.get("a"), None);
        assert_eq!(cookies.get("b"), Some("2"));
    }

    #[test]
    fn a_cookie_that_is_not_ascii_hides_no_other() {
        let mut headers = HeaderMap::new();
        let field = "nom=Zo\u{e9}; guichet-session-fc=S; \u{2000}b=1; c =\t2";
        headers.insert(COOKIE, HeaderValue::from_bytes(field.as_bytes()).unwrap());
        let cookies = Cookies::of(&headers);
        assert_eq!(cookies.get("guichet-session-fc"), Some("S"));
        assert_eq!((cookies.get("nom"), cookies.get("b")), (None, None));
        assert_eq!(cookies.get("c"), Some("2"));
        let sees = without_own(&headers).unwrap();
        assert_eq!(sees.as_bytes(), "nom=Zo\u{e9}; \u{2000}b=1; c =\t2".as_bytes());
    }

    #[test]
    fn the_application_sees_everything_but_ours() {
        let sees =
            |fields: &[&str]| without_own(&headers(fields)).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(
            sees(&["a=1; __Host-guichet-session-fc=S; b=2"]).as_deref(),
            Some("a=1; b=2")
        );
        assert_eq!(
            sees(&["a=1", "__Host-guichet-login-x=S", "b=2"]).as_deref(),
            Some("a=1; b=2")
        );
        assert_eq!(sees(&["__HOST-Guichet-session-fc=S"]), None);
        assert_eq!(
            sees(&["guichet-session-fc=S; a=\"x=y\""]).as_deref(),
            Some("a=\"x=y\"")
        );
        assert_eq!(sees(&[]), None);
    }

    #[test]
    fn set_and_clear_name_the_same_cookie() {
        let set = CookieScheme::Secure.set("session-fc", "v", None);
        assert_eq!(
            set.as_str(),
            "__Host-guichet-session-fc=v; Path=/; Secure; HttpOnly; SameSite=Lax"
        );
        let clear = CookieScheme::PlainLoopback.clear("session-fc");
        assert_eq!(
            clear.as_str(),
            "guichet-session-fc=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
        assert_eq!(format!("{set:?}"), "SetCookie(\"__Host-guichet-session-fc\")");
    }
}
