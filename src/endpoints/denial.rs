//! Somebody is signed in and may not have the page: what they read, and where they go from there.

use crate::access::requirement::Lack;
use crate::access::requirement::Remedy;
use crate::access::requirement::Shortfall;
use crate::endpoints::destination::Destination;
use crate::pages::access_pages::Need;
use crate::pages::access_pages::NotEnough;
use crate::pages::frame::Frame;
use crate::pages::service_pages::Sent;
use crate::wire::response::Response;

/// A session that is not enough for a route.
#[derive(Debug, thiserror::Error)]
#[error("a session is not enough for its route: {}", shortfall.lack.reason())]
pub struct Denial {
    shortfall: Shortfall,
    destination: Destination,
}

impl Denial {
    /// On the way to a page.
    pub fn new(shortfall: Shortfall, destination: Destination) -> Self {
        Self {
            shortfall,
            destination,
        }
    }

    /// The code of the list of errors.
    pub fn code(&self) -> &'static str {
        match self.shortfall.lack {
            Lack::Provider => "L21",
            Lack::Level => "L22",
            Lack::Freshness => "L23",
            Lack::Age(_) => "L24",
            Lack::Unknown(_) => "L25",
            Lack::Claim => "L26",
        }
    }

    /// The cause in one word.
    pub fn reason(&self) -> &'static str {
        self.shortfall.lack.reason()
    }

    /// What is needed, in the words of the pages. Names of claims, never a value.
    pub fn need(&self) -> Need<'_> {
        match &self.shortfall.lack {
            Lack::Provider => Need::OtherProvider,
            Lack::Level => Need::HigherLevel,
            Lack::Freshness => Need::FreshLogin,
            Lack::Age(years) => Need::Age(*years),
            Lack::Unknown(claim) => Need::Information(claim),
            Lack::Claim => Need::OtherPerson,
        }
    }

    /// Where the entries are offered that can satisfy the route; `None` where another login helps nobody.
    pub fn login(&self, frame: &Frame<'_>) -> Option<String> {
        match self.shortfall.remedy {
            Remedy::Login => Some(self.destination.chooser(frame.own_paths)),
            Remedy::None => None,
        }
    }

    /// What a person reads.
    pub fn page(&self, frame: &Frame<'_>, sent: Sent<'_>) -> Response {
        let login = self.login(frame);
        NotEnough {
            need: self.need(),
            login: login.as_deref(),
            sent,
        }
        .respond(frame)
    }
}
