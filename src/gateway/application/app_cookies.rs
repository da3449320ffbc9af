//! The application's own session cookies (key `app_cookies`): they leave with a mark of the person, and come back without it
//! to the same person only.

use http::HeaderMap;
use http::HeaderValue;
use http::header::SET_COOKIE;

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
    let listed = &forward.app.app_cookies;
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
pub(in crate::gateway) fn towards_browser(forward: &Forward, headers: &mut HeaderMap) {
    if matches!(forward.app_cookies, AppCookies::NoneNamed) || !headers.contains_key(SET_COOKIE) {
        return;
    }
    let listed = &forward.app.app_cookies;
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
