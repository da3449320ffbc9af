use chrono::DateTime;
use serde_json::json;

use super::*;

/// Facts of a person at a moment, by their names; those that are not known are not there.
fn known(claims: &Value, facts: &[&str], utc: &str) -> Value {
    let now = DateTime::parse_from_rfc3339(utc).unwrap().timestamp();
    let claims = claims.as_object().unwrap();
    let facts = facts.iter().filter_map(|name| {
        let value = Fact::parse(name).unwrap().of(claims, Timestamp::from_unix(now))?;
        Some(((*name).to_owned(), value))
    });
    Value::Object(facts.collect())
}

/// Birth date, what the identity provider knew of it, the moment, and whether the person is 18; `null`: nobody knows.
const MAJORITY: &[(&str, &str, &str, Option<bool>)] = &[
    // The day itself begins at midnight in Paris, which is 23:00 or 22:00 UTC of the day before.
    ("2008-01-16", "", "2026-01-15T22:59:59Z", Some(false)),
    ("2008-01-16", "", "2026-01-15T23:00:00Z", Some(true)),
    ("2008-07-16", "", "2026-07-15T21:59:59Z", Some(false)),
    ("2008-07-16", "", "2026-07-15T22:00:00Z", Some(true)),
    ("2008-03-29", "", "2026-03-28T22:59:59Z", Some(false)),
    ("2008-03-29", "", "2026-03-28T23:00:00Z", Some(true)),
    ("2008-03-30", "", "2026-03-29T21:59:59Z", Some(false)),
    ("2008-03-30", "", "2026-03-29T22:00:00Z", Some(true)),
    ("2008-10-26", "", "2026-10-25T22:59:59Z", Some(false)),
    ("2008-10-26", "", "2026-10-25T23:00:00Z", Some(true)),
    // 29 February: in a year without one, with the end of the 28th.
    ("2008-02-29", "", "2026-02-28T22:59:59Z", Some(false)),
    ("2008-02-29", "", "2026-02-28T23:00:00Z", Some(true)),
    ("2008-02-28", "", "2026-02-27T23:00:00Z", Some(true)),
    ("2006-02-28", "", "2024-02-27T22:59:59Z", Some(false)),
    // A day or a month that is not known is as late as it can be.
    ("2008-05-00", "", "2026-05-30T12:00:00Z", Some(false)),
    ("2008-05-00", "", "2026-05-31T12:00:00Z", Some(true)),
    ("2008-00-00", "", "2026-12-30T22:59:59Z", Some(false)),
    ("2008-00-00", "", "2026-12-30T23:00:00Z", Some(true)),
    ("2008-02-00", "", "2026-02-28T22:00:00Z", Some(false)),
    ("2008-02-00", "", "2026-03-01T12:00:00Z", Some(true)),
    // FranceConnect completes with 01; what was known stands beside it.
    ("2008-01-01", "2008-00-00", "2026-06-01T12:00:00Z", Some(false)),
    ("2008-01-01", "2008-00-00", "2026-12-31T12:00:00Z", Some(true)),
    ("2008-06-01", "2008-06-00", "2026-06-29T12:00:00Z", Some(false)),
    ("2008-01-01", "2008-01-01", "2026-01-01T12:00:00Z", Some(true)),
    ("2008-01-01", "", "2026-01-01T12:00:00Z", Some(true)),
    // Nobody is old enough before they are born, nor for want of an answer.
    ("2027-01-01", "", "2026-01-01T12:00:00Z", Some(false)),
    ("1815-06-18", "", "2026-01-01T12:00:00Z", Some(true)),
    ("", "", "2026-01-01T12:00:00Z", None),
    ("0000-01-16", "", "2026-01-01T12:00:00Z", None),
    ("1990-02-30", "", "2026-01-01T12:00:00Z", None),
    ("1990", "", "2026-01-01T12:00:00Z", Some(true)),
    ("le 3 mai 1990", "", "2026-01-01T12:00:00Z", None),
];

