//! What one page says that no other does.

use crate::pages::frame::Frame;
use crate::pages::locale::Locale;
use crate::pages::organisation::Organisation;
use crate::pages::service_pages::NotFound;
use crate::pages::tests::every_page::both_languages;
use crate::pages::tests::every_page::field;
use crate::pages::tests::every_page::frame;
use crate::pages::tests::every_page::html;
use crate::pages::tests::every_page::pages;

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
        let passes = matches!(status, 429 | 503) || name == "provider-odd";
        assert_eq!(field(&response, "retry-after").is_some(), passes, "{name}");
    }
}

#[test]
fn citizens_and_agents_each_have_one_heading_above_all_of_their_buttons() {
    let (_, _, response) = pages(Locale::Fr)
        .into_iter()
        .find(|(name, ..)| *name == "chooser-three")
        .unwrap();
    let html = html(&response);
    let order: Vec<usize> = [
        "<h2 id=\"provider-fc\">Vous êtes un particulier</h2>",
        "href=\"/_guichet/login/fc?",
        "href=\"/_guichet/login/plus?",
        "<h2 id=\"provider-pro\">Vous êtes un professionnel ou un agent public</h2>",
        "href=\"/_guichet/login/pro?",
    ]
    .map(|piece| html.find(piece).unwrap_or_else(|| panic!("no {piece}")))
    .to_vec();
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(
        (html.matches("<h2").count(), html.matches("data-login").count()),
        (2, 3)
    );
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

/// Neither page knows which of several causes it was, so each names them all, and first what is easily mended.
#[test]
fn a_page_with_several_causes_names_each() {
    for (locale, named, pieces) in [
        (
            Locale::Fr,
            "head-too-long",
            [
                "demande est trop longue</h1>",
                "Si l’adresse est très longue",
                "cookies",
            ],
        ),
        (
            Locale::En,
            "head-too-long",
            [
                "request is too long</h1>",
                "If the address is very long",
                "cookies",
            ],
        ),
        (
            Locale::Fr,
            "bad-request",
            ["Cette adresse ou cette demande", "vérifiez-la", "Revenir à"],
        ),
        (
            Locale::En,
            "bad-request",
            ["This address or request", "check it", "Back to"],
        ),
    ] {
        let (_, _, response) = pages(locale)
            .into_iter()
            .find(|(name, ..)| *name == named)
            .unwrap();
        let html = html(&response);
        let main = html.split_once("<main ").unwrap().1;
        let order = pieces.map(|piece| main.find(piece).unwrap_or_else(|| panic!("{named}: no {piece}")));
        assert!(order.is_sorted(), "{named}: {order:?}");
    }
}

#[test]
fn only_who_came_by_franceconnect_is_told_of_the_accounts_behind_it() {
    for (_, (name, _, response)) in both_languages() {
        let html = html(&response);
        assert_eq!(html.contains("Ameli"), name == "signed-out", "{name}");
        let is_named = html.contains("avec FranceConnect peut") || html.contains("with FranceConnect may");
        assert_eq!(is_named, name == "signed-out-elsewhere", "{name}");
    }
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
