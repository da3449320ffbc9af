//! The page on which a login begins: one section for each kind of visitor, or for each provider where all are alike, with
//! the buttons.
//!
//! Its order and its words are FranceConnect's rules for partners. The button is a link, because a form that is answered by
//! a redirect to another site is stopped by `form-action 'self'`.

use askama::Template;
use http::StatusCode;

use crate::pages::assets;
use crate::pages::document;
use crate::pages::document::Policy;
use crate::pages::frame::Frame;
use crate::pages::frame::Head;
use crate::pages::frame::Tone;
use crate::pages::official_button::OfficialButton;
use crate::wire::response::Response;

/// The chooser.
#[derive(Clone, Copy, Debug)]
pub struct ChooserPage<'a> {
    /// The entries that can serve, in the order in which they are offered. Those for one kind of visitor share a section.
    pub provider_choices: &'a [ProviderChoice<'a>],
    /// What just happened.
    pub notice: Notice,
    /// The provider's own button, where the operator imported it.
    pub official_button: Option<&'a OfficialButton>,
}

/// One provider entry.
#[derive(Clone, Copy, Debug)]
pub struct ProviderChoice<'a> {
    /// The entry's name.
    pub entry: &'a str,
    /// `/_guichet/login/{entry}?..`; the script adds the fragment to its `return_to`.
    pub login_href: &'a str,
    /// For whom it is.
    pub heading_kind: Heading,
    /// `FranceConnect`, `FranceConnect+`, `ProConnect` or the operator's word, always written as one.
    pub name: &'a str,
    /// The sentence that has to stand beside the button.
    pub sentence: Sentence,
    /// How the button looks.
    pub style: ButtonStyle<'a>,
    /// Where the provider explains itself; absent, there is no such link.
    pub about_url: Option<&'a str>,
}

/// The heading of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// "You are a private individual": where officials sign in elsewhere.
    Citizen,
    /// "You are a professional or a public official".
    Professional,
    /// "Sign in with (name)": where everyone signs in alike.
    Method,
}

/// The provider's own words about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// FranceConnect's.
    FranceConnect,
    /// FranceConnect+'s.
    FranceConnectPlus,
    /// It prescribes none.
    None,
}

/// Whether a click leads to real people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonStyle<'a> {
    /// Dashed, and says that it is a simulation: nobody can take it for the real thing.
    Simulated,
    /// A plain button. The official picture is the operator's to import, and nobody's to imitate.
    Neutral,
    /// The provider's own, by the classes of its style sheet.
    Official(&'a str),
}

/// Why a person sees the chooser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// They came to sign in.
    None,
    /// They said no at the provider (`access_denied`). That is a choice and no error.
    Cancelled,
    /// They had a session, and it has ended.
    SessionEnded,
    /// They have a session, and it is not enough for the page that they want.
    NotEnough,
}

#[derive(Template)]
#[template(path = "chooser.html")]
struct View<'a> {
    head: Head<'a>,
    notice: Option<&'static str>,
    sections: Vec<Section<'a>>,
}

struct Section<'a> {
    /// The first entry in it, which names it on the page.
    entry: &'a str,
    kind: Heading,
    heading: String,
    ways: Vec<Way<'a>>,
}

/// One entry's button, and what stands around it.
struct Way<'a> {
    href: &'a str,
    sentence: Option<&'static str>,
    button: String,
    official: Option<&'a str>,
    simulation_note: Option<&'static str>,
    about: Option<AboutLink<'a>>,
}

struct AboutLink<'a> {
    href: &'a str,
    label: String,
}

impl ChooserPage<'_> {
    /// The page.
    pub fn respond(&self, frame: &Frame<'_>) -> Response {
        let text = &frame.text().chooser;
        let mut head = Head::new(frame, Tone::Calm, (text.title)(frame.service_name()));
        head.short_title = Some(text.short_title);
        head.script = Some(frame.asset(assets::chooser_script()));
        head.button_sheet = self
            .official_button
            .map(|button| frame.asset(button.style_sheet()));
        let view = View {
            head,
            notice: match self.notice {
                Notice::None => None,
                Notice::Cancelled => Some(text.cancelled),
                Notice::SessionEnded => Some(text.session_ended),
                Notice::NotEnough => Some(text.not_enough),
            },
            sections: sections(frame, self.provider_choices),
        };
        let policy = match self.official_button {
            Some(_) => Policy::OfficialButton,
            None => Policy::Script,
        };
        document::respond(frame, StatusCode::OK, policy, &view)
    }
}

/// Those for one kind of visitor stand under one heading, at the place of the first.
fn sections<'a>(frame: &Frame<'_>, choices: &[ProviderChoice<'a>]) -> Vec<Section<'a>> {
    let text = &frame.text().chooser;
    let mut sections: Vec<Section<'a>> = Vec::new();
    for choice in choices {
        let kind = choice.heading_kind;
        let is_shared = |section: &&mut Section<'a>| kind != Heading::Method && section.kind == kind;
        let way = way(frame, choice);
        if let Some(shared) = sections.iter_mut().find(is_shared) {
            shared.ways.push(way);
            continue;
        }
        sections.push(Section {
            entry: choice.entry,
            kind,
            heading: match kind {
                Heading::Citizen => text.citizen.to_owned(),
                Heading::Professional => text.professional.to_owned(),
                Heading::Method => (text.method)(choice.name),
            },
            ways: vec![way],
        });
    }
    sections
}

fn way<'a>(frame: &Frame<'_>, choice: &ProviderChoice<'a>) -> Way<'a> {
    let text = &frame.text().chooser;
    let (button, official, simulation_note) = match choice.style {
        ButtonStyle::Simulated => ((text.simulated)(choice.name), None, Some(text.simulated_note)),
        ButtonStyle::Neutral => (choice.name.to_owned(), None, None),
        ButtonStyle::Official(class) => (choice.name.to_owned(), Some(class), None),
    };
    Way {
        href: choice.login_href,
        sentence: match choice.sentence {
            Sentence::FranceConnect => Some(text.franceconnect),
            Sentence::FranceConnectPlus => Some(text.franceconnect_plus),
            Sentence::None => None,
        },
        button,
        official,
        simulation_note,
        about: choice.about_url.map(|href| AboutLink {
            href,
            label: (text.what_is)(choice.name),
        }),
    }
}
