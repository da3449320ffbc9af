//! What stands around every page: who is speaking, in which language, for which service, and under which reference.

use crate::pages::assets;
use crate::pages::catalogue::Catalogue;
use crate::pages::locale::Locale;
use crate::pages::locales;
use crate::pages::organisation::Organisation;
use crate::pages::organisation::WebAddress;
use crate::wire::own_paths::OwnPath;
use crate::wire::own_paths::OwnPaths;

/// What the caller says about the surroundings of a page.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The language.
    pub locale: Locale,
    /// The service's title, as people know it. Empty where no application is concerned: the organisation speaks alone.
    pub service: &'a str,
    /// Who is speaking.
    pub organisation: &'a Organisation,
    /// The path of the service's start; an address with its host where this host has none.
    pub home: &'a str,
    /// Path and query under which the same page can be asked for with GET, for the language switch. `None` where asking
    /// again would be another thing (an answer to a form, a redirection endpoint with its code, an address of the
    /// application, to which `lang` may mean something else): there is no switch then.
    pub lang_switch: Option<&'a str>,
    /// Under what the operator finds the cause. Shown wherever it is given.
    pub reference: Option<Reference<'a>>,
    /// Where our forms, sheets and scripts are.
    pub own_paths: &'a OwnPaths,
}

/// A stable code and the number of the request: all that a person needs to say when asking for help.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// Such as `L07`; one row each in the list of errors.
    pub code: &'a str,
    /// The request's number.
    pub request_id: &'a str,
}

impl Frame<'_> {
    /// The strings of this page's language.
    pub(crate) fn text(&self) -> &'static Catalogue {
        locales::catalogue(self.locale)
    }

    /// The address of a file of our pages.
    pub(crate) fn asset(&self, name: &str) -> String {
        self.own_paths.path(OwnPath::Asset(name))
    }

    /// Whom a sentence names as the service.
    pub(crate) fn service_name(&self) -> &str {
        if self.service.is_empty() {
            &self.organisation.name
        } else {
            self.service
        }
    }
}

/// How a page is meant: it decides the title's beginning and the role for those who listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A question or a choice.
    Calm,
    /// Something was done.
    Done,
    /// Something went wrong.
    Error,
}

/// Everything that the template of the frame shows, ready to be written.
pub(crate) struct Head<'a> {
    pub(crate) frame: &'a Frame<'a>,
    pub(crate) text: &'static Catalogue,
    /// What happened, in the person's words: the one `h1`.
    pub(crate) title: String,
    /// The same without the service, for the window's title, where it would stand twice.
    pub(crate) short_title: Option<&'static str>,
    pub(crate) tone: Tone,
    pub(crate) style_sheet: String,
    /// The provider's official button, on the page that shows it.
    pub(crate) button_sheet: Option<String>,
    /// The chooser's; no other page has one.
    pub(crate) script: Option<String>,
}

impl<'a> Head<'a> {
    pub(crate) fn new(frame: &'a Frame<'a>, tone: Tone, title: String) -> Self {
        Self {
            frame,
            text: frame.text(),
            title,
            short_title: None,
            tone,
            style_sheet: frame.asset(assets::style_sheet()),
            button_sheet: None,
            script: None,
        }
    }

    /// The page, then the service, then the organisation; an error says so first (RGAA 8.6).
    pub(crate) fn document_title(&self) -> String {
        let error = match self.tone {
            Tone::Error => self.text.frame.error_prefix,
            Tone::Calm | Tone::Done => "",
        };
        let around = [self.frame.service, &self.frame.organisation.name];
        let around = around.iter().filter(|name| !name.is_empty());
        let mut title = format!("{error}{}", self.short_title.unwrap_or(&self.title));
        for name in around {
            title.push_str(" – ");
            title.push_str(name);
        }
        title
    }

    /// The attribute that makes a screen reader say the outcome of what the person did (RGAA 7.5).
    pub(crate) fn role(&self) -> Option<&'static str> {
        match self.tone {
            Tone::Calm => None,
            Tone::Done => Some("status"),
            Tone::Error => Some("alert"),
        }
    }

    pub(crate) fn is_error(&self) -> bool {
        self.tone == Tone::Error
    }

    pub(crate) fn switch(&self) -> Option<LanguageSwitch> {
        let other = self.frame.locale.other();
        self.frame.lang_switch.map(|address| LanguageSwitch {
            href: other.address(address),
            tag: other.tag(),
            label: locales::catalogue(other).frame.own_name,
        })
    }

    pub(crate) fn footer(&self) -> Vec<FooterItem<'_>> {
        let (text, organisation) = (&self.text.frame, self.frame.organisation);
        let contact = organisation.contact_url.as_ref().map(|url| (text.contact, url));
        let legal = organisation
            .legal_url
            .as_ref()
            .map(|url| (text.legal_notice, url));
        let links = [contact, legal].into_iter().flatten();
        let mut items: Vec<FooterItem<'_>> = links
            .map(|(label, url)| FooterItem {
                label,
                href: Some(url.as_str()),
            })
            .collect();
        items.extend(
            organisation
                .accessibility
                .as_ref()
                .map(|accessibility| FooterItem {
                    label: (text.accessibility)(accessibility.status),
                    href: accessibility.url.as_ref().map(WebAddress::as_str),
                }),
        );
        items
    }
}

/// The link to the same page in the other language, labelled in that language (RGAA 8.7).
pub(crate) struct LanguageSwitch {
    pub(crate) href: String,
    pub(crate) tag: &'static str,
    pub(crate) label: &'static str,
}

/// One mention in the footer.
pub(crate) struct FooterItem<'a> {
    pub(crate) label: &'static str,
    pub(crate) href: Option<&'a str>,
}
