//! Every page in both languages, each made once with what it can show.

use std::sync::LazyLock;
use std::time::Duration;

use crate::pages::access_pages::Need;
use crate::pages::access_pages::NotEnough;
use crate::pages::chooser::ButtonStyle;
use crate::pages::chooser::ChooserPage;
use crate::pages::chooser::Heading;
use crate::pages::chooser::Notice;
use crate::pages::chooser::ProviderChoice;
use crate::pages::chooser::Sentence;
use crate::pages::frame::Frame;
use crate::pages::frame::Reference;
use crate::pages::limit_pages::BodyTooLong;
use crate::pages::limit_pages::BodyTooSlow;
use crate::pages::limit_pages::HeadTooLong;
use crate::pages::limit_pages::TooManyLogins;
use crate::pages::limit_pages::TooManyRequests;
use crate::pages::locale::Locale;
use crate::pages::login_pages::AccessDenied;
use crate::pages::login_pages::LoginExpired;
use crate::pages::login_pages::LoginInterrupted;
use crate::pages::login_pages::LoginUnknown;
use crate::pages::login_pages::ProviderErrorPage;
use crate::pages::login_pages::ProviderTrouble;
use crate::pages::login_pages::ProviderUnavailable;
use crate::pages::login_pages::Refusal;
use crate::pages::login_pages::SignInRefused;
use crate::pages::organisation::Accessibility;
use crate::pages::organisation::AccessibilityStatus;
use crate::pages::organisation::Organisation;
use crate::pages::organisation::WebAddress;
use crate::pages::service_pages::ApplicationTooSlow;
use crate::pages::service_pages::ApplicationUnavailable;
use crate::pages::service_pages::BadRequest;
use crate::pages::service_pages::InternalError;
use crate::pages::service_pages::MethodNotAllowed;
use crate::pages::service_pages::NotFound;
use crate::pages::service_pages::Sent;
use crate::pages::service_pages::SessionExpired;
use crate::pages::service_pages::SessionStoreUnavailable;
use crate::pages::service_pages::TooBusy;
use crate::pages::sign_out::Accounts;
use crate::pages::sign_out::LeftProvider;
use crate::pages::sign_out::LiveSession;
use crate::pages::sign_out::NothingToSignOut;
use crate::pages::sign_out::PartlySignedOut;
use crate::pages::sign_out::SignOutPage;
use crate::pages::sign_out::SignedOut;
use crate::wire::own_paths::OwnPaths;
use crate::wire::response::Response;

pub(super) const LOGIN: &str = "/_guichet/login/fc?app=urbanisme&return_to=%2Fdossier%2F12%3Fetape%3D3";
pub(super) const EVIL: &str = "\"><script>alert('x')</script>";

pub(super) fn organisation(name: &str) -> Organisation {
    let address = |text: &str| Some(WebAddress::try_from(text.to_owned()).unwrap());
    Organisation {
        name: name.to_owned(),
        contact_url: address("https://ville.example/contact"),
        legal_url: address("https://ville.example/mentions-legales"),
        accessibility: Some(Accessibility {
            status: AccessibilityStatus::Partial,
            url: address("https://ville.example/accessibilite"),
        }),
    }
}

static OWN_PATHS: LazyLock<OwnPaths> = LazyLock::new(OwnPaths::default);

pub(super) fn frame(locale: Locale, organisation: &Organisation) -> Frame<'_> {
    Frame {
        locale,
        service: "Urbanisme en ligne",
        organisation,
        home: "/urbanisme/",
        lang_switch: Some("/_guichet/login?app=urbanisme&return_to=%2Fdossier"),
        reference: None,
        own_paths: &OWN_PATHS,
    }
}

pub(super) fn choice(name: &str) -> ProviderChoice<'_> {
    ProviderChoice {
        entry: "fc",
        login_href: LOGIN,
        heading_kind: Heading::Citizen,
        name,
        sentence: Sentence::FranceConnect,
        style: ButtonStyle::Simulated,
        about_url: Some("https://franceconnect.gouv.fr/"),
    }
}

