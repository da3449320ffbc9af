//! What a person sees who is signed in, and may not have this page as they are: what is needed, and what to do. No page says
//! what is known about them.

use http::StatusCode;

use crate::pages::catalogue::AccessText;
use crate::pages::frame::Frame;
use crate::pages::message::Message;
use crate::pages::service_pages::Sent;
use crate::wire::response::Response;

/// What a page needs that the session is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need<'a> {
    /// Another provider.
    OtherProvider,
    /// A higher level.
    HigherLevel,
    /// A person who has just proved who they are.
    FreshLogin,
    /// Somebody who has completed so many years.
    Age(u8),
    /// A claim of this name.
    Information(&'a str),
    /// Somebody of whom something else is known.
    OtherPerson,
}

impl Need<'_> {
    /// Title and reason, for a page and for a script.
    pub(crate) fn words(self, text: &AccessText, service: &str) -> (String, String) {
        match self {
            Self::OtherProvider => (text.other_provider.to_owned(), (text.other_provider_why)(service)),
            Self::HigherLevel => (text.level.to_owned(), (text.level_why)(service)),
            Self::FreshLogin => (text.fresh.to_owned(), text.fresh_why.to_owned()),
            Self::Age(years) => ((text.age)(years), text.age_why.to_owned()),
            Self::Information(claim) => (text.information.to_owned(), (text.information_why)(claim)),
            Self::OtherPerson => (text.other_person.to_owned(), (text.other_person_why)(service)),
        }
    }

    /// A name for programs.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::OtherProvider => "urn:guichet:problem:other-provider-needed",
            Self::HigherLevel => "urn:guichet:problem:level-too-low",
            Self::FreshLogin => "urn:guichet:problem:authentication-too-old",
            Self::Age(_) => "urn:guichet:problem:too-young",
            Self::Information(_) => "urn:guichet:problem:fact-unknown",
            Self::OtherPerson => "urn:guichet:problem:claim-differs",
        }
    }
}

/// Signed in, and not enough for this page: 403.
#[derive(Clone, Copy, Debug)]
pub struct NotEnough<'a> {
    /// What is needed.
    pub need: Need<'a>,
    /// Where those providers are offered that can satisfy it; absent where another login helps nobody.
    pub login: Option<&'a str>,
    /// What had been asked.
    pub sent: Sent<'a>,
}

impl NotEnough<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().access;
        let (title, why) = self.need.words(text, frame.service_name());
        let next = match (self.need, self.login) {
            (_, Some(_)) => text.login_next,
            (Need::Age(_), None) => text.age_next,
            (_, None) => text.nothing_next,
        };
        let mut page = Message::error(frame, title, vec![why, next.to_owned()]);
        if let Sent::Form = self.sent {
            page = page.lead(frame.text().service.not_saved.to_owned());
        }
        let label = match self.need {
            Need::FreshLogin => text.confirm,
            _ => frame.text().login.other_login,
        };
        page.action_if(self.login, label)
            .home()
            .respond(StatusCode::FORBIDDEN)
    }
}
