//! What a person sees when a login did not end where it should have. Each page leads on; none says which check failed.

use http::StatusCode;

use crate::pages::document;
use crate::pages::frame::Frame;
use crate::pages::message::Message;
use crate::wire::response::Response;

/// After how many seconds a provider that was away is worth another try.
const PROVIDER_RETRY: u32 = 60;

/// The same answer came twice and the first one was lost, or did not get through: 400.
#[derive(Clone, Copy, Debug)]
pub struct LoginInterrupted<'a> {
    /// Starts a new login to the same destination.
    pub restart: &'a str,
}

impl LoginInterrupted<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().login;
        let page = Message::error(
            frame,
            text.interrupted.to_owned(),
            vec![
                (text.interrupted_why)(frame.service_name()),
                text.interrupted_next.to_owned(),
            ],
        );
        page.action(self.restart, text.restart)
            .respond(StatusCode::BAD_REQUEST)
    }
}

/// The answer came, but too late: 400. One button, and the destination is kept.
#[derive(Clone, Copy, Debug)]
pub struct LoginExpired<'a> {
    /// Starts a new login to the same destination.
    pub restart: &'a str,
}

impl LoginExpired<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().login;
        let page = Message::error(
            frame,
            text.expired.to_owned(),
            vec![
                (text.expired_why)(frame.service_name()),
                text.expired_next.to_owned(),
            ],
        );
        page.action(self.restart, text.restart)
            .respond(StatusCode::BAD_REQUEST)
    }
}

/// An answer to a login that this browser did not begin, or forgot: 400. The way on is [`Frame::home`].
#[derive(Clone, Copy, Debug)]
pub struct LoginUnknown;

impl LoginUnknown {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().login;
        let service = frame.service_name();
        let page = Message::error(
            frame,
            text.unknown.to_owned(),
            vec![text.unknown_why.to_owned(), (text.unknown_next)(service)],
        );
        page.action(frame.home, (text.open)(service))
            .respond(StatusCode::BAD_REQUEST)
    }
}

/// The provider answered with an error that is not the person's own choice: 502. Nothing of it is repeated.
#[derive(Clone, Copy, Debug)]
pub struct ProviderErrorPage<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// Starts a new login to the same destination.
    pub restart: &'a str,
}

impl ProviderErrorPage<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().login;
        let page = Message::error(
            frame,
            (text.provider_error)(self.provider),
            vec![(text.provider_error_why)(frame.service_name(), self.provider)],
        );
        page.action(self.restart, text.restart)
            .home()
            .respond(StatusCode::BAD_GATEWAY)
    }
}

/// The provider cannot be reached, or makes no sense. Sessions that are open go on.
#[derive(Clone, Copy, Debug)]
pub struct ProviderUnavailable<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// What was seen of it.
    pub trouble: ProviderTrouble,
    /// Starts a new login to the same destination.
    pub restart: &'a str,
}

/// What was seen of a provider that is away. The person reads the same, the status differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderTrouble {
    /// No answer, or none in time: 503.
    NoAnswer,
    /// An answer that is none: 502.
    BadAnswer,
}

impl ProviderUnavailable<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().login;
        let page = Message::error(
            frame,
            (text.provider_unavailable)(self.provider),
            vec![(text.provider_unavailable_why)(
                frame.service_name(),
                self.provider,
            )],
        );
        let status = match self.trouble {
            ProviderTrouble::NoAnswer => StatusCode::SERVICE_UNAVAILABLE,
            ProviderTrouble::BadAnswer => StatusCode::BAD_GATEWAY,
        };
        let page = page.action(self.restart, frame.text().frame.retry).home();
        document::retry_after(page.respond(status), PROVIDER_RETRY)
    }
}

/// What the provider said did not pass our checks, and there is no session.
#[derive(Clone, Copy, Debug)]
pub struct SignInRefused<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// Whose doing it is.
    pub refusal: Refusal,
    /// Starts a new login to the same destination.
    pub restart: &'a str,
}

/// Whose doing a refused sign-in is. The person reads the same, the status differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The answer does not hold: signature, issuer, audience, times: 502.
    Answer,
    /// It holds, but says too little about the person or how they signed in: 403.
    Person,
}

impl SignInRefused<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().login;
        let page = Message::error(
            frame,
            text.refused.to_owned(),
            vec![
                (text.refused_why)(frame.service_name(), self.provider),
                text.refused_next.to_owned(),
            ],
        );
        let status = match self.refusal {
            Refusal::Answer => StatusCode::BAD_GATEWAY,
            Refusal::Person => StatusCode::FORBIDDEN,
        };
        page.action(self.restart, text.restart).home().respond(status)
    }
}

/// Signed in, but not allowed here: 403. Rules are not explained.
#[derive(Clone, Copy, Debug)]
pub struct AccessDenied<'a> {
    /// What the operator wants said, in the page's language.
    pub reason: Option<&'a str>,
    /// Where another provider can be chosen; absent where there is none.
    pub other_login: Option<&'a str>,
}

impl AccessDenied<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().login;
        let mut paragraphs = vec![(text.denied_why)(frame.service_name())];
        paragraphs.extend(self.reason.map(str::to_owned));
        let page = Message::error(frame, text.denied.to_owned(), paragraphs);
        let page = page.action_if(self.other_login, text.other_login).home();
        page.respond(StatusCode::FORBIDDEN)
    }
}
