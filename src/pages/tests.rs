//! Every page in both languages, held against what all of them promise.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use http::StatusCode;
use http::header;

use super::chooser::Answers;
use super::chooser::ButtonStyle;
use super::chooser::ChooserPage;
use super::chooser::Heading;
use super::chooser::Notice;
use super::chooser::ProviderChoice;
use super::chooser::Sentence;
use super::frame::Frame;
use super::frame::Reference;
use super::locale::Locale;
use super::login_pages::AccessDenied;
use super::login_pages::LoginExpired;
use super::login_pages::LoginInterrupted;
use super::login_pages::LoginUnknown;
use super::login_pages::ProviderErrorPage;
use super::login_pages::ProviderTrouble;
use super::login_pages::ProviderUnavailable;
use super::login_pages::Refusal;
use super::login_pages::SignInRefused;
use super::organisation::Accessibility;
use super::organisation::AccessibilityStatus;
use super::organisation::Organisation;
use super::organisation::WebAddress;
use super::problem::Problem;
use super::service_pages::ApplicationTooSlow;
use super::service_pages::ApplicationUnavailable;
use super::service_pages::BadRequest;
use super::service_pages::InternalError;
use super::service_pages::MethodNotAllowed;
use super::service_pages::NotFound;
use super::service_pages::Sent;
use super::service_pages::SessionExpired;
use super::service_pages::SessionStoreUnavailable;
use super::service_pages::TooBusy;
use super::sign_out::LiveSession;
use super::sign_out::NothingToSignOut;
use super::sign_out::PartlySignedOut;
use super::sign_out::SignOutPage;
use super::sign_out::SignedOut;
use crate::wire::cookies::CookieScheme;
use crate::wire::own_paths::OwnPaths;
use crate::wire::response::Response;

const LOGIN: &str = "/_guichet/login/fc?app=urbanisme&return_to=%2Fdossier%2F12%3Fetape%3D3";
static OWN_PATHS: LazyLock<OwnPaths> = LazyLock::new(OwnPaths::default);
const EVIL: &str = "\"><script>alert('x')</script>";

fn organisation(name: &str) -> Organisation {
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

fn frame(locale: Locale, organisation: &Organisation) -> Frame<'_> {
    Frame {
        locale,
        service: "Urbanisme en ligne",
        organisation,
        home: "/urbanisme/",
        lang_switch: Some("/_guichet/login?app=urbanisme&return_to=%2Fdossier"),
        reference: None,
        scheme: CookieScheme::Secure,
        own_paths: &OWN_PATHS,
    }
}

fn choice(name: &str) -> ProviderChoice<'_> {
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

fn agent(name: &str) -> ProviderChoice<'_> {
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

