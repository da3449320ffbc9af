//! The application's own session cookies (key `app_cookies`): they leave with a mark of the person, and come back without it
//! to the same person only.

use std::borrow::Cow;

use http::HeaderMap;
use http::HeaderValue;
use http::header::SET_COOKIE;
use percent_encoding::percent_decode;

use crate::pipeline::Forward;
use crate::pipeline::OwnCookies;
use crate::session::owner::CookieOwner;
use crate::wire::cookies;

/// The `Cookie` field for the application.
pub(super) fn towards_application(forward: &Forward) -> Option<HeaderValue> {
    let field = forward.request.application_cookies.as_ref()?;
    let owner = match &forward.own_cookies {
        OwnCookies::NoneNamed => return Some(field.clone()),
        OwnCookies::Of(owner) => Some(owner.as_ref()),
        OwnCookies::Withheld => None,
    };
    let mut kept = Vec::new();
    for pair in cookies::pairs_of(field) {
        if !is_taken_for_one(cookies::name_of(pair), &forward.app.app_cookies) {
            cookies::add_pair(&mut kept, pair);
        } else if let Some(pair) = owner.and_then(|owner| without_mark(owner, pair, &forward.app.app_cookies))
        {
            cookies::add_pair(&mut kept, &pair);
        }
    }
    HeaderValue::from_bytes(&kept).ok().filter(|_| !kept.is_empty())
}

/// Marks what the application sets, or keeps it back where it is not known for whom.
pub(super) fn towards_browser(forward: &Forward, headers: &mut HeaderMap) {
    let names = &forward.app.app_cookies;
    if matches!(forward.own_cookies, OwnCookies::NoneNamed) || !headers.contains_key(SET_COOKIE) {
        return;
    }
    let set: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
    let mut passing = set.iter().filter_map(|value| match &forward.own_cookies {
        _ if !is_named(set_name(value), names) => Some(value.clone()),
        OwnCookies::Of(owner) => with_mark(owner, value),
        OwnCookies::NoneNamed | OwnCookies::Withheld => None,
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

/// The exact name, as the application wrote it.
fn is_named(name: &[u8], names: &[String]) -> bool {
    names.iter().any(|each| each.as_bytes() == name)
}

/// Any spelling that some server reads as the name: other case, escapes, spaces.
fn is_taken_for_one(name: &[u8], names: &[String]) -> bool {
    let decoded: Cow<'_, [u8]> = percent_decode(name).into();
    let plain = decoded.trim_ascii();
    names
        .iter()
        .any(|each| each.as_bytes().eq_ignore_ascii_case(plain))
}

fn without_mark(owner: &CookieOwner, pair: &[u8], names: &[String]) -> Option<Vec<u8>> {
    let name = cookies::name_of(pair);
    let marked = pair.get(name.len() + 1..)?;
    let value = owner.unmark(name, marked).filter(|_| is_named(name, names))?;
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
