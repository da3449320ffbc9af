//! What all pages promise, held against every one of them.

use std::collections::BTreeSet;

use crate::pages::assets;
use crate::pages::frame::Frame;
use crate::pages::locale::Locale;
use crate::pages::tests::every_page::EVIL;
use crate::pages::tests::every_page::both_languages;
use crate::pages::tests::every_page::calm_pages;
use crate::pages::tests::every_page::error_pages;
use crate::pages::tests::every_page::field;
use crate::pages::tests::every_page::frame;
use crate::pages::tests::every_page::html;
use crate::pages::tests::every_page::organisation;
use crate::pages::tests::every_page::pages;
use crate::pages::tests::every_page::words;

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

/// "Vous êtes connecté" is wrong for half of the people.
#[test]
fn no_page_agrees_with_the_person_who_reads_it() {
    for (name, _, response) in pages(Locale::Fr) {
        let text = words(&html(&response)).to_lowercase();
        let mut words = text.split(|letter: char| !letter.is_alphabetic());
        let found = words.find(|word| ["connecté", "déconnecté", "redirigé", "inscrit"].contains(word));
        assert_eq!(found, None, "{name}");
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

/// With `GUICHET_GALLERY=folder` in the build's environment the pages are left there to be looked at.
#[test]
fn the_pages_can_be_put_side_by_side() {
    let kept = option_env!("GUICHET_GALLERY").map(std::path::PathBuf::from);
    let passing = tempfile::tempdir().unwrap();
    let folder = kept.as_deref().unwrap_or_else(|| passing.path());
    std::fs::create_dir_all(folder.join("_guichet/assets")).unwrap();
    let beside_them = folder.join("_guichet/assets");
    for name in [assets::style_sheet(), assets::chooser_script()] {
        std::fs::write(beside_them.join(name), assets::asset(name).unwrap().body).unwrap();
    }
    let mut names = BTreeSet::new();
    for (locale, (name, _, response)) in both_languages() {
        let file = format!("{name}.{}.html", locale.tag());
        let beside = html(&response).replace("=\"/_guichet/assets/", "=\"_guichet/assets/");
        assert!(beside_them.join(assets::style_sheet()).is_file() && beside.contains("=\"_guichet/assets/"));
        std::fs::write(folder.join(&file), beside).unwrap();
        assert!(names.insert(file), "two pages are called {name}");
    }
}
