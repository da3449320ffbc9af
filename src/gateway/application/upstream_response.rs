//! What of an application's answer reaches the browser: everything, but what belongs to the connection and what is ours.

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use http::header::CONTENT_LENGTH;
use http::header::SET_COOKIE;

use crate::judge::AnswerCache;
use crate::wire::connection;
use crate::wire::cookies;
use crate::wire::framing;
use crate::wire::header_name;

/// The answer as it is relayed: status and fields in their order, repeated ones apart. The version is that of our own
/// connection.
pub(in crate::gateway) fn relay<B, C>(
    answer: Response<B>,
    cache: AnswerCache,
    body: impl FnOnce(B) -> C,
) -> Response<C> {
    let (head, content) = answer.into_parts();
    let mut relayed = Response::new(body(content));
    *relayed.status_mut() = head.status;
    *relayed.headers_mut() = what_passes(head.status, head.headers);
    if cache == AnswerCache::PrivateUnlessSaid && !relayed.headers().contains_key(CACHE_CONTROL) {
        let private = HeaderValue::from_static("private, no-store");
        relayed.headers_mut().insert(CACHE_CONTROL, private);
    }
    relayed
}

/// Built new, because taking fields out of a map changes the order of those that stay.
fn what_passes(status: StatusCode, headers: HeaderMap) -> HeaderMap {
    let nominated = nominated(&headers);
    let has_content = framing::may_have_content(status);
    let mut passing = HeaderMap::with_capacity(headers.len() + 1);
    let mut current: Option<(HeaderName, Passage)> = None;
    for (name, value) in headers {
        if let Some(name) = name {
            let passage = passage(&name, &nominated);
            current = Some((name, passage));
        }
        match &current {
            // Of a content that there is not; HTTP/2 would take it for a broken answer.
            Some((name, _)) if !has_content && name == CONTENT_LENGTH => {}
            Some((_, Passage::Cookies)) if sets_our_cookie(&value) => {
                tracing::warn!("an application tried to set a cookie of the gateway; left away");
            }
            Some((name, Passage::Passes | Passage::Cookies)) => {
                passing.append(name.clone(), value);
            }
            Some((_, Passage::Stays)) | None => {}
        }
    }
    passing
}

enum Passage {
    Passes,
    Cookies,
    Stays,
}

fn passage(name: &HeaderName, nominated: &[HeaderName]) -> Passage {
    if name == SET_COOKIE {
        return Passage::Cookies;
    }
    let reserved = header_name::is_reserved(name);
    let of_the_connection = header_name::is_hop_by_hop(name) || nominated.contains(name);
    if reserved || of_the_connection || framing::is_twin(name) {
        Passage::Stays
    } else {
        Passage::Passes
    }
}

/// The fields that the answer's `Connection` names.
fn nominated(headers: &HeaderMap) -> Vec<HeaderName> {
    let names = connection::words(headers).map(HeaderName::from_bytes);
    names.filter_map(Result::ok).collect()
}

/// Whether a browser would keep the cookie under a name of ours. A cookie without a name comes back as its value alone, so
/// `=name=value` sets `name` in the eyes of whoever reads it (RFC 6265bis, section 5.7).
fn sets_our_cookie(value: &HeaderValue) -> bool {
    let pair = value.as_bytes().split(|byte| *byte == b';').next();
    let pair = String::from_utf8_lossy(pair.unwrap_or_default());
    let pair = pair.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '=');
    let name = pair.split('=').next().unwrap_or_default();
    cookies::is_own(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relayed(fields: &[(&str, &str)], cache: AnswerCache) -> Vec<(String, String)> {
        let mut answer = Response::builder().status(StatusCode::OK);
        for (name, value) in fields {
            answer = answer.header(*name, *value);
        }
        let relayed = relay(answer.body(()).unwrap(), cache, |()| ());
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let fields = relayed.headers().iter();
        fields
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect()
    }

    fn names(fields: &[(&str, &str)]) -> Vec<String> {
        let fields = relayed(fields, AnswerCache::AsItIs).into_iter();
        fields.map(|(name, _)| name).collect()
    }

    #[test]
    fn repeated_fields_stay_apart_and_in_order() {
        let fields = [
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("set-cookie", "a=3"),
            ("link", "<x>"),
            ("link", "<y>"),
            ("www-authenticate", "Basic"),
            ("www-authenticate", "Bearer"),
        ];
        let expected: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(relayed(&fields, AnswerCache::AsItIs), expected);
    }

    #[test]
    fn what_belongs_to_the_connection_stays() {
        let fields = [
            ("connection", "keep-alive, X-Mine"),
            ("keep-alive", "timeout=5"),
            ("x-mine", "1"),
            ("transfer-encoding", "chunked"),
            ("trailer", "x"),
            ("upgrade", "h2c"),
            ("transfer_encoding", "chunked"),
            ("Content.Length", "5"),
            ("server", "old"),
        ];
        assert_eq!(names(&fields), ["server"]);
    }

    #[test]
    fn an_application_cannot_set_a_cookie_of_ours_in_any_spelling() {
        for value in [
            "__Host-guichet-session-fc=evil; Path=/; Secure",
            "__HOST-Guichet-session-fc=evil",
            "guichet-session-fc=evil",
            " \tguichet-session-fc =evil",
            "=guichet-session-fc=evil",
            " = guichet-login-x=evil",
            "guichet-session-fc",
        ] {
            assert_eq!(names(&[("set-cookie", value)]), Vec::<String>::new(), "{value}");
        }
        for value in [
            "a=1",
            "x-guichet-session-fc=1",
            "a=guichet-session-fc=1",
            "guichet=1",
        ] {
            assert_eq!(names(&[("set-cookie", value)]), ["set-cookie"], "{value}");
        }
    }

    #[test]
    fn an_application_says_nothing_under_our_names() {
        assert_eq!(
            names(&[
                ("x-guichet-status", "authenticated"),
                ("x_guichet.sub", "x"),
                ("x-other", "1")
            ]),
            ["x-other"]
        );
    }

    #[test]
    fn an_answer_about_a_person_is_private_unless_the_application_said_something() {
        let cache_control = |fields: &[(&str, &str)], cache| {
            let fields = relayed(fields, cache).into_iter();
            fields.map(|(_, value)| value).collect::<Vec<_>>()
        };
        let said = [("cache-control", "public, max-age=60")];
        assert_eq!(
            cache_control(&said, AnswerCache::PrivateUnlessSaid),
            ["public, max-age=60"]
        );
        assert_eq!(
            cache_control(&[], AnswerCache::PrivateUnlessSaid),
            ["private, no-store"]
        );
        assert_eq!(cache_control(&[], AnswerCache::AsItIs), Vec::<String>::new());
    }
}
