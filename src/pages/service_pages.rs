//! What a person sees when the application, the session store or the address itself is the trouble.
//!
//! No page names an address behind the gateway, a version or a cause.

use http::HeaderValue;
use http::StatusCode;
use http::header;

use crate::pages::document;
use crate::pages::frame::Frame;
use crate::pages::message::Message;
use crate::wire::response::Response;

/// Seconds after which a short shortage is worth another try.
pub(crate) const SHORT_RETRY: u32 = 5;

/// What the person had sent when the application failed.
#[derive(Clone, Copy, Debug)]
pub enum Sent<'a> {
    /// They opened a page; asking for this path again is harmless.
    Visit(&'a str),
    /// They sent a form. Nobody knows whether it arrived, and no button of ours sends it twice.
    Form,
}

/// The application gave no answer: 502.
#[derive(Clone, Copy, Debug)]
pub struct ApplicationUnavailable<'a> {
    /// What had been asked.
    pub sent: Sent<'a>,
}

impl ApplicationUnavailable<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let title = (text.unavailable)(frame.service_name());
        let page = Message::error(frame, title, vec![text.unavailable_why.to_owned()]);
        after(page, self.sent).respond(StatusCode::BAD_GATEWAY)
    }
}

/// The application's answer did not begin in time: 504.
#[derive(Clone, Copy, Debug)]
pub struct ApplicationTooSlow<'a> {
    /// What had been asked.
    pub sent: Sent<'a>,
}

impl ApplicationTooSlow<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let title = (text.slow)(frame.service_name());
        let page = Message::error(frame, title, vec![text.slow_why.to_owned()]);
        after(page, self.sent).respond(StatusCode::GATEWAY_TIMEOUT)
    }
}

/// Every connection to the application is in use: 503. Nothing was sent to it.
#[derive(Clone, Copy, Debug)]
pub struct TooBusy<'a> {
    /// What had been asked.
    pub sent: Sent<'a>,
}

impl TooBusy<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let why = (text.busy_why)(frame.service_name());
        let page = Message::error(frame, text.busy.to_owned(), vec![why]);
        let response = not_sent(page, self.sent).respond(StatusCode::SERVICE_UNAVAILABLE);
        document::retry_after(response, SHORT_RETRY)
    }
}

/// Nobody can say who is signed in, so nobody is let in: 503. Nothing was sent to the application.
#[derive(Clone, Copy, Debug)]
pub struct SessionStoreUnavailable<'a> {
    /// What had been asked.
    pub sent: Sent<'a>,
}

impl SessionStoreUnavailable<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let why = (text.store_why)(frame.service_name());
        let page = Message::error(frame, text.store.to_owned(), vec![why]);
        let response = not_sent(page, self.sent).respond(StatusCode::SERVICE_UNAVAILABLE);
        document::retry_after(response, SHORT_RETRY)
    }
}

/// A form met a session that had ended: 401. It is not kept, and never sent again by us.
#[derive(Clone, Copy, Debug)]
pub struct SessionExpired<'a> {
    /// Where to sign in, and come back.
    pub login: &'a str,
}

impl SessionExpired<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let page = Message::error(frame, text.expired.to_owned(), vec![text.expired_next.to_owned()])
            .lead(text.not_saved.to_owned())
            .note(text.expired_hint.to_owned());
        let page = page.action(self.login, text.sign_in_again).home();
        page.respond(StatusCode::UNAUTHORIZED)
    }
}

/// An address or a request that can be read in two ways: 400.
#[derive(Clone, Copy, Debug)]
pub struct BadRequest;

impl BadRequest {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let page = Message::error(
            frame,
            text.bad_request.to_owned(),
            vec![text.bad_request_why.to_owned()],
        );
        page.home().respond(StatusCode::BAD_REQUEST)
    }
}

/// No application and no page of ours: 404.
#[derive(Clone, Copy, Debug)]
pub struct NotFound;

impl NotFound {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let page = Message::error(
            frame,
            text.not_found.to_owned(),
            vec![text.not_found_why.to_owned()],
        );
        page.home().respond(StatusCode::NOT_FOUND)
    }
}

/// No site of ours, or not on this way: 421. In the words of a page that is not there.
#[derive(Clone, Copy, Debug)]
pub struct Misdirected;

impl Misdirected {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        Response {
            status: StatusCode::MISDIRECTED_REQUEST,
            ..NotFound.respond(frame)
        }
    }
}

/// A page of ours that knows no such method: 405.
#[derive(Clone, Copy, Debug)]
pub struct MethodNotAllowed {
    /// The methods it knows, for `Allow` (RFC 9110, section 15.5.6).
    pub allow: &'static str,
}

impl MethodNotAllowed {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let page = Message::error(frame, text.method.to_owned(), vec![text.method_why.to_owned()]);
        let mut response = page.home().respond(StatusCode::METHOD_NOT_ALLOWED);
        response
            .headers
            .insert(header::ALLOW, HeaderValue::from_static(self.allow));
        response
    }
}

/// Something that should not have happened: 500.
#[derive(Clone, Copy, Debug)]
pub struct InternalError;

impl InternalError {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().service;
        let page = Message::error(
            frame,
            text.internal.to_owned(),
            vec![text.internal_why.to_owned()],
        );
        page.home().respond(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// The ways on after the application may have received the request.
fn after<'a>(page: Message<'a>, sent: Sent<'a>) -> Message<'a> {
    let unsure = page.head.text.service.unsure_saved;
    match sent {
        Sent::Visit(path) => retry(page, path).home(),
        Sent::Form => page.note(unsure.to_owned()).home(),
    }
}

/// The ways on after a request that certainly stayed with us.
fn not_sent<'a>(page: Message<'a>, sent: Sent<'a>) -> Message<'a> {
    let not_saved = page.head.text.service.not_saved;
    match sent {
        Sent::Visit(path) => retry(page, path).home(),
        Sent::Form => page.note(not_saved.to_owned()).home(),
    }
}

fn retry<'a>(page: Message<'a>, path: &'a str) -> Message<'a> {
    let label = page.head.text.frame.retry;
    page.action(path, label)
}