pub(super) fn agent(name: &str) -> ProviderChoice<'_> {
    ProviderChoice {
        entry: "pro",
        login_href: "/_guichet/login/pro?return_to=%2F",
        heading_kind: Heading::Professional,
        name,
        sentence: Sentence::None,
        style: ButtonStyle::Neutral,
        about_url: Some("https://proconnect.gouv.fr/"),
    }
}

pub(super) fn second_citizen(name: &str) -> ProviderChoice<'_> {
    ProviderChoice {
        entry: "plus",
        login_href: "/_guichet/login/plus?return_to=%2F",
        sentence: Sentence::FranceConnectPlus,
        ..choice(name)
    }
}

/// A page's name, the status it has to have, and what was rendered.
pub(super) type Shown = (&'static str, u16, Response);

pub(super) fn calm_pages(frame: &Frame<'_>, provider: &str) -> Vec<Shown> {
    [choosers(frame, provider), sign_outs(frame, provider)].concat()
}

fn choosers(frame: &Frame<'_>, provider: &str) -> Vec<Shown> {
    let chooser = |choices: &[ProviderChoice<'_>], notice| {
        ChooserPage {
            provider_choices: choices,
            notice,
            official_button: None,
        }
        .respond(frame)
    };
    let (fc, agents) = (choice(provider), agent("ProConnect"));
    let plus = second_citizen("FranceConnect+");
    vec![
        ("chooser", 200, chooser(&[fc], Notice::None)),
        ("chooser-cancelled", 200, chooser(&[fc], Notice::Cancelled)),
        ("chooser-ended", 200, chooser(&[fc], Notice::SessionEnded)),
        ("chooser-not-enough", 200, chooser(&[fc], Notice::NotEnough)),
        ("chooser-two", 200, chooser(&[fc, agents], Notice::None)),
        ("chooser-three", 200, chooser(&[fc, agents, plus], Notice::None)),
    ]
}

fn sign_outs(frame: &Frame<'_>, provider: &str) -> Vec<Shown> {
    let one = LiveSession {
        entry: "fc",
        provider,
        origin: Some("https://fc.example"),
    };
    let two = LiveSession {
        entry: "pro",
        provider: "ProConnect",
        origin: Some("https://pro.example"),
    };
    let ask = |sessions: &[LiveSession<'_>]| {
        SignOutPage {
            sessions,
            stay: "/urbanisme/",
        }
        .respond(frame)
    };
    let ended = |provider| SignedOut { provider }.respond(frame);
    let left = |accounts| {
        let name = provider;
        ended(Some(LeftProvider { name, accounts }))
    };
    let partly = PartlySignedOut { provider };
    vec![
        ("sign-out", 200, ask(&[one])),
        ("sign-out-two", 200, ask(&[one, two])),
        ("signed-out-here", 200, ended(None)),
        ("signed-out", 200, left(Accounts::OfServices)),
        ("signed-out-elsewhere", 200, left(Accounts::OfItsOwn)),
        ("partly-signed-out", 200, partly.respond(frame)),
        ("nothing-to-sign-out", 200, NothingToSignOut.respond(frame)),
    ]
}

pub(super) fn login_errors(frame: &Frame<'_>, provider: &str) -> Vec<Shown> {
    let restart = LOGIN;
    let away = |trouble| {
        ProviderUnavailable {
            provider,
            trouble,
            restart,
        }
        .respond(frame)
    };
    let refused = |refusal| {
        SignInRefused {
            provider,
            refusal,
            restart,
        }
        .respond(frame)
    };
    let denied = AccessDenied {
        reason: Some("Cette page est réservée aux personnes majeures."),
        other_login: Some(LOGIN),
    };
    vec![
        ("interrupted", 400, LoginInterrupted { restart }.respond(frame)),
        ("expired", 400, LoginExpired { restart }.respond(frame)),
        ("unknown", 400, LoginUnknown.respond(frame)),
        (
            "provider-error",
            502,
            ProviderErrorPage { provider, restart }.respond(frame),
        ),
        ("provider-away", 503, away(ProviderTrouble::NoAnswer)),
        ("provider-odd", 502, away(ProviderTrouble::BadAnswer)),
        ("refused", 502, refused(Refusal::Answer)),
        ("refused-person", 403, refused(Refusal::Person)),
        ("denied", 403, denied.respond(frame)),
    ]
}

pub(super) fn access_errors(frame: &Frame<'_>, claim: &str) -> Vec<Shown> {
    let visit = Sent::Visit("/dossier/12");
    let page = |need, login, sent| NotEnough { need, login, sent }.respond(frame);
    vec![
        (
            "other-provider",
            403,
            page(Need::OtherProvider, Some(LOGIN), visit),
        ),
        ("level", 403, page(Need::HigherLevel, Some(LOGIN), visit)),
        ("fresh", 403, page(Need::FreshLogin, Some(LOGIN), visit)),
        ("age", 403, page(Need::Age(18), None, visit)),
        ("age-form", 403, page(Need::Age(18), None, Sent::Form)),
        ("information", 403, page(Need::Information(claim), None, visit)),
        (
            "information-elsewhere",
            403,
            page(Need::Information(claim), Some(LOGIN), visit),
        ),
        ("other-person", 403, page(Need::OtherPerson, None, visit)),
    ]
}

pub(super) fn service_errors(frame: &Frame<'_>) -> Vec<Shown> {
    let visit = Sent::Visit("/dossier/12");
    let unavailable = |sent| ApplicationUnavailable { sent }.respond(frame);
    let store = |sent| SessionStoreUnavailable { sent }.respond(frame);
    vec![
        ("unavailable", 502, unavailable(visit)),
        ("unavailable-form", 502, unavailable(Sent::Form)),
        ("slow", 504, ApplicationTooSlow { sent: visit }.respond(frame)),
        ("busy", 503, TooBusy { sent: visit }.respond(frame)),
        ("store", 503, store(visit)),
        ("store-form", 503, store(Sent::Form)),
        (
            "session-expired",
            401,
            SessionExpired { login: LOGIN }.respond(frame),
        ),
        ("bad-request", 400, BadRequest.respond(frame)),
        ("not-found", 404, NotFound.respond(frame)),
        (
            "method",
            405,
            MethodNotAllowed { allow: "GET, HEAD" }.respond(frame),
        ),
        ("internal", 500, InternalError.respond(frame)),
    ]
}

pub(super) fn limit_errors(frame: &Frame<'_>) -> Vec<Shown> {
    let clear = "/_guichet/clear-cookies";
    let logins = |again| {
        let wait = Duration::from_millis(1500);
        TooManyLogins { wait, again }.respond(frame)
    };
    vec![
        ("head-too-long", 431, HeadTooLong { clear }.respond(frame)),
        ("body-too-long", 413, BodyTooLong.respond(frame)),
        ("body-too-slow", 408, BodyTooSlow.respond(frame)),
        ("requests", 429, TooManyRequests.respond(frame)),
        ("logins", 429, logins(None)),
        ("logins-again", 429, logins(Some(LOGIN))),
    ]
}

pub(super) fn error_pages(frame: &Frame<'_>, provider: &str) -> Vec<Shown> {
    let frame = Frame {
        reference: Some(Reference {
            code: "L07",
            request_id: "3f9c2a71d04e88b1",
        }),
        ..*frame
    };
    [
        login_errors(&frame, provider),
        access_errors(&frame, provider),
        service_errors(&frame),
        limit_errors(&frame),
    ]
    .concat()
}

pub(super) fn pages(locale: Locale) -> Vec<Shown> {
    let organisation = organisation("Ville d’Exemple");
    let frame = frame(locale, &organisation);
    [
        calm_pages(&frame, "FranceConnect"),
        error_pages(&frame, "FranceConnect"),
    ]
    .concat()
}

pub(super) fn both_languages() -> impl Iterator<Item = (Locale, Shown)> {
    [Locale::Fr, Locale::En]
        .into_iter()
        .flat_map(|locale| pages(locale).into_iter().map(move |shown| (locale, shown)))
}

pub(super) fn html(response: &Response) -> String {
    String::from_utf8(response.body.to_vec()).unwrap()
}

pub(super) fn field<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.get(name).map(|value| value.to_str().unwrap())
}

/// What a person reads: no tags, no attributes.
pub(super) fn words(html: &str) -> String {
    let body = html.split_once("<title>").unwrap().1;
    body.split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect()
}
