//! The way out of a browser whose cookies for this site are longer than a request may be, whoever planted them: a link on the
//! page that says so ([`Failure::HeadTooLong`]), and this answer to it.
//!
//! Nobody else is helped by it, so it does nothing for a request of ordinary length, and nothing for a link of another site:
//! that would sign people out.
//!
//! [`Failure::HeadTooLong`]: crate::endpoints::failure::Failure::HeadTooLong

use http::HeaderName;
use http::HeaderValue;
use http::header::HOST;
use http::header::REFERER;
use http::request::Parts;

use crate::endpoints::desk::Desk;
use crate::wire::own_paths::OwnPath;
use crate::wire::response::Response;
use crate::wire::scheme::Scheme;

/// W3C Clear Site Data, section 3. `"cookies"` are those of this host and of all of its neighbours below one registered name.
pub(super) const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The answer, if this head that is too long asks for it. An address with a query may be what makes it too long: that is not
/// our button, but a picture on somebody's page.
pub fn answer(desk: &Desk, head: &Parts) -> Option<Response> {
    let is_asked = desk.own_paths().find(head.uri.path()) == Some(OwnPath::ClearCookies);
    if !is_asked || head.uri.query().is_some() || !comes_from_this_host(desk, head) {
        return None;
    }
    let mut response = Response::see_other("/");
    response
        .headers
        .insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cookies\""));
    Some(response)
}

/// Our pages let the browser say so. `Referer` stands before the cookies in every browser, so it is in what was read of the
/// head; `Sec-Fetch-Site` is not.
fn comes_from_this_host(desk: &Desk, head: &Parts) -> bool {
    let text = |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let authority = head
        .uri
        .authority()
        .map(|authority| authority.as_str().to_owned());
    let host = text(head.headers.get(HOST)).or(authority);
    let referrer = text(head.headers.get(REFERER));
    let (Some(host), Some(referrer)) = (host, referrer) else {
        return false;
    };
    let rest = Scheme::of_url(&referrer)
        .filter(|(scheme, _)| *scheme == desk.scheme)
        .and_then(|(_, rest)| rest.strip_prefix(host.as_str()));
    rest.is_some_and(|rest| rest.starts_with('/'))
}