#[test]
fn who_is_of_age_is_so_from_midnight_in_paris_and_not_a_day_earlier() {
    for (birthdate, as_known, utc, expected) in MAJORITY {
        let claims = json!({ "birthdate": birthdate, "idp_birthdate": as_known });
        let found = known(&claims, &["age_over_18"], utc);
        let expected = expected.map_or_else(|| json!({}), |is_adult| json!({ "age_over_18": is_adult }));
        assert_eq!(found, expected, "{birthdate} {as_known} at {utc}");
    }
}

#[test]
fn every_age_has_its_own_answer() {
    let claims = json!({ "birthdate": "2010-11-26" });
    let ages = [
        "age_over_1",
        "age_over_15",
        "age_over_16",
        "age_over_17",
        "age_over_130",
    ];
    assert_eq!(
        known(&claims, &ages, "2026-11-26T12:00:00Z"),
        json!({ "age_over_1": true, "age_over_15": true, "age_over_16": true, "age_over_17": false, "age_over_130": false })
    );
}

/// Place, country, and what follows: department, born in France.
const PLACES: &[(&str, &str, Option<&str>, Option<bool>)] = &[
    ("75107", "99100", Some("75"), Some(true)),
    ("02408", "99100", Some("02"), Some(true)),
    ("01001", "99100", Some("01"), Some(true)),
    ("95127", "99100", Some("95"), Some(true)),
    ("2A004", "99100", Some("2A"), Some(true)),
    ("2B050", "99100", Some("2B"), Some(true)),
    ("97105", "99100", Some("971"), Some(true)),
    ("97411", "99100", Some("974"), Some(true)),
    ("97608", "99100", Some("976"), Some(true)),
    // In France, and in no department.
    ("97701", "99100", None, Some(true)),
    ("97801", "99100", None, Some(true)),
    ("98735", "99100", None, Some(true)),
    ("20004", "99100", None, Some(true)),
    ("96001", "99100", None, Some(true)),
    ("00001", "99100", None, Some(true)),
    ("2C001", "99100", None, Some(true)),
    ("2a004", "99100", None, Some(true)),
    ("7510", "99100", None, Some(true)),
    ("751077", "99100", None, Some(true)),
    ("75 07", "99100", None, Some(true)),
    ("7510é", "99100", None, Some(true)),
    ("Paris", "99100", None, Some(true)),
    ("", "99100", None, Some(true)),
    // Abroad; FranceConnect+ lets a code or a name of the place through.
    ("", "99139", None, Some(false)),
    ("99352", "99352", None, Some(false)),
    ("75107", "99139", None, Some(false)),
    ("Ville inventée", "99352", None, Some(false)),
    // Nobody says in which country: 10115 is a postal code of Berlin.
    ("10115", "", None, None),
    ("75107", "FR", None, None),
    ("75107", "9910", None, None),
];

#[test]
fn a_department_is_in_the_code_of_the_place_and_only_in_france() {
    for (birthplace, birthcountry, department, in_france) in PLACES {
        let claims = json!({ "birthplace": birthplace, "birthcountry": birthcountry });
        let mut expected = Map::new();
        if let Some(department) = department {
            expected.insert("birth_department".to_owned(), json!(department));
        }
        if let Some(in_france) = in_france {
            expected.insert("born_in_france".to_owned(), json!(in_france));
        }
        let found = known(
            &claims,
            &["birth_department", "born_in_france"],
            "2026-01-01T00:00:00Z",
        );
        assert_eq!(found, Value::Object(expected), "{claims}");
    }
    let country_alone = json!({ "birthplace": "75107" });
    assert_eq!(
        known(
            &country_alone,
            &["birth_department", "born_in_france"],
            "2026-01-01T00:00:00Z"
        ),
        json!({})
    );
}

