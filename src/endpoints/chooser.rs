//! The page with the providers' buttons, where a login begins unless the app goes straight on.

use http::Method;

use crate::access::Uncounted;
use crate::endpoints::desk::Desk;
use crate::endpoints::destination::CANCELLED;
use crate::endpoints::destination::Destination;
use crate::endpoints::destination::NOTICE;
use crate::endpoints::destination::query_value;
use crate::endpoints::failure::Failure;
use crate::endpoints::page_context::PageContext;
use crate::pages::chooser::ButtonStyle;
use crate::pages::chooser::ChooserPage;
use crate::pages::chooser::Heading;
use crate::pages::chooser::Notice;
use crate::pages::chooser::ProviderChoice;
use crate::pages::chooser::Sentence;
use crate::pages::official_button::OfficialButton;
use crate::provider::button;
use crate::provider::button::People;
use crate::provider::entry_name::EntryName;
use crate::provider::profile::ProviderProfile;
use crate::provider::profile::Reality;
use crate::session;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// `GET login`. A person who is signed in already, and may have the page, goes straight on; of the entries those are offered
/// that can satisfy what it asks. Nothing is created here.
pub async fn answer(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return Err(Failure::Method("GET, HEAD"));
    }
    let destination = Destination::asked_for(&desk.router, request).ok_or(Failure::NotFound)?;
    let Err(uncounted) = desk.counting_for(request, &destination).await? else {
        return Ok(Response::see_other(destination.return_to.as_str()));
    };
    let offered: Vec<Offered<'_>> = destination
        .entries()
        .iter()
        .filter_map(|entry| Offered::of(desk, entry, &destination))
        .collect();
    let headings = Headings::of(&offered);
    let choices: Vec<ProviderChoice<'_>> = offered.iter().map(|each| each.choice(headings)).collect();
    let page = ChooserPage {
        provider_choices: &choices,
        notice: notice(desk, request, &destination, &uncounted),
        official_button: official_button(desk, &offered),
    };
    let context = PageContext::of(desk, request, Some(&destination.app));
    Ok(page.respond(&context.frame()))
}

/// The button's sheet, where a section shows the button: a page of a simulation loads nothing of it.
fn official_button<'a>(desk: &'a Desk, offered: &[Offered<'_>]) -> Option<&'a OfficialButton> {
    let shows = offered
        .iter()
        .any(|offered| matches!(offered.style(), ButtonStyle::Official(_)));
    desk.official_button.as_ref().filter(|_| shows)
}

/// A cookie of a session that is no more says that one had been there.
fn notice(desk: &Desk, request: &Request, destination: &Destination, uncounted: &Uncounted) -> Notice {
    if query_value(request, NOTICE).as_deref() == Some(CANCELLED) {
        return Notice::Cancelled;
    }
    if let Uncounted::NotEnough(_) = uncounted {
        return Notice::NotEnough;
    }
    let had_one = |entry: &EntryName| session::cookie::read(desk.cookies, &request.cookies, entry).is_some();
    if destination.app.providers.iter().any(had_one) {
        Notice::SessionEnded
    } else {
        Notice::None
    }
}

/// One entry, with what its section shows.
struct Offered<'a> {
    entry: &'a EntryName,
    profile: &'a ProviderProfile,
    href: String,
    /// Whether the operator imported the official button.
    is_imported: bool,
}

impl<'a> Offered<'a> {
    fn of(desk: &'a Desk, entry: &'a EntryName, destination: &Destination) -> Option<Self> {
        let profile = &desk.providers.get(entry)?.settings().profile;
        Some(Self {
            entry,
            profile,
            href: destination.login_at(desk.own_paths(), entry),
            is_imported: desk.official_button.is_some(),
        })
    }

    fn choice(&self, headings: Headings) -> ProviderChoice<'_> {
        let button = &self.profile.rules.button;
        ProviderChoice {
            entry: self.entry.as_str(),
            login_href: &self.href,
            heading_kind: match (headings, button.people) {
                (Headings::ByPeople, People::Citizens) => Heading::Citizen,
                (Headings::ByPeople, People::Professionals) => Heading::Professional,
                _ => Heading::Method,
            },
            name: &button.name,
            sentence: match button.sentence {
                button::Sentence::Franceconnect => Sentence::FranceConnect,
                button::Sentence::FranceconnectPlus => Sentence::FranceConnectPlus,
                button::Sentence::None => Sentence::None,
            },
            style: self.style(),
            about_url: button.about_url.as_deref(),
        }
    }

    fn style(&self) -> ButtonStyle<'_> {
        match (self.profile.reality, &self.profile.rules.button.class) {
            (Reality::Simulated, _) => ButtonStyle::Simulated,
            (Reality::Sandbox | Reality::Production, Some(class)) if self.is_imported => {
                ButtonStyle::Official(class)
            }
            (Reality::Sandbox | Reality::Production, _) => ButtonStyle::Neutral,
        }
    }
}

/// What the sections are told apart by.
#[derive(Clone, Copy)]
enum Headings {
    /// By whom each is for: one of each kind is offered.
    ByPeople,
    /// By their names.
    ByName,
}

impl Headings {
    fn of(offered: &[Offered<'_>]) -> Self {
        let one_for = |people| {
            let mut offered = offered.iter();
            offered.any(|each| each.profile.rules.button.people == people)
        };
        if one_for(People::Citizens) && one_for(People::Professionals) {
            Self::ByPeople
        } else {
            Self::ByName
        }
    }
}
