//! `require` and `subject`: what no provider of the app can give, and what contradicts itself.

use super::text::HUNTER;
use super::text::SMALLEST;
use super::text::found;
use super::text::load_with;

/// What is found with these scopes and this route.
fn with(scopes: &str, route: &str) -> Vec<String> {
    let text = SMALLEST.replace("[[apps]]", &format!("scopes = {scopes}\n[[apps]]"));
    found(load_with(
        &format!("{text}[[apps.routes]]\npath = \"/x\"\n{route}\n"),
        &[],
    ))
}

const PIVOT: &str = "[\"openid\", \"identite_pivot\", \"idp_birthdate\"]";

#[test]
fn what_the_app_s_provider_can_give_can_be_required() {
    for require in [
        "{}",
        "{ age_over = 18 }",
        "{ acr = [\"eidas1\"] }",
        "{ acr = [\"eidas3\", \"eidas1\"] }",
        "{ idp = [\"fc\"] }",
        "{ claims = { birthcountry = \"99100\", birth_year = \"1990\" } }",
    ] {
        assert_eq!(
            with(PIVOT, &format!("require = {require}")),
            Vec::<String>::new(),
            "{require}"
        );
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table: what is asked for, what is required, what is found"
)]
fn what_no_provider_of_the_app_can_give_is_refused_in_its_place() {
    for (scopes, route, expected) in [
        // FranceConnect knows the level and does not serve it.
        (
            PIVOT,
            "require = { acr = [\"eidas2\"] }",
            "C146 apps[0].routes[0].require",
        ),
        (
            PIVOT,
            "require = { acr = [\"loa9\"] }",
            "C021 apps[0].routes[0].require.acr[0]",
        ),
        (
            PIVOT,
            "require = { idp = [\"agents\"] }",
            "C030 apps[0].routes[0].require.idp[0]",
        ),
        (
            "[\"openid\"]",
            "require = { age_over = 18 }",
            "C146 apps[0].routes[0].require",
        ),
        (
            "[\"openid\"]",
            "require = { claims = { gender = \"female\" } }",
            "C146 apps[0].routes[0].require",
        ),
        (
            PIVOT,
            "require = { claims = { role = \"admin\" } }",
            "C146 apps[0].routes[0].require",
        ),
        (
            PIVOT,
            "require = { claims = { sub = \"1\" } }",
            "C035 apps[0].routes[0].require.claims.sub",
        ),
        (
            PIVOT,
            "require = { claims = { gender = \"\" } }",
            "C016 apps[0].routes[0].require.claims.gender",
        ),
        (
            PIVOT,
            "require = { age_over = 0 }",
            "C015 apps[0].routes[0].require.age_over",
        ),
        (
            PIVOT,
            "require = { age_over = 131 }",
            "C015 apps[0].routes[0].require.age_over",
        ),
        (
            PIVOT,
            "require = { auth_age = \"15m\" }",
            "C147 apps[0].routes[0].require.auth_age",
        ),
        (
            PIVOT,
            "require = { auth_age = \"1s\" }",
            "C011 apps[0].routes[0].require.auth_age",
        ),
        (
            PIVOT,
            "require = { age = 18 }",
            "C003 apps[0].routes[0].require.age",
        ),
        (
            PIVOT,
            "access = \"optional\"\nrequire = { age_over = 18 }",
            "C145 apps[0].routes[0].require",
        ),
        // A warning: of an unknown day the first of the month would count.
        (
            "[\"openid\", \"birthdate\"]",
            "require = { age_over = 18 }",
            "C142 apps[0].routes[0].require",
        ),
    ] {
        assert_eq!(with(scopes, route), [expected], "{scopes} {route}");
    }
}

/// What is said of these levels at an entry of this kind.
fn levels_at(entry: &str, acr: &str) -> Result<(), String> {
    let text = SMALLEST.replace("preset = \"franceconnect\"", entry);
    let route = format!("[[apps.routes]]\npath = \"/x\"\nrequire = {{ acr = {acr} }}\n");
    match load_with(&format!("{text}{route}"), &[]) {
        Ok(_) => Ok(()),
        Err(errors) => Err(errors.to_string()),
    }
}

