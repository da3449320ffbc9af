//! A small answer of our own: status, fields and a body that is held in memory.

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use http::header::CONTENT_TYPE;
use http::header::LOCATION;
use http::header::SET_COOKIE;

use crate::wire::cookies::SetCookie;

/// What a browser or a script gets from the gateway itself.
#[derive(Clone, Debug)]
#[must_use]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The fields; `Content-Length` is added by whoever sends it.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

impl Response {
    /// An answer that no cache may keep.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// `303 See Other`: whatever the method was, the browser follows with GET and without a body.
    ///
    /// `location` was built from parsed parts; should it hold a byte that no field may hold, the answer is a 500 without it.
    pub fn see_other(location: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let Ok(location) = HeaderValue::from_str(location) else {
            return Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                headers,
                body: Bytes::new(),
            };
        };
        headers.insert(LOCATION, location);
        Self {
            status: StatusCode::SEE_OTHER,
            headers,
            body: Bytes::new(),
        }
    }

    /// Whether a cache may keep it.
    pub fn may_be_kept(&self) -> bool {
        self.headers
            .get(CACHE_CONTROL)
            .is_none_or(|directives| directives != "no-store")
    }

    /// The same answer that also sets or clears a cookie of ours.
    pub fn with_cookie(mut self, cookie: &SetCookie) -> Self {
        if let Ok(value) = HeaderValue::from_str(cookie.as_str()) {
            self.headers.append(SET_COOKIE, value);
        }
        self
    }
}
