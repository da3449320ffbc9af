//! What a person sees who takes more than they may, mostly without knowing: each page says what to do now.

use std::time::Duration;

use http::StatusCode;

use crate::pages::document;
use crate::pages::frame::Frame;
use crate::pages::message::Message;
use crate::wire::response::Response;

/// Seconds after which another request of the same address is worth a try.
pub(crate) const SOON: u32 = 2;

/// The head of the request is too long, or has too many fields: 431. A long address is easily mended, so it is named first;
/// cookies, most often planted by a neighbour site, make every request too long.
#[derive(Clone, Copy, Debug)]
pub struct HeadTooLong<'a> {
    /// Where they are cleared.
    pub clear: &'a str,
}

impl HeadTooLong<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().limit;
        let why = (text.head_why)(frame.service_name());
        let paragraphs = vec![why, text.head_address.to_owned(), text.head_cookies.to_owned()];
        let page = Message::error(frame, text.head.to_owned(), paragraphs)
            .note(text.head_note.to_owned())
            .action(self.clear, text.head_clear)
            .home();
        page.respond(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    }
}

/// A form or file that is larger than the service takes: 413.
#[derive(Clone, Copy, Debug)]
pub struct BodyTooLong;

impl BodyTooLong {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = frame.text();
        let why = (text.limit.body_why)(frame.service_name());
        let page = Message::error(frame, text.limit.body.to_owned(), vec![why]);
        let page = page.note(text.service.not_saved.to_owned()).home();
        page.respond(StatusCode::PAYLOAD_TOO_LARGE)
    }
}

/// A form or file that came too slowly: 408.
#[derive(Clone, Copy, Debug)]
pub struct BodyTooSlow;

impl BodyTooSlow {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = frame.text();
        let page = Message::error(
            frame,
            text.limit.slow.to_owned(),
            vec![text.limit.slow_why.to_owned()],
        );
        let page = page.note(text.service.unsure_saved.to_owned()).home();
        page.respond(StatusCode::REQUEST_TIMEOUT)
    }
}

/// As many requests of this address are under way as may be: 429. It was not looked at.
#[derive(Clone, Copy, Debug)]
pub struct TooManyRequests;

impl TooManyRequests {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = frame.text();
        let why = (text.limit.requests_why)(frame.service_name());
        let page = Message::error(frame, text.limit.requests.to_owned(), vec![why]);
        let page = page.note(text.service.not_saved.to_owned()).home();
        let response = page.respond(StatusCode::TOO_MANY_REQUESTS);
        document::retry_after(response, SOON)
    }
}

/// Too many logins of this address: 429. Nothing is spent.
#[derive(Clone, Copy, Debug)]
pub struct TooManyLogins<'a> {
    /// When another one makes sense.
    pub wait: Duration,
    /// The same step again, for whoever comes back.
    pub again: Option<&'a str>,
}

impl TooManyLogins<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = frame.text();
        let why = (text.limit.logins_why)(frame.service_name());
        let page = Message::error(
            frame,
            text.limit.logins.to_owned(),
            vec![why, text.limit.logins_next.to_owned()],
        );
        let page = page.action_if(self.again, text.frame.retry).home();
        let response = page.respond(StatusCode::TOO_MANY_REQUESTS);
        document::retry_after(response, seconds(self.wait))
    }
}

/// Whole ones, and at least one.
pub(crate) fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs().saturating_add(1)).unwrap_or(u32::MAX)
}
