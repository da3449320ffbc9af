//! The application's own session cookies (key `app_cookies`): they leave with a mark of the person, and come back without it
//! to the same person only.

use std::borrow::Cow;

use http::HeaderMap;
use http::HeaderValue;
use http::header::SET_COOKIE;
use percent_encoding::percent_decode;

use crate::pipeline::AppCookies;
use crate::pipeline::Forward;
use crate::session::owner::CookieOwner;
use crate::wire::cookies;

/// As many pairs of one listed name are judged, one for each path and domain that a browser may hold; more are left out.
const MOST_OF_A_NAME: usize = 8;

/// The `Cookie` field for the application.
pub(super) fn towards_application(forward: &Forward) -> Option<HeaderValue> {
    let field = forward.request.application_cookies.as_ref()?;
    let owner = match &forward.app_cookies {
        AppCookies::NoneNamed => return Some(field.clone()),
        AppCookies::Of(owner) => Some(owner.as_ref()),
        AppCookies::Withheld => None,
    };
    let listed = Listed::new(&forward.app.app_cookies);
    let mut kept = Vec::new();
    let mut judged: Vec<&[u8]> = Vec::new();
    for pair in cookies::pairs_of(field) {
        let name = cookies::name_of(pair);
        if !listed.has(name) {
            if !listed.may_be_read_in(pair) {
                cookies::add_pair(&mut kept, pair);
            }
            continue;
        }
        if judged.iter().filter(|each| **each == name).count() == MOST_OF_A_NAME {
            continue;
        }
        judged.push(name);
        if let Some(pair) = owner.and_then(|owner| without_mark(owner, pair)) {
            cookies::add_pair(&mut kept, &pair);
        }
    }
    HeaderValue::from_bytes(&kept).ok().filter(|_| !kept.is_empty())
}

/// Marks what the application sets, or keeps it back where it is not known for whom.
pub(super) fn towards_browser(forward: &Forward, headers: &mut HeaderMap) {
    if matches!(forward.app_cookies, AppCookies::NoneNamed) || !headers.contains_key(SET_COOKIE) {
        return;
    }
    let listed = Listed::new(&forward.app.app_cookies);
    let set: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
    let mut passing = set.iter().filter_map(|value| match &forward.app_cookies {
        // Under another spelling it would never come back, and without a mark it must not lie in the browser.
        _ if !listed.has(set_name(value)) => (!listed.may_be_read_in(set_pair(value))).then(|| value.clone()),
        AppCookies::Of(owner) => with_mark(owner, value),
        AppCookies::NoneNamed | AppCookies::Withheld => None,
    });
    // The first one takes the place of all, so that no other field moves.
    match passing.next() {
        Some(first) => drop(headers.insert(SET_COOKIE, first)),
        None => drop(headers.remove(SET_COOKIE)),
    }
    for value in passing {
        headers.append(SET_COOKIE, value);
    }
}

/// The listed names, and what they come down to for the servers that read the most into a name.
struct Listed<'a> {
    names: &'a [String],
    folded: Vec<Vec<u8>>,
}

impl<'a> Listed<'a> {
    fn new(names: &'a [String]) -> Self {
        let folded = names.iter().flat_map(|name| readings(name.as_bytes()));
        Self {
            names,
            folded: folded.collect(),
        }
    }

    /// The exact name, as the application wrote it.
    fn has(&self, name: &[u8]) -> bool {
        self.names.iter().any(|each| each.as_bytes() == name)
    }

    /// Whether some server reads a listed name in this pair: in its own name, or further on, where it ends pairs at a comma,
    /// a blank or a quote and not at `;` alone.
    fn may_be_read_in(&self, pair: &[u8]) -> bool {
        if self.is_like(cookies::name_of(pair)) {
            return true;
        }
        let words = pair.split(|byte| ends_a_word(*byte));
        let mut words = words.filter(|word| !word.is_empty()).peekable();
        while let Some(word) = words.next() {
            let word = without_equals(word);
            let name = cookies::name_of(word);
            // Or the `=` stands apart from the name.
            let is_set = name.len() < word.len() || words.peek().is_some_and(|next| next.starts_with(b"="));
            if is_set && self.is_like(name) {
                return true;
            }
        }
        false
    }

    fn is_like(&self, name: &[u8]) -> bool {
        readings(name)
            .iter()
            .any(|reading| !reading.is_empty() && self.folded.contains(reading))
    }
}

/// A name as it stands and with its escapes read, each also as far as a `[`, where PHP begins an array of that name.
fn readings(name: &[u8]) -> [Vec<u8>; 4] {
    let decoded: Cow<'_, [u8]> = percent_decode(name).into();
    let before = |name: &[u8], end: u8| name.split(|byte| *byte == end).next().map(<[u8]>::to_vec);
    // Where names are decoded, PHP has them end at a NUL.
    let decoded = before(&decoded, 0).unwrap_or_default();
    let array = |name: &[u8]| before(name, b'[').unwrap_or_default();
    [
        folded(name),
        folded(&array(name)),
        folded(&decoded),
        folded(&array(&decoded)),
    ]
}

/// Without the blanks around it, of which old form decoding knows `+` and others those outside ASCII; without regard to case;
/// with `_` for all that is no letter and no digit, as PHP does with some of it.
fn folded(name: &[u8]) -> Vec<u8> {
    let is_blank = |byte: &u8| *byte == b'+' || !byte.is_ascii_graphic();
    let plain = |byte: &u8| {
        if byte.is_ascii_alphanumeric() {
            byte.to_ascii_lowercase()
        } else {
            b'_'
        }
    };
    let from = name.iter().position(|byte| !is_blank(byte)).unwrap_or(name.len());
    let to = name
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(from, |last| last + 1);
    name.get(from..to).unwrap_or_default().iter().map(plain).collect()
}

/// What no cookie may hold, and what therefore ends one for some servers.
fn ends_a_word(byte: u8) -> bool {
    !byte.is_ascii_graphic() || b",\"\\[]".contains(&byte)
}

/// Without the `=` of a cookie that has no name.
fn without_equals(word: &[u8]) -> &[u8] {
    let from = word.iter().position(|byte| *byte != b'=').unwrap_or(word.len());
    word.get(from..).unwrap_or_default()
}

fn without_mark(owner: &CookieOwner, pair: &[u8]) -> Option<Vec<u8>> {
    let name = cookies::name_of(pair);
    let marked = pair.get(name.len() + 1..)?;
    let value = owner.unmark(name, marked)?;
    Some([name, b"=", value].concat())
}

/// The name of a `Set-Cookie`, as a browser reads it.
fn set_name(value: &HeaderValue) -> &[u8] {
    cookies::name_of(set_pair(value)).trim_ascii()
}

fn set_pair(value: &HeaderValue) -> &[u8] {
    value
        .as_bytes()
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
}

fn with_mark(owner: &CookieOwner, value: &HeaderValue) -> Option<HeaderValue> {
    let (pair, name) = (set_pair(value), set_name(value));
    let attributes = value.as_bytes().get(pair.len()..)?;
    let after_name = cookies::name_of(pair).len() + 1;
    let plain = pair.get(after_name..)?.trim_ascii();
    let marked = owner.mark(name, plain)?;
    HeaderValue::from_bytes(&[name, b"=", &marked, attributes].concat()).ok()
}
