//! The common page: what happened, what it means, and where to go from here.

use askama::Template;
use http::StatusCode;

use crate::pages::document;
use crate::pages::document::Policy;
use crate::pages::frame::Frame;
use crate::pages::frame::Head;
use crate::pages::frame::Tone;
use crate::wire::response::Response;

/// One card of text with its ways on. The first leads on, the second leads out.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub(crate) head: Head<'a>,
    /// What must not be missed.
    pub(crate) lead: Option<String>,
    pub(crate) paragraphs: Vec<String>,
    /// Something to remember, set apart.
    pub(crate) note: Option<String>,
    pub(crate) actions: Vec<Action<'a>>,
}

/// A link that looks like a button.
pub(crate) struct Action<'a> {
    pub(crate) href: &'a str,
    pub(crate) label: String,
}

impl<'a> Message<'a> {
    pub(crate) fn new(head: Head<'a>, paragraphs: Vec<String>) -> Self {
        Self {
            head,
            lead: None,
            paragraphs,
            note: None,
            actions: Vec::new(),
        }
    }

    /// Something did not work.
    pub(crate) fn error(frame: &'a Frame<'a>, title: String, paragraphs: Vec<String>) -> Self {
        Self::new(Head::new(frame, Tone::Error, title), paragraphs)
    }

    /// The page as an answer.
    pub(crate) fn respond(&self, status: StatusCode) -> Response {
        document::respond(self.head.frame, status, Policy::Plain, self)
    }

    pub(crate) fn lead(mut self, lead: String) -> Self {
        self.lead = Some(lead);
        self
    }

    pub(crate) fn note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    pub(crate) fn action(mut self, href: &'a str, label: impl Into<String>) -> Self {
        let label = label.into();
        self.actions.push(Action { href, label });
        self
    }

    /// The same, if there is somewhere to go.
    pub(crate) fn action_if(self, href: Option<&'a str>, label: impl Into<String>) -> Self {
        match href {
            Some(href) => self.action(href, label),
            None => self,
        }
    }

    /// The way back to the service's start.
    pub(crate) fn home(self) -> Self {
        let (href, label) = (
            self.head.frame.home,
            (self.head.text.frame.back_to)(self.head.frame.service_name()),
        );
        self.action(href, label)
    }
}
