//! `derived`: what is refused, and what deserves a second look.

use super::text::SMALLEST;
use super::text::found;
use super::text::load;

/// What is found with these scopes and these lines of the app.
fn with(scopes: &str, app: &str) -> Vec<String> {
    let text = SMALLEST.replace("[[apps]]", &format!("scopes = {scopes}\n[[apps]]"));
    found(load(&format!("{text}{app}\n")))
}

const PIVOT: &str = "[\"openid\", \"identite_pivot\", \"idp_birthdate\"]";

#[test]
fn every_fact_can_be_told_where_the_pivot_identity_is_asked_for() {
    let all = "derived = [\"age_over_18\", \"age_over_1\", \"age_over_130\", \"birth_year\", \"birth_department\", \
               \"born_in_france\", \"initials\"]\nplain_headers = [\"sub\", \"age_over_18\", \"birth_year\"]";
    assert_eq!(with(PIVOT, all), Vec::<String>::new());
}

#[test]
fn what_is_no_fact_or_comes_from_nowhere_is_refused_in_its_place() {
    for (scopes, app, expected) in [
        (PIVOT, "derived = [\"age_over_0\"]", "C140 apps[0].derived[0]"),
        (
            PIVOT,
            "derived = [\"birth_year\", \"age_over_018\"]",
            "C140 apps[0].derived[1]",
        ),
        (PIVOT, "derived = [\"birthyear\"]", "C140 apps[0].derived[0]"),
        (PIVOT, "derived = [\"birthdate\"]", "C140 apps[0].derived[0]"),
        (
            "[\"openid\"]",
            "derived = [\"age_over_18\"]",
            "C141 apps[0].derived[0]",
        ),
        (
            "[\"openid\", \"birthplace\"]",
            "derived = [\"birth_department\"]",
            "C141 apps[0].derived[0]",
        ),
        (
            "[\"openid\", \"family_name\"]",
            "derived = [\"initials\"]",
            "C141 apps[0].derived[0]",
        ),
        (
            "[\"openid\", \"birthdate\"]",
            "derived = [\"age_over_18\"]",
            "C142 apps[0].derived[0]",
        ),
        (
            PIVOT,
            "claims = [\"sub\", \"age_over_18\"]",
            "C035 apps[0].claims[1]",
        ),
        (
            PIVOT,
            "plain_headers = [\"age_over_18\"]",
            "C037 apps[0].plain_headers[0]",
        ),
    ] {
        assert_eq!(with(scopes, app), [expected], "{scopes} {app}");
    }
    // The year is known whatever is known of the day.
    assert_eq!(
        with("[\"openid\", \"birthdate\"]", "derived = [\"birth_year\"]"),
        Vec::<String>::new()
    );
}

#[test]
fn a_refusal_says_what_to_do() {
    let said = |app: &str| {
        let text = SMALLEST.replace("[[apps]]", &format!("scopes = {PIVOT}\n[[apps]]"));
        load(&format!("{text}{app}\n")).unwrap_err().to_string()
    };
    let age = said("derived = [\"age_over_200\"]");
    assert!(age.contains("1 to 130: age_over_18"), "{age}");
    let claim = said("claims = [\"age_over_18\"]");
    assert!(claim.contains("derived = [\"age_over_18\"]"), "{claim}");
    let near = said("derived = [\"birth_departement\"]");
    assert!(near.contains("did you mean `birth_department`?"), "{near}");
}
