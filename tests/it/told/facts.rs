//! Facts in the place of claims: they arrive, and what they come from stays.

use chrono::DateTime;
use chrono::Months;
use chrono::NaiveDate;
use guichet::clock::Clock;
use guichet::clock::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::stage::telling;
use crate::support::browser::Browser;
use crate::support::command::guichet;
use crate::support::jws::claims;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::scene::ASSERTION;
use crate::support::scene::CLAIMS;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::raw;
use crate::support::upstream::Received;

/// An application that is told facts, and of the claims the subject alone.
fn scene() -> Scene {
    let lines = "claims = [\"sub\"]\nderived = [\"age_over_18\", \"age_over_65\", \"birth_year\", \"birth_department\", \
                 \"born_in_france\", \"initials\"]";
    let plain = [
        "sub",
        "age_over_18",
        "birth_year",
        "birth_department",
        "born_in_france",
        "initials",
    ];
    telling(Store::Redis, lines, &plain)
}

/// What arrives about Zoé, of whom the provider says this; the client claims to be of age as well.
fn told(scene: &Scene, edits: &Value) -> Received {
    scene.provider.reset();
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    assert_eq!(page.status(), 200, "{}", page.text());
    scene.application.forget();
    let answer = raw(
        scene,
        &browser,
        ("GET", "/dossier"),
        "X-Guichet-Age-Over-18: true\r\n",
    );
    assert_eq!(answer.status, 200);
    scene.application.only()
}

/// The members of the assertion that are facts.
fn facts(received: &Received) -> Value {
    let claims = claims(&received.values(ASSERTION)[0]);
    let is_fact = |name: &str| name.starts_with("age_") || name.starts_with('b') || name == "initials";
    let members = claims.as_object().unwrap().clone().into_iter();
    Value::Object(members.filter(|(name, _)| is_fact(name)).collect())
}

#[test]
fn an_application_is_told_facts_and_nothing_that_they_come_from() {
    let scene = scene();
    let received = told(&scene, &json!([]));
    assert_eq!(
        facts(&received),
        json!({
            "age_over_18": true, "age_over_65": false, "birth_year": 1979, "birth_department": "2A",
            "born_in_france": true, "initials": "ZL",
        })
    );
    for (name, value) in [
        ("x-guichet-age-over-18", "true"),
        ("x-guichet-birth-year", "1979"),
        ("x-guichet-birth-department", "2A"),
        ("x-guichet-born-in-france", "true"),
        ("x-guichet-initials", "ZL"),
    ] {
        assert_eq!(received.values(name), [value]);
    }
    let said = claims(&received.values(ASSERTION)[0]).to_string();
    let zoe = &people()[ZOE];
    for name in CLAIMS.iter().filter(|name| **name != "sub") {
        let value = zoe[*name].to_string();
        let value = value.trim_matches('"');
        assert!(
            !said.contains(value) && !received.contains(value),
            "{name}: {said}"
        );
    }
}

#[test]
fn what_is_not_known_is_a_missing_field_and_never_a_no() {
    let scene = scene();
    let received = told(
        &scene,
        &json!([
            { "delete": "birthdate" }, { "set": "birthplace", "to": "" }, { "delete": "birthcountry" },
            { "set": "given_name", "to": null },
        ]),
    );
    assert_eq!(facts(&received), json!({}));
    for name in [
        "age-over-18",
        "birth-year",
        "birth-department",
        "born-in-france",
        "initials",
    ] {
        assert_eq!(
            received.values(&format!("x-guichet-{name}")),
            Vec::<String>::new(),
            "{name}"
        );
    }
    assert_eq!(received.values("x-guichet-sub").len(), 1);
}

/// A day in Paris, so many years before it is.
fn years_ago(now: Timestamp, years: u32, days: i64) -> String {
    let moment = DateTime::from_timestamp(now.as_unix(), 0).unwrap();
    let today: NaiveDate = (moment + chrono::TimeDelta::hours(1)).date_naive();
    let day = today + chrono::TimeDelta::days(days);
    day.checked_sub_months(Months::new(12 * years))
        .unwrap()
        .to_string()
}

#[test]
fn nobody_is_of_age_before_the_latest_day_on_which_they_can_have_been_born() {
    let scene = scene();
    let now = scene.gateway.clock().now();
    let this_year = years_ago(now, 18, 0).split('-').next().unwrap().to_owned();
    for (birthdate, as_known, expected) in [
        (years_ago(now, 18, -2), years_ago(now, 18, -2), json!(true)),
        (years_ago(now, 18, 2), years_ago(now, 18, 2), json!(false)),
        (
            format!("{this_year}-01-01"),
            format!("{this_year}-00-00"),
            json!(false),
        ),
        (
            format!("{this_year}-00-00"),
            format!("{this_year}-00-00"),
            json!(false),
        ),
    ] {
        let received = told(
            &scene,
            &json!([{ "set": "birthdate", "to": birthdate }, { "set": "idp_birthdate", "to": as_known }]),
        );
        assert_eq!(
            facts(&received)["age_over_18"],
            expected,
            "{birthdate} {as_known}"
        );
        assert_eq!(received.values("x-guichet-age-over-18"), [expected.to_string()]);
    }
}

#[test]
fn headers_and_explain_say_the_facts_that_the_application_will_hear() {
    let scene = scene();
    let printed = guichet(
        &scene,
        &[
            "headers",
            "--app",
            "urbanisme",
            "--raw",
            "--as",
            "presumed-birthdate",
        ],
    )
    .well();
    let value = |name: &str| {
        printed
            .lines()
            .find_map(|line| line.strip_prefix(&format!("x-guichet-{name}: ")))
    };
    assert_eq!(
        [
            "age-over-18",
            "birth-year",
            "birth-department",
            "born-in-france",
            "initials"
        ]
        .map(value),
        [Some("true"), Some("1949"), None, Some("false"), Some("FS")]
    );
    let explained = guichet(&scene, &["explain", "/dossier", "--as", "zoe"]).well();
    assert!(explained.contains("age_over_18, age_over_65"), "{explained}");
    assert!(
        explained.contains("x-guichet-birth-department: 29"),
        "{explained}"
    );
    assert!(!explained.contains("1987-03-14"), "{explained}");
}
