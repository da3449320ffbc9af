//! The request that a proxy asks about: its sub-request says in fields what the browser said in its request line and `Host`.
//!
//! Two shapes are read: `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri` (Traefik, Caddy), and `X-Original-Method` with
//! `X-Original-URL` (ingress-nginx). Others say what they are told to. Each part is said once, and nothing is
//! guessed: a part that is missing, that came twice, or that two fields say in two ways is refused.
//!
//! Whoever may write these fields chooses what is judged, so only a caller that proved itself is read.

use std::fmt;

use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::Uri;
use http::Version;
use http::header::HOST;
use http::request::Parts;
use http::uri::PathAndQuery;

use crate::wire::scheme::Scheme;

/// One part of a request, and the fields that say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    forwarded: &'static str,
    original: &'static str,
    nginx: &'static str,
}

/// Both spell the method.
const METHOD: Part = Part {
    forwarded: "X-Forwarded-Method",
    original: "X-Original-Method",
    nginx: "$request_method",
};
/// How the browser spoke to the proxy.
const SCHEME: Part = Part {
    forwarded: "X-Forwarded-Proto",
    original: "X-Original-URL",
    nginx: "$scheme",
};
/// The browser's `Host`.
const AUTHORITY: Part = Part {
    forwarded: "X-Forwarded-Host",
    original: "X-Original-URL",
    nginx: "$http_host",
};
/// Path and query, byte for byte.
const TARGET: Part = Part {
    forwarded: "X-Forwarded-Uri",
    original: "X-Original-URL",
    nginx: "$request_uri",
};

/// The setting of the front proxy that makes it say this part.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { forwarded, nginx, .. } = self;
        write!(
            f,
            "Traefik and Caddy send {forwarded} by themselves, nginx needs `proxy_set_header {forwarded} {nginx};`"
        )
    }
}

/// Why nobody knows which request is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginalRequestError {
    /// No field says a part.
    #[error("the sub-request has no {field}; {0}", field = .0.forwarded)]
    Missing(Part),
    /// A field came more than once: one of them may be the browser's.
    #[error("the sub-request has more than one {0}; the front proxy has to replace what browsers send")]
    Twice(&'static str),
    /// A field that says no such thing.
    #[error("{0} of the sub-request cannot be read")]
    Unreadable(&'static str),
    /// Two fields disagree: one of them may be the browser's.
    #[error("{} and {} of the sub-request disagree; the front proxy has to remove the one that it does not set", .0.forwarded, .0.original)]
    Contradiction(Part),
}

impl OriginalRequestError {
    /// One stable word.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing(_) => "forwarded_field_missing",
            Self::Twice(_) => "forwarded_field_twice",
            Self::Unreadable(_) => "forwarded_field_unreadable",
            Self::Contradiction(_) => "forwarded_fields_disagree",
        }
    }
}

/// The head of that request, not yet judged, and the scheme that the browser used.
#[derive(Debug)]
pub struct OriginalRequest {
    /// Request line and `Host` of the browser; every other field is the sub-request's, which copies the browser's.
    pub head: Parts,
    /// How the browser came.
    pub scheme: Scheme,
}

impl OriginalRequest {
    /// Reads the fields of a sub-request.
    pub fn of(sub_request: &Parts) -> Result<Self, OriginalRequestError> {
        let headers = &sub_request.headers;
        let url = url(headers)?;
        let method = agreed(
            METHOD,
            one(headers, METHOD.forwarded)?,
            one(headers, METHOD.original)?,
        )?;
        let scheme = agreed(
            SCHEME,
            one(headers, SCHEME.forwarded)?,
            url.map(|(scheme, ..)| scheme),
        )?;
        let authority = agreed(
            AUTHORITY,
            one(headers, AUTHORITY.forwarded)?,
            url.map(|(_, authority, _)| authority),
        )?;
        let target = agreed(
            TARGET,
            one(headers, TARGET.forwarded)?,
            url.map(|(.., target)| target),
        )?;

        let mut head = sub_request.clone();
        head.method =
            Method::from_bytes(method.as_bytes()).map_err(|_no_token| METHOD.cannot_be_read(headers))?;
        head.uri = uri(target).ok_or_else(|| TARGET.cannot_be_read(headers))?;
        head.version = Version::HTTP_11;
        let authority =
            HeaderValue::from_str(authority).map_err(|_no_text| AUTHORITY.cannot_be_read(headers))?;
        head.headers.insert(HOST, authority);
        let scheme = Scheme::named(scheme).ok_or_else(|| SCHEME.cannot_be_read(headers))?;
        Ok(Self { head, scheme })
    }
}

impl Part {
    fn cannot_be_read(self, headers: &HeaderMap) -> OriginalRequestError {
        let is_said = headers.contains_key(self.forwarded);
        OriginalRequestError::Unreadable(if is_said { self.forwarded } else { self.original })
    }
}

/// The one value of a field.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, OriginalRequestError> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(OriginalRequestError::Twice(name));
    }
    let text = first.map(|value| {
        value
            .to_str()
            .map_err(|_not_ascii| OriginalRequestError::Unreadable(name))
    });
    text.transpose()
}

