//! Leaving: the question, with one form for each live session, and what became of it.

use askama::Template;
use http::StatusCode;

use crate::pages::document;
use crate::pages::document::Policy;
use crate::pages::frame::Frame;
use crate::pages::frame::Head;
use crate::pages::frame::Tone;
use crate::pages::message::Message;
use crate::wire::own_paths::OwnPath;
use crate::wire::response::Response;

/// Asks before a session ends: a link or a picture on another site must not end one.
#[derive(Clone, Copy, Debug)]
pub struct SignOutPage<'a> {
    /// The live sessions, most recent login first. With none, answer [`NothingToSignOut`].
    pub sessions: &'a [LiveSession<'a>],
    /// Where "stay signed in" leads.
    pub stay: &'a str,
}

/// A session that can be ended.
#[derive(Clone, Copy, Debug)]
pub struct LiveSession<'a> {
    /// The provider entry: the form's `provider` field.
    pub entry: &'a str,
    /// The provider's name.
    pub provider: &'a str,
    /// Scheme and authority of the provider's end of session, which the answer to the form redirects to. `None` if it
    /// has none.
    pub origin: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct View<'a> {
    head: Head<'a>,
    explanation: String,
    action: String,
    stay: &'a str,
    questions: Vec<Question<'a>>,
}

struct Question<'a> {
    entry: &'a str,
    heading: Option<String>,
    button: String,
}

impl SignOutPage<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().sign_out;
        let service = frame.service_name();
        let (explanation, questions) = match self.sessions {
            [only] => {
                let ends = match only.origin {
                    Some(_) => (text.what_ends)(service, only.provider),
                    None => (text.what_ends_here)(service),
                };
                let question = Question {
                    entry: only.entry,
                    heading: None,
                    button: text.sign_out.to_owned(),
                };
                (ends, vec![question])
            }
            several => {
                let questions = several.iter().map(|session| Question {
                    entry: session.entry,
                    heading: Some((text.session_at)(session.provider)),
                    button: (text.sign_out_of)(session.provider),
                });
                ((text.several)(service), questions.collect())
            }
        };
        let view = View {
            head: Head::new(frame, Tone::Calm, text.question.to_owned()),
            explanation,
            action: frame.own_paths.path(OwnPath::Logout),
            stay: self.stay,
            questions,
        };
        let origins: Vec<&str> = self
            .sessions
            .iter()
            .filter_map(|session| session.origin)
            .collect();
        document::respond(frame, StatusCode::OK, Policy::FormTo(&origins), &view)
    }
}

/// The session has ended, here and, if one is named, at the provider.
#[derive(Clone, Copy, Debug)]
pub struct SignedOut<'a> {
    /// The provider that confirmed its end of session.
    pub provider: Option<LeftProvider<'a>>,
}

/// A provider at which a session has ended.
#[derive(Clone, Copy, Debug)]
pub struct LeftProvider<'a> {
    /// Its name.
    pub name: &'a str,
    /// Which accounts people sign in with there: they may stay open.
    pub accounts: Accounts,
}

/// The accounts behind a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// Those that citizens have at other services (taxes, health insurance): FranceConnect's.
    OfServices,
    /// Whichever it has.
    OfItsOwn,
}

impl SignedOut<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().sign_out;
        let ended = match self.provider {
            Some(provider) => (text.done_both)(frame.service_name(), provider.name),
            None => (text.done_here)(frame.service_name()),
        };
        let note = match self.provider {
            Some(provider) if provider.accounts == Accounts::OfServices => {
                text.shared_computer_services.to_owned()
            }
            Some(provider) => (text.shared_computer_at)(provider.name),
            None => text.shared_computer.to_owned(),
        };
        let head = Head::new(frame, Tone::Done, text.done.to_owned());
        let page = Message::new(head, vec![ended]).note(note);
        document::respond(frame, StatusCode::OK, Policy::Plain, &page.home())
    }
}

/// The session has ended here; the provider did not confirm.
#[derive(Clone, Copy, Debug)]
pub struct PartlySignedOut<'a> {
    /// The provider's name.
    pub provider: &'a str,
}

impl PartlySignedOut<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().sign_out;
        let head = Head::new(frame, Tone::Done, text.partly.to_owned());
        let why = (text.partly_why)(frame.service_name(), self.provider);
        let page = Message::new(head, vec![why]).note(text.partly_note.to_owned());
        document::respond(frame, StatusCode::OK, Policy::Plain, &page.home())
    }
}

/// There was no session to end.
#[derive(Clone, Copy, Debug)]
pub struct NothingToSignOut;

impl NothingToSignOut {
    /// The page.
    pub fn respond(self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().sign_out;
        let head = Head::new(frame, Tone::Done, text.nothing.to_owned());
        let page = Message::new(head, vec![(text.nothing_why)(frame.service_name())]);
        document::respond(frame, StatusCode::OK, Policy::Plain, &page.home())
    }
}
