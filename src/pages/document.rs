//! How a page leaves: HTML with every field that keeps it from being framed, cached, scripted or read by another site.

use askama::Template;
use http::HeaderValue;
use http::StatusCode;
use http::header;

use crate::pages::frame::Frame;
use crate::wire::response::Response;

/// A challenge is required with 401 (RFC 9110, section 15.5.2). The scheme is our own word: browsers show no prompt for
/// it, and it has no parameters, so nothing from a request can get into it.
pub const CHALLENGE: HeaderValue = HeaderValue::from_static("Guichet");

/// What a page may do, beyond showing itself with our sheet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Policy<'a> {
    /// Nothing.
    Plain,
    /// Load our one script.
    Script,
    /// The same, and the fonts of the provider's official button.
    OfficialButton,
    /// Send its form to us, and be redirected from there to these origins: browsers hold `form-action` against the whole
    /// chain of redirects.
    FormTo(&'a [&'a str]),
}

/// Renders a page. Should the template fail, which only a failing writer can cause, the person gets a bare 500.
pub(crate) fn respond(
    frame: &Frame<'_>,
    status: StatusCode,
    policy: Policy<'_>,
    template: &impl Template,
) -> Response {
    let Ok(html) = template.render() else {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::new(status, "text/plain; charset=utf-8", status.as_str().to_owned());
    };
    let mut response = Response::new(status, "text/html; charset=utf-8", html);
    let headers = &mut response.headers;
    headers.insert(header::CONTENT_SECURITY_POLICY, content_security_policy(policy));
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(frame.locale.tag()),
    );
    for (name, value) in [
        (header::VARY, "Accept-Language, Cookie"),
        // `no-referrer` would make our own forms say `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            header::HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
    }
    response
}

/// The same answer that also says when to come back (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(mut response: Response, seconds: u32) -> Response {
    response
        .headers
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The policy of one page. An origin that is none is left out: its form then stays with us.
fn content_security_policy(policy: Policy<'_>) -> HeaderValue {
    let script = match policy {
        Policy::Script => " script-src 'self';",
        Policy::OfficialButton => " script-src 'self'; font-src 'self';",
        Policy::Plain | Policy::FormTo(_) => "",
    };
    let mut forms = String::from("'self'");
    if let Policy::FormTo(origins) = policy {
        for origin in origins.iter().filter(|origin| is_origin(origin)) {
            forms.push(' ');
            forms.push_str(origin);
        }
    }
    let text = format!(
        "default-src 'none'; style-src 'self';{script} img-src 'self'; form-action {forms}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Scheme and authority, and not a byte that could end the directive.
fn is_origin(text: &str) -> bool {
    let authority = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    authority.is_some_and(|authority| {
        let fits =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        !authority.is_empty() && authority.bytes().all(fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_cannot_smuggle_a_directive() {
        let origins = [
            "https://fc.example",
            "https://a; script-src *",
            "https://",
            "*",
            "http://[::1]:9000",
        ];
        let policy = content_security_policy(Policy::FormTo(&origins));
        assert_eq!(
            policy.to_str().unwrap(),
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' https://fc.example \
             http://[::1]:9000; base-uri 'none'; frame-ancestors 'none'"
        );
    }
}