/// Scheme, authority and target of the one field that says all three.
fn url(headers: &HeaderMap) -> Result<Option<(&str, &str, &str)>, OriginalRequestError> {
    const NAME: &str = SCHEME.original;
    let Some(text) = one(headers, NAME)? else {
        return Ok(None);
    };
    let parts = text.split_once("://").and_then(|(scheme, rest)| {
        let (authority, target) = rest.split_at_checked(rest.find(['/', '?', '#'])?)?;
        Some((scheme, authority, target))
    });
    parts.map(Some).ok_or(OriginalRequestError::Unreadable(NAME))
}

fn agreed<'a>(
    part: Part,
    forwarded: Option<&'a str>,
    original: Option<&'a str>,
) -> Result<&'a str, OriginalRequestError> {
    match (forwarded, original) {
        (Some(one), Some(other)) if one != other => Err(OriginalRequestError::Contradiction(part)),
        (Some(said), _) | (None, Some(said)) => Ok(said),
        (None, None) => Err(OriginalRequestError::Missing(part)),
    }
}

/// A path and query that lost nothing: what would be read as a fragment is judged as it came, which is not at all.
fn uri(target: &str) -> Option<Uri> {
    let path = target.parse::<PathAndQuery>().ok()?;
    (target.starts_with('/') && path.as_str() == target).then(|| Uri::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAEFIK: [(&str, &str); 4] = [
        ("X-Forwarded-Method", "POST"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "a.example"),
        ("X-Forwarded-Uri", "/x%20y?b=//c"),
    ];
    const INGRESS: [(&str, &str); 2] = [
        ("X-Original-Method", "POST"),
        ("X-Original-URL", "https://a.example/x%20y?b=//c"),
    ];

    fn read(fields: &[(&str, &str)]) -> Result<OriginalRequest, OriginalRequestError> {
        let request = http::Request::builder()
            .uri("/_guichet/auth")
            .header(HOST, "10.0.0.2:8080");
        let request = fields
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value));
        OriginalRequest::of(&request.body(()).unwrap().into_parts().0)
    }

    /// The fields, with one of them said otherwise.
    fn with(name: &str, value: &str) -> Result<OriginalRequest, OriginalRequestError> {
        let fields = TRAEFIK.map(|(each, usual)| (each, if each == name { value } else { usual }));
        read(&fields)
    }

    #[test]
    fn either_shape_says_the_same_request_and_so_do_both() {
        for fields in [&TRAEFIK[..], &INGRESS[..], &[&TRAEFIK[..], &INGRESS[..]].concat()] {
            let original = read(fields).unwrap();
            assert_eq!(original.head.method, Method::POST);
            assert_eq!(original.head.uri, "/x%20y?b=//c");
            assert_eq!(original.head.headers[HOST], "a.example");
            assert_eq!(original.scheme, Scheme::Https);
        }
    }

    #[test]
    fn what_is_missing_is_named_with_the_setting_that_sends_it() {
        for (index, (name, _)) in TRAEFIK.iter().enumerate() {
            let mut fields = TRAEFIK.to_vec();
            fields.remove(index);
            let refusal = read(&fields).unwrap_err().to_string();
            assert!(
                refusal.contains(&format!("has no {name};"))
                    && refusal.contains(&format!("proxy_set_header {name} $")),
                "{refusal}"
            );
        }
        assert_eq!(read(&[]).unwrap_err(), OriginalRequestError::Missing(METHOD));
    }

    #[test]
    fn a_field_that_came_twice_is_refused_also_with_one_value() {
        for (name, value) in TRAEFIK {
            let fields = [&TRAEFIK[..], &[(name, value)]].concat();
            assert_eq!(read(&fields).unwrap_err(), OriginalRequestError::Twice(name));
        }
    }

    #[test]
    fn two_fields_that_disagree_are_refused() {
        for (name, value) in [
            ("X-Original-Method", "GET"),
            ("X-Original-URL", "http://a.example/x%20y?b=//c"),
            ("X-Original-URL", "https://b.example/x%20y?b=//c"),
            ("X-Original-URL", "https://a.example/public"),
        ] {
            let fields = [&TRAEFIK[..], &[(name, value)]].concat();
            let refusal = read(&fields).unwrap_err();
            assert!(
                matches!(refusal, OriginalRequestError::Contradiction(_)),
                "{name}: {refusal}"
            );
        }
    }

    #[test]
    fn what_no_request_line_could_hold_is_refused() {
        for (name, value) in [
            ("X-Forwarded-Method", "GET POST"),
            ("X-Forwarded-Method", ""),
            ("X-Forwarded-Proto", "wss"),
            ("X-Forwarded-Proto", "https, https"),
            ("X-Forwarded-Uri", ""),
            ("X-Forwarded-Uri", "*"),
            ("X-Forwarded-Uri", "x"),
            ("X-Forwarded-Uri", "/x#y"),
            ("X-Forwarded-Uri", "/x y"),
            ("X-Forwarded-Uri", "https://a.example/x"),
        ] {
            let refusal = with(name, value).unwrap_err();
            assert_eq!(refusal, OriginalRequestError::Unreadable(name), "{value:?}");
        }
        for url in ["", "/x", "https://a.example", "https:/a.example/", "a.example/x"] {
            let refusal = read(&[("X-Original-Method", "GET"), ("X-Original-URL", url)]).unwrap_err();
            assert_eq!(
                refusal,
                OriginalRequestError::Unreadable("X-Original-URL"),
                "{url:?}"
            );
        }
    }
}