/// A page's name, the status it has to have, and what was rendered.
type Shown = (&'static str, u16, Response);

fn calm_pages(frame: &Frame<'_>, provider: &str) -> Vec<Shown> {
    let chooser = |choices: &[ProviderChoice<'_>], notice, answers| {
        ChooserPage {
            provider_choices: choices,
            notice,
            answers,
            official_button: None,
        }
        .respond(frame)
    };
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
    let fc = choice(provider);
    let ended = |provider| SignedOut { provider }.respond(frame);
    let partly = PartlySignedOut {
        provider,
        retry: None,
    };
    vec![
        ("chooser", 200, chooser(&[fc], Notice::None, Answers::Visit)),
        (
            "chooser-cancelled",
            200,
            chooser(&[fc], Notice::Cancelled, Answers::Visit),
        ),
        (
            "chooser-ended",
            401,
            chooser(&[fc], Notice::SessionEnded, Answers::Refusal),
        ),
        (
            "chooser-two",
            200,
            chooser(&[fc, agent("ProConnect")], Notice::None, Answers::Visit),
        ),
        ("sign-out", 200, ask(&[one])),
        ("sign-out-two", 200, ask(&[one, two])),
        ("signed-out-here", 200, ended(None)),
        ("signed-out", 200, ended(Some(provider))),
        ("partly-signed-out", 200, partly.respond(frame)),
        ("nothing-to-sign-out", 200, NothingToSignOut.respond(frame)),
    ]
}

fn login_errors(frame: &Frame<'_>, provider: &str) -> Vec<Shown> {
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

fn service_errors(frame: &Frame<'_>) -> Vec<Shown> {
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

fn error_pages(frame: &Frame<'_>, provider: &str) -> Vec<Shown> {
    let frame = Frame {
        reference: Some(Reference {
            code: "L07",
            request_id: "3f9c2a71d04e88b1",
        }),
        ..*frame
    };
    [login_errors(&frame, provider), service_errors(&frame)].concat()
}

fn pages(locale: Locale) -> Vec<Shown> {
    let organisation = organisation("Ville d’Exemple");
    let frame = frame(locale, &organisation);
    [
        calm_pages(&frame, "FranceConnect"),
        error_pages(&frame, "FranceConnect"),
    ]
    .concat()
}

fn both_languages() -> impl Iterator<Item = (Locale, Shown)> {
    [Locale::Fr, Locale::En]
        .into_iter()
        .flat_map(|locale| pages(locale).into_iter().map(move |shown| (locale, shown)))
}

fn html(response: &Response) -> String {
    String::from_utf8(response.body.to_vec()).unwrap()
}

fn field<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.get(name).map(|value| value.to_str().unwrap())
}

/// What a person reads: no tags, no attributes.
fn words(html: &str) -> String {
    let body = html.split_once("<title>").unwrap().1;
    body.split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect()
}

#[test]
fn every_page_has_its_status() {
    for (_, (name, status, response)) in both_languages() {
        assert_eq!(response.status.as_u16(), status, "{name}");
    }
}

#[test]
fn every_page_is_kept_from_frames_caches_and_foreign_code() {
    for (locale, (name, _, response)) in both_languages() {
        let policy = field(&response, "content-security-policy").unwrap();
        for directive in [
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(
                policy.split("; ").any(|each| each == directive),
                "{name}: {policy}"
            );
        }
        assert!(!policy.contains("unsafe"), "{name}");
        for (field_name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
            ("strict-transport-security", "max-age=31536000"),
            ("content-language", locale.tag()),
            ("vary", "Accept-Language, Cookie"),
        ] {
            assert_eq!(field(&response, field_name), Some(value), "{name}: {field_name}");
        }
    }
}

#[test]
fn only_the_chooser_has_a_script_and_only_the_sign_out_question_sends_a_form_further() {
    for (_, (name, _, response)) in both_languages() {
        let policy = field(&response, "content-security-policy").unwrap();
        let is_chooser = name.starts_with("chooser");
        assert_eq!(policy.contains("script-src 'self';"), is_chooser, "{name}");
        assert_eq!(html(&response).contains("<script"), is_chooser, "{name}");
        let forms = match name {
            "sign-out" => "form-action 'self' https://fc.example;",
            "sign-out-two" => "form-action 'self' https://fc.example https://pro.example;",
            _ => "form-action 'self';",
        };
        assert!(policy.contains(forms), "{name}: {policy}");
    }
}

#[test]
fn no_page_has_inline_code_or_style() {
    for (_, (name, _, response)) in both_languages() {
        let html = html(&response);
        for inline in [
            " style=",
            "<style",
            " onclick=",
            " onload=",
            "javascript:",
            "data:",
        ] {
            assert!(!html.contains(inline), "{name}: {inline}");
        }
        assert_eq!(
            html.matches("<script").count(),
            html.matches("<script src=\"/_guichet/assets/chooser.").count()
        );
    }
}

#[test]
fn plain_http_promises_no_https() {
    let organisation = organisation("Ville d’Exemple");
    let frame = Frame {
        scheme: CookieScheme::PlainLoopback,
        ..frame(Locale::Fr, &organisation)
    };
    assert_eq!(
        field(&NotFound.respond(&frame), "strict-transport-security"),
        None
    );
}

#[test]
fn every_page_has_one_heading_landmarks_and_its_language() {
    for (locale, (name, _, response)) in both_languages() {
        let html = html(&response);
        assert!(
            html.contains(&format!("<html lang=\"{}\">", locale.tag())),
            "{name}"
        );
        for once in [
            "<h1",
            "<main ",
            "<header>",
            "<footer>",
            "class=\"skip\"",
            "<title>",
            "<nav ",
        ] {
            assert_eq!(html.matches(once).count(), 1, "{name}: {once}");
        }
        let other = locale.other().tag();
        let switch = format!(
            "href=\"/_guichet/login?app=urbanisme&#38;return_to=%2Fdossier&#38;lang={other}\" lang=\"{other}\" hreflang=\"{other}\""
        );
        assert!(html.contains(&switch), "{name}");
        assert!(html.contains("https://ville.example/accessibilite"), "{name}");
    }
}

#[test]
fn the_title_of_an_error_says_so_first_and_shows_its_reference() {
    for (locale, (name, status, response)) in both_languages() {
        let html = html(&response);
        let title = html
            .split("<title>")
            .nth(1)
            .unwrap()
            .split("</title>")
            .next()
            .unwrap();
        let error = match locale {
            Locale::Fr => "Erreur\u{a0}: ",
            Locale::En => "Error: ",
        };
        let is_error = status >= 400 && !name.starts_with("chooser");
        assert_eq!(title.starts_with(error), is_error, "{name}: {title}");
        assert!(
            title.ends_with(" – Urbanisme en ligne – Ville d’Exemple"),
            "{name}: {title}"
        );
        assert_eq!(html.contains("L07 · 3f9c2a71d04e88b1"), is_error, "{name}");
        assert_eq!(html.contains("role=\"alert\""), is_error, "{name}");
    }
}

#[test]
fn no_page_is_a_dead_end() {
    for (_, (name, _, response)) in both_languages() {
        let html = html(&response);
        let main = html.split("<main ").nth(1).unwrap();
        assert!(
            main.contains("class=\"button") || main.contains("class=\"sign-in"),
            "{name}"
        );
    }
}

#[test]
fn an_expired_login_has_one_button_which_keeps_the_destination() {
    let (_, _, response) = pages(Locale::Fr)
        .into_iter()
        .find(|(name, ..)| *name == "expired")
        .unwrap();
    let html = html(&response);
    assert_eq!(html.matches("class=\"button").count(), 1);
    assert!(html.contains("return_to=%2Fdossier%2F12%3Fetape%3D3\">Recommencer la connexion</a>"));
}

#[test]
fn a_form_that_met_an_expired_session_is_told_that_nothing_was_saved() {
    let (_, _, response) = pages(Locale::Fr)
        .into_iter()
        .find(|(name, ..)| *name == "session-expired")
        .unwrap();
    assert!(html(&response).contains("Les informations saisies n’ont pas été enregistrées."));
    assert_eq!(field(&response, "www-authenticate"), Some("Guichet"));
}

#[test]
fn a_form_that_may_have_arrived_has_no_button_that_sends_it_again() {
    for (_, (name, _, response)) in both_languages() {
        let html = html(&response);
        match name {
            "unavailable" | "store" => assert!(html.contains("href=\"/dossier/12\""), "{name}"),
            "unavailable-form" | "store-form" => assert!(!html.contains("/dossier/12"), "{name}"),
            _ => {}
        }
    }
}

#[test]
fn what_passes_by_itself_says_when_to_come_back() {
    for (_, (name, status, response)) in both_languages() {
        let passes = status == 503 || name == "provider-odd";
        assert_eq!(field(&response, "retry-after").is_some(), passes, "{name}");
    }
}

#[test]
fn the_simulated_button_says_so_and_the_other_does_not() {
    let (_, _, response) = pages(Locale::Fr)
        .into_iter()
        .find(|(name, ..)| *name == "chooser-two")
        .unwrap();
    let html = html(&response);
    assert!(html.contains("class=\"sign-in simulated\""));
    assert!(html.contains("<span>S’identifier avec</span> <strong>FranceConnect simulé</strong>"));
    assert!(html.contains("<span>S’identifier avec</span> <strong>ProConnect</strong>"));
    assert_eq!(html.matches("simulated").count(), 1);
    assert!(html.contains(
        "href=\"https://franceconnect.gouv.fr/\" target=\"_blank\" rel=\"noopener\" \
         title=\"Qu’est-ce que FranceConnect\u{a0}? - nouvelle fenêtre\">Qu’est-ce que FranceConnect\u{a0}?</a>"
    ));
}

#[test]
fn each_live_session_has_a_form_of_its_own() {
    let (_, _, response) = pages(Locale::En)
        .into_iter()
        .find(|(name, ..)| *name == "sign-out-two")
        .unwrap();
    let html = html(&response);
    assert_eq!(
        html.matches("<form method=\"post\" action=\"/_guichet/logout\">")
            .count(),
        2
    );
    for entry in ["fc", "pro"] {
        assert!(html.contains(&format!("name=\"provider\" value=\"{entry}\"")));
    }
}

#[test]
fn names_from_outside_are_text_on_every_page() {
    let organisation = organisation(EVIL);
    for locale in [Locale::Fr, Locale::En] {
        let frame = Frame {
            service: EVIL,
            home: EVIL,
            lang_switch: Some(EVIL),
            ..frame(locale, &organisation)
        };
        for (name, _, response) in [calm_pages(&frame, EVIL), error_pages(&frame, EVIL)].concat() {
            let html = html(&response);
            assert!(!html.contains("<script>"), "{name}");
            assert!(!html.contains("\"><script"), "{name}");
            assert!(html.contains("&#60;script&#62;"), "{name}");
        }
    }
}

#[test]
fn french_has_its_apostrophes_and_its_no_break_spaces() {
    for (name, _, response) in pages(Locale::Fr) {
        let words = words(&html(&response));
        assert!(!words.contains("&#39;") && !words.contains('\''), "{name}");
        let letters: Vec<char> = words.chars().collect();
        for pair in letters.windows(2) {
            if matches!(pair[1], '?' | '!' | ';' | ':' | '»') {
                assert_eq!(pair[0], '\u{a0}', "{name}: before {}", pair[1]);
            }
            if pair[0] == '«' {
                assert_eq!(pair[1], '\u{a0}', "{name}: after «");
            }
        }
    }
}

#[test]
fn without_a_service_the_organisation_speaks_alone() {
    let organisation = Organisation {
        name: "Ville d’Exemple".to_owned(),
        ..Organisation::default()
    };
    let frame = Frame {
        service: "",
        lang_switch: None,
        ..frame(Locale::Fr, &organisation)
    };
    let html = html(&NotFound.respond(&frame));
    assert!(html.contains("<title>Erreur\u{a0}: Page non trouvée – Ville d’Exemple</title>"));
    assert!(html.contains(">Revenir à Ville d’Exemple</a>"));
    assert!(!html.contains("<footer") && !html.contains("<nav"));
}

#[test]
fn a_script_gets_a_problem_that_it_can_act_on() {
    let organisation = organisation("Ville d’Exemple");
    let frame = Frame {
        reference: Some(Reference {
            code: "L01",
            request_id: "3f9c2a71d04e88b1",
        }),
        ..frame(Locale::En, &organisation)
    };
    let response = Problem::LoginRequired { login: LOGIN }.respond(&frame);
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(response.headers[header::WWW_AUTHENTICATE], "Guichet");
    assert_eq!(response.headers[header::CACHE_CONTROL], "no-store");
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "type": "urn:guichet:problem:login-required",
            "title": "Sign-in required",
            "status": 401,
            "detail": "Open the “login” address in a browser window.",
            "login": LOGIN,
            "code": "L01",
            "request_id": "3f9c2a71d04e88b1",
        })
    );
}