#[test]
fn initials_are_letters_with_their_accents() {
    for (given, family, expected) in [
        ("Angela Claire Louise", "DUBOIS", Some("AD")),
        ("élodie", "d'essai", Some("ÉD")),
        ("E\u{301}lodie", "'T HART", Some("ÉT")),
        ("Œdipine", "ŸFICTIF", Some("ŒŸ")),
        ("", "DUBOIS", None),
        ("Angela", "-", None),
    ] {
        let claims = json!({ "given_name": given, "family_name": family });
        let found = known(&claims, &["initials"], "2026-01-01T00:00:00Z");
        let expected = expected.map_or_else(|| json!({}), |initials| json!({ "initials": initials }));
        assert_eq!(found, expected, "{given} {family}");
    }
}

#[test]
fn the_year_of_birth_is_a_number_and_known_without_the_day() {
    for (birthdate, expected) in [
        ("1962-08-24", json!({ "birth_year": 1962 })),
        ("1949-00-00", json!({ "birth_year": 1949 })),
        ("24/08/1962", json!({})),
    ] {
        let claims = json!({ "birthdate": birthdate });
        assert_eq!(known(&claims, &["birth_year"], "2026-01-01T00:00:00Z"), expected);
    }
}

#[test]
fn a_claim_of_another_type_says_nothing() {
    let names: Vec<String> = Fact::ALL.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for odd in [
        json!(null),
        json!(1),
        json!(true),
        json!(["75107"]),
        json!({ "a": "99100" }),
    ] {
        let claims = json!({
            "birthdate": odd, "idp_birthdate": odd, "birthplace": odd, "birthcountry": odd, "given_name": odd,
            "family_name": odd,
        });
        assert_eq!(known(&claims, &names, "2026-01-01T00:00:00Z"), json!({}), "{odd}");
    }
}

#[test]
fn a_fact_has_one_name() {
    for fact in Fact::ALL {
        assert_eq!(Fact::parse(&fact.to_string()), Some(fact));
    }
    assert_eq!(Fact::parse("age_over_130"), Some(Fact::AgeOver(130)));
    for name in [
        "",
        "age_over_",
        "age_over_0",
        "age_over_018",
        "age_over_+18",
        "age_over_131",
        "age_over_256",
        "age_over_-1",
        "age_over_18 ",
        "Birth_Year",
        "birthyear",
        "age",
    ] {
        assert_eq!(Fact::parse(name), None, "{name}");
    }
}

proptest::proptest! {
    /// Whatever a provider says, a fact says no more than its kind of answer can.
    #[test]
    fn a_fact_is_of_its_kind_whatever_the_claims_are(
        texts in proptest::collection::vec(".{0,12}|[0-9]{5}|[0-9]{4}-[0-9]{2}-[0-9]{2}|99[0-9]{3}|2[AB][0-9]{3}", 6),
        now in 0_i64..4_102_444_800,
    ) {
        let names = ["birthdate", "idp_birthdate", "birthplace", "birthcountry", "given_name", "family_name"];
        let claims: Map<String, Value> = names
            .iter()
            .zip(&texts)
            .map(|(name, text)| ((*name).to_owned(), json!(text)))
            .collect();
        for fact in Fact::ALL {
            let Some(value) = fact.of(&claims, Timestamp::from_unix(now)) else { continue };
            match fact {
                Fact::AgeOver(_) | Fact::BornInFrance => assert!(value.is_boolean()),
                Fact::BirthYear => assert!(value.as_i64().is_some_and(|year| (1..=9999).contains(&year))),
                Fact::BirthDepartment => assert!(matches!(value.as_str().unwrap().len(), 2 | 3)),
                Fact::Initials => assert!(value.as_str().unwrap().chars().count() <= 6),
            }
        }
    }

    #[test]
    fn nobody_grows_younger(year in 1990_i32..2030, day in 1_u32..=366, age in 1_u8..=130, now in 0_i64..4_102_444_800, later in 0_i64..100_000_000) {
        let Some(born) = chrono::NaiveDate::from_yo_opt(year, day) else { return Ok(()) };
        let claims = json!({ "birthdate": born.to_string() });
        let at = |seconds| Fact::AgeOver(age).of(claims.as_object().unwrap(), Timestamp::from_unix(seconds)).unwrap();
        assert!(at(now) == json!(false) || at(now + later) == json!(true));
    }
}
