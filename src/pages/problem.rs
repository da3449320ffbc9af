//! What a script is told instead of a page: `application/problem+json` (RFC 9457), never a redirect to another site.

use http::HeaderValue;
use http::StatusCode;
use http::header;
use serde::Serialize;

use crate::pages::access_pages::Need;
use crate::pages::catalogue::Catalogue;
use crate::pages::document;
use crate::pages::frame::Frame;
use crate::pages::service_pages::SHORT_RETRY;
use crate::wire::response::Response;

/// What happened, as far as a script can act on it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Problem<'a> {
    /// 401: nobody is signed in. Carries where the page can send the person, a path of this site.
    LoginRequired {
        /// The member `login`.
        login: &'a str,
    },
    /// 403.
    AccessDenied,
    /// 403: somebody is signed in, and may not have this as they are.
    NotEnough {
        /// What is needed.
        need: Need<'a>,
        /// The member `login`, where another login helps: a path of this site.
        login: Option<&'a str>,
    },
    /// 400: an address or a request that can be read in two ways.
    BadRequest,
    /// 404.
    NotFound,
    /// 421: a host that is not served, or not on this way.
    Misdirected,
    /// 405, with the methods for `Allow`.
    MethodNotAllowed {
        /// The methods it knows.
        allow: &'static str,
    },
    /// 500.
    Internal,
    /// 502.
    ApplicationUnavailable,
    /// 504.
    ApplicationTooSlow,
    /// 431: all fields together are too long, or too many.
    HeadTooLong,
    /// 413: the body is longer than the application takes.
    BodyTooLong,
    /// 408: the body came too slowly.
    BodyTooSlow,
    /// 429: this address takes more than it may; another try makes sense after so many seconds.
    TooMany {
        /// For `Retry-After`.
        retry_after: u32,
    },
    /// 503: every connection to the application is in use.
    TooBusy,
    /// 503: nobody can say who is signed in.
    SessionStoreUnavailable,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: String,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Problem<'_> {
    /// The answer. Code and number of the request are the frame's reference.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let status = self.status();
        let (title, detail) = self.words(frame.text(), frame.service_name());
        let body = Body {
            r#type: self.kind(),
            title,
            status: status.as_u16(),
            detail,
            login: match self {
                Self::LoginRequired { login } => Some(login),
                Self::NotEnough { login, .. } => *login,
                _ => None,
            },
            code: frame.reference.map(|reference| reference.code),
            request_id: frame.reference.map(|reference| reference.request_id),
        };
        // Strings and one number: this cannot fail, and an empty body would still have the right status.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(status, "application/problem+json", body);
        let language = HeaderValue::from_static(frame.locale.tag());
        let headers = &mut response.headers;
        headers.insert(header::CONTENT_LANGUAGE, language);
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        match self {
            Self::LoginRequired { .. } => {
                headers.insert(header::WWW_AUTHENTICATE, document::CHALLENGE);
            }
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            Self::TooMany { retry_after } => return document::retry_after(response, *retry_after),
            Self::TooBusy | Self::SessionStoreUnavailable => {
                return document::retry_after(response, SHORT_RETRY);
            }
            _ => {}
        }
        response
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::LoginRequired { .. } => StatusCode::UNAUTHORIZED,
            Self::AccessDenied | Self::NotEnough { .. } => StatusCode::FORBIDDEN,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::HeadTooLong => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ApplicationUnavailable => StatusCode::BAD_GATEWAY,
            Self::ApplicationTooSlow => StatusCode::GATEWAY_TIMEOUT,
            Self::TooBusy | Self::SessionStoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// A name for programs. It leads nowhere: RFC 9457, section 3.1.1, wants an identifier, and not every site can look
    /// one up.
    fn kind(&self) -> &'static str {
        match self {
            Self::LoginRequired { .. } => "urn:guichet:problem:login-required",
            Self::AccessDenied => "urn:guichet:problem:access-denied",
            Self::NotEnough { need, .. } => need.kind(),
            Self::BadRequest => "urn:guichet:problem:bad-request",
            Self::NotFound => "urn:guichet:problem:not-found",
            Self::Misdirected => "urn:guichet:problem:misdirected",
            Self::MethodNotAllowed { .. } => "urn:guichet:problem:method-not-allowed",
            Self::HeadTooLong => "urn:guichet:problem:head-too-long",
            Self::BodyTooLong => "urn:guichet:problem:body-too-long",
            Self::BodyTooSlow => "urn:guichet:problem:body-too-slow",
            Self::TooMany { .. } => "urn:guichet:problem:too-many-requests",
            Self::Internal => "urn:guichet:problem:internal-error",
            Self::ApplicationUnavailable => "urn:guichet:problem:application-unavailable",
            Self::ApplicationTooSlow => "urn:guichet:problem:application-too-slow",
            Self::TooBusy => "urn:guichet:problem:too-busy",
            Self::SessionStoreUnavailable => "urn:guichet:problem:session-store-unavailable",
        }
    }

    /// The words of the page that a person would see.
    fn words(&self, text: &Catalogue, service: &str) -> (String, String) {
        let (login, pages, limit) = (&text.login, &text.service, &text.limit);
        let fixed = |title: &str, detail: &str| (title.to_owned(), detail.to_owned());
        match self {
            Self::LoginRequired { .. } => {
                fixed(text.problem.login_required, text.problem.login_required_detail)
            }
            Self::AccessDenied => (login.denied.to_owned(), (login.denied_why)(service)),
            Self::NotEnough { need, .. } => need.words(&text.access, service),
            Self::BadRequest => fixed(pages.bad_request, pages.bad_request_why),
            Self::NotFound | Self::Misdirected => fixed(pages.not_found, pages.not_found_why),
            Self::MethodNotAllowed { .. } => fixed(pages.method, pages.method_why),
            Self::HeadTooLong => (limit.head.to_owned(), (limit.head_why)(service)),
            Self::BodyTooLong => (limit.body.to_owned(), (limit.body_why)(service)),
            Self::BodyTooSlow => fixed(limit.slow, limit.slow_why),
            Self::TooMany { .. } => (limit.requests.to_owned(), (limit.requests_why)(service)),
            Self::Internal => fixed(pages.internal, pages.internal_why),
            Self::ApplicationUnavailable => ((pages.unavailable)(service), pages.unavailable_why.to_owned()),
            Self::ApplicationTooSlow => ((pages.slow)(service), pages.slow_why.to_owned()),
            Self::TooBusy => (pages.busy.to_owned(), (pages.busy_why)(service)),
            Self::SessionStoreUnavailable => (pages.store.to_owned(), (pages.store_why)(service)),
        }
    }
}