#[test]
fn a_problem_without_a_login_names_none() {
    let organisation = organisation("Ville d’Exemple");
    let frame = frame(Locale::Fr, &organisation);
    for (problem, status, kind) in [
        (Problem::AccessDenied, 403, "access-denied"),
        (Problem::BadRequest, 400, "bad-request"),
        (Problem::NotFound, 404, "not-found"),
        (
            Problem::MethodNotAllowed { allow: "GET" },
            405,
            "method-not-allowed",
        ),
        (Problem::Internal, 500, "internal-error"),
        (Problem::ApplicationUnavailable, 502, "application-unavailable"),
        (Problem::ApplicationTooSlow, 504, "application-too-slow"),
        (Problem::TooBusy, 503, "too-busy"),
        (Problem::SessionStoreUnavailable, 503, "session-store-unavailable"),
    ] {
        let response = problem.respond(&frame);
        assert_eq!(response.status.as_u16(), status);
        assert_eq!(field(&response, "retry-after").is_some(), status == 503, "{kind}");
        let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(body["type"], format!("urn:guichet:problem:{kind}"));
        assert_eq!(body.get("login"), None, "{kind}");
    }
}

/// With `GUICHET_GALLERY=folder` in the build's environment the pages are left there to be looked at.
#[test]
fn the_pages_can_be_put_side_by_side() {
    let kept = option_env!("GUICHET_GALLERY").map(std::path::PathBuf::from);
    let passing = tempfile::tempdir().unwrap();
    let folder = kept.as_deref().unwrap_or_else(|| passing.path());
    std::fs::create_dir_all(folder.join("_guichet/assets")).unwrap();
    let assets = folder.join("_guichet/assets");
    for name in [super::assets::style_sheet(), super::assets::chooser_script()] {
        std::fs::write(assets.join(name), super::assets::asset(name).unwrap().body).unwrap();
    }
    let mut names = BTreeSet::new();
    for (locale, (name, _, response)) in both_languages() {
        let file = format!("{name}.{}.html", locale.tag());
        let beside = html(&response).replace("=\"/_guichet/assets/", "=\"_guichet/assets/");
        assert!(
            assets.join(super::assets::style_sheet()).is_file() && beside.contains("=\"_guichet/assets/")
        );
        std::fs::write(folder.join(&file), beside).unwrap();
        assert!(names.insert(file), "two pages are called {name}");
    }
}