/// One level is asked for: of two that nobody compares, somebody who has the other would be turned away.
#[test]
fn levels_that_are_not_compared_are_no_lowest_level() {
    let proconnect = "preset = \"proconnect\"";
    for acr in [
        "[\"eidas1\"]",
        "[\"eidas2\", \"eidas1\"]",
        "[\"eidas1-mfa\", \"eidas1\", \"eidas0-mfa\", \"eidas0\"]",
    ] {
        assert_eq!(levels_at(proconnect, acr), Ok(()), "{acr}");
    }
    for (acr, other) in [
        ("[\"eidas1\", \"eidas0-mfa\"]", "`eidas1` and `eidas0-mfa`"),
        (
            "[\"eidas0-mfa\", \"eidas2\", \"eidas1\"]",
            "`eidas0-mfa` and `eidas1`",
        ),
    ] {
        let said = levels_at(proconnect, acr).unwrap_err();
        assert!(
            said.contains("error[C021]") && said.contains(&format!("at `fc`, {other} are not compared")),
            "{said}"
        );
    }
    let said = levels_at(proconnect, "[\"eidas1\", \"eidas0-mfa\"]").unwrap_err();
    assert!(said.contains("or `eidas1-mfa`, which is above both"), "{said}");

    let open = "preset = \"oidc\"\nissuer = \"https://club.example\"";
    assert_eq!(levels_at(open, "[\"gold\"]"), Ok(()));
    let said = levels_at(open, "[\"silver\", \"gold\"]").unwrap_err();
    assert!(said.contains("write the levels of `fc` in their order"), "{said}");
    let ordered = format!("{open}\nacr_values = [\"silver\", \"gold\"]");
    assert_eq!(levels_at(&ordered, "[\"silver\", \"gold\"]"), Ok(()));
}

#[test]
fn the_last_click_at_franceconnect_is_no_authentication() {
    let text = format!("{SMALLEST}[[apps.routes]]\npath = \"/x\"\nrequire = {{ auth_age = \"15m\" }}\n");
    let said = load_with(&text, &[]).unwrap_err().to_string();
    assert!(
        said.contains("its auth_time does not say when the last one was"),
        "{said}"
    );
}

/// What is found with these lines of the app, and a pairwise secret if there is one.
fn subject(secret: Option<&str>, app: &str) -> Vec<String> {
    let scopes = SMALLEST.replace("[[apps]]", &format!("scopes = {PIVOT}\n[[apps]]"));
    let assertion = secret.map_or(
        "",
        |_| "\n[assertion]\npairwise_secret = { env = \"PAIRWISE\" }\n",
    );
    let variables = secret.map(|secret| ("PAIRWISE", secret));
    found(load_with(
        &format!("{scopes}{app}\n{assertion}"),
        variables.as_slice(),
    ))
}

#[test]
fn a_subject_that_hides_the_person_stands_beside_nothing_that_shows_them() {
    for (secret, app, expected) in [
        (None, "subject = \"provider\"", &[][..]),
        (None, "subject = \"none\"\nderived = [\"age_over_18\"]", &[]),
        (
            Some(HUNTER),
            "subject = \"pairwise\"\nderived = [\"age_over_18\"]\nplain_headers = [\"sub\"]",
            &[],
        ),
        (None, "subject = \"pairwise\"", &["C005 apps[0].subject"]),
        (
            Some("short"),
            "subject = \"pairwise\"",
            &["C054 assertion.pairwise_secret"],
        ),
        (
            Some(HUNTER),
            "subject = \"pairwise\"\nclaims = [\"sub\", \"family_name\"]",
            &["C144 apps[0].claims"],
        ),
        (
            None,
            "subject = \"none\"\nclaims = [\"family_name\"]",
            &["C143 apps[0].claims"],
        ),
        (
            None,
            "subject = \"none\"\nplain_headers = [\"sub\"]",
            &["C037 apps[0].plain_headers[0]"],
        ),
        (None, "subject = \"nobody\"", &["C006 apps[0].subject"]),
    ] {
        assert_eq!(subject(secret, app), expected, "{app}");
    }
}
