use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::access::permit::Passes;
use crate::access::requirement::Lack;
use crate::access::requirement::Level;
use crate::access::requirement::Remedy;
use crate::access::requirement::WantedClaim;
use crate::provider::acr::AcrOrder;
use crate::provider::entry_name::EntryName;
use crate::session::test_support::session;

const NOW: Timestamp = Timestamp::from_unix(1_000);

fn visitor(ends: &[i64]) -> Visitor {
    Visitor::Asked(
        ends.iter()
            .map(|end| session(&format!("sub-{end}"), Timestamp::from_unix(*end)))
            .collect(),
    )
}

fn who(access: Access, visitor: Visitor) -> Option<String> {
    let rule = Rule {
        access,
        requirement: None,
    };
    match decide(rule, visitor, NOW) {
        Decision::Authenticate => None,
        Decision::Refuse(shortfall) => panic!("nothing was required, and lacks {shortfall:?}"),
        Decision::Forward(permit) => Some(match permit.passes() {
            Passes::Unasked => "unasked".to_owned(),
            Passes::Anonymous => "anonymous".to_owned(),
            Passes::SignedIn(session) => session.identity.subject.sub.clone(),
        }),
    }
}

#[test]
fn a_required_route_opens_to_a_live_session_only() {
    assert_eq!(
        who(Access::Required, visitor(&[1_001])).as_deref(),
        Some("sub-1001")
    );
    assert_eq!(who(Access::Required, visitor(&[])), None);
    assert_eq!(who(Access::Required, visitor(&[1_000, 999])), None);
    assert_eq!(who(Access::Required, Visitor::Unasked), None);
}

#[test]
fn an_optional_route_says_who_or_that_nobody_is_there() {
    assert_eq!(
        who(Access::Optional, visitor(&[1_001])).as_deref(),
        Some("sub-1001")
    );
    assert_eq!(
        who(Access::Optional, visitor(&[999])).as_deref(),
        Some("anonymous")
    );
}

#[test]
fn a_public_route_says_nothing_even_about_a_live_session() {
    assert_eq!(who(Access::Public, visitor(&[2_000])).as_deref(), Some("unasked"));
    assert_eq!(who(Access::Public, Visitor::Unasked).as_deref(), Some("unasked"));
}

#[test]
fn the_most_recent_login_that_lives_counts() {
    assert_eq!(
        who(Access::Required, visitor(&[900, 1_500, 2_000])).as_deref(),
        Some("sub-1500")
    );
}

proptest::proptest! {
    #[test]
    fn an_expired_session_is_never_forwarded(ends in proptest::collection::vec(0_i64..2_000, 0..6)) {
        if let Some(passed) = who(Access::Required, visitor(&ends)) {
            let end: i64 = passed.strip_prefix("sub-").unwrap().parse().unwrap();
            assert!(end > NOW.as_unix());
        }
    }
}

fn entry(name: &str) -> EntryName {
    EntryName::parse(name).unwrap()
}

/// Takes every session of `fc` and `agents`.
fn anything() -> Requirement {
    Requirement {
        entries: vec![entry("fc"), entry("agents")],
        idp: None,
        acr: None,
        age_over: None,
        claims: Vec::new(),
        auth_age: None,
    }
}

fn order() -> AcrOrder {
    serde_json::from_value(json!(["eidas1", "eidas2", "eidas3"])).unwrap()
}

/// Level two at `fc`; `agents` does not know it.
fn level_two() -> Requirement {
    let level = Level {
        lowest: order().value("eidas2").unwrap(),
        ask: order().value("eidas2"),
        order: order(),
    };
    Requirement {
        entries: vec![entry("fc")],
        acr: Some([(entry("fc"), level)].into_iter().collect()),
        ..anything()
    }
}

fn at_least(years: u8) -> Requirement {
    Requirement {
        age_over: Some(years),
        ..anything()
    }
}

fn wanted(name: &str, value: &str) -> Requirement {
    Requirement {
        claims: vec![WantedClaim {
            name: name.to_owned(),
            value: value.to_owned(),
        }],
        ..anything()
    }
}

/// A live session at an entry, of this level, proved so many seconds ago, with one claim set.
fn at(name: &str, acr: &str, ago: i64, (claim, value): (&str, &Value)) -> Session {
    let mut session = session(name, Timestamp::from_unix(9_000));
    session.entry = entry(name);
    session.authentication.acr = acr.to_owned();
    session.authentication.auth_time = Some(Timestamp::from_unix(NOW.as_unix() - ago));
    session.identity.claims.insert(claim.to_owned(), value.clone());
    session
}

fn lack(requirement: &Requirement, session: Session) -> Option<(Lack, Remedy)> {
    match counting(Some(requirement), vec![session], NOW) {
        Ok(_) => None,
        Err(Uncounted::NotEnough(shortfall)) => Some((shortfall.lack, shortfall.remedy)),
        Err(Uncounted::NoSession) => panic!("it is alive"),
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table: what is required, who is there, what they lack"
)]
fn a_requirement_names_the_first_thing_that_is_lacking_and_whether_a_login_mends_it() {
    let born = |date: &str| json!(date);
    let fc = |claim: (&str, &Value)| at("fc", "eidas1", 0, claim);
    let only_agents = Requirement {
        entries: vec![entry("agents")],
        idp: Some(vec![entry("agents")]),
        ..anything()
    };
    let fresh = Requirement {
        auth_age: Some(Duration::from_mins(5)),
        ..anything()
    };
    let unknown = |claim: &str| Lack::Unknown(claim.to_owned());
    let none = ("x", &json!(1));
    let rows = [
        (anything(), fc(none), None),
        (
            only_agents.clone(),
            fc(none),
            Some((Lack::Provider, Remedy::Login)),
        ),
        (only_agents, at("agents", "x", 0, none), None),
        (level_two(), fc(none), Some((Lack::Level, Remedy::Login))),
        (level_two(), at("fc", "eidas2", 0, none), None),
        (level_two(), at("fc", "eidas3", 0, none), None),
        (
            level_two(),
            at("fc", "eidas9", 0, none),
            Some((Lack::Level, Remedy::Login)),
        ),
        // A level of the same name at a provider that is not known to have it.
        (
            level_two(),
            at("agents", "eidas3", 0, none),
            Some((Lack::Level, Remedy::Login)),
        ),
        (at_least(18), fc(("birthdate", &born("1952-01-01"))), None),
        (
            at_least(18),
            fc(("birthdate", &born("1952-01-02"))),
            Some((Lack::Age(18), Remedy::None)),
        ),
        (
            at_least(18),
            fc(("birthdate", &born("1952-01-00"))),
            Some((Lack::Age(18), Remedy::None)),
        ),
        (
            at_least(18),
            fc(("birthdate", &json!(null))),
            Some((unknown("birthdate"), Remedy::Login)),
        ),
        (wanted("gender", "female"), fc(("gender", &json!("female"))), None),
        (
            wanted("gender", "female"),
            fc(("gender", &json!("Female"))),
            Some((Lack::Claim, Remedy::None)),
        ),
        (
            wanted("gender", "female"),
            fc(none),
            Some((unknown("gender"), Remedy::Login)),
        ),
        (
            wanted("gender", "female"),
            fc(("gender", &json!(""))),
            Some((unknown("gender"), Remedy::Login)),
        ),
        (
            wanted("gender", "female"),
            fc(("gender", &json!(["female"]))),
            Some((unknown("gender"), Remedy::Login)),
        ),
        (wanted("is_agent", "true"), fc(("is_agent", &json!(true))), None),
        (wanted("level", "7"), fc(("level", &json!(7))), None),
        (
            wanted("birth_year", "1952"),
            fc(("birthdate", &born("1952-00-00"))),
            None,
        ),
        (
            wanted("birth_department", "75"),
            fc(("birthplace", &json!("75101"))),
            Some((unknown("birthcountry"), Remedy::Login)),
        ),
        (
            wanted("born_in_france", "true"),
            fc(("birthcountry", &json!("99139"))),
            Some((Lack::Claim, Remedy::None)),
        ),
        (fresh.clone(), at("fc", "eidas1", 300, none), None),
        (
            fresh.clone(),
            at("fc", "eidas1", 301, none),
            Some((Lack::Freshness, Remedy::Login)),
        ),
        // The provider's clock may be ahead, and not by more.
        (fresh.clone(), at("fc", "eidas1", -60, none), None),
        (
            fresh.clone(),
            at("fc", "eidas1", -61, none),
            Some((Lack::Freshness, Remedy::Login)),
        ),
        (
            fresh,
            session("fc", Timestamp::from_unix(9_000)),
            Some((Lack::Freshness, Remedy::Login)),
        ),
    ];
    for (requirement, session, expected) in rows {
        let (shown, claims) = (requirement.to_string(), session.identity.claims.clone());
        assert_eq!(lack(&requirement, session), expected, "{shown} {claims:?}");
    }
}

#[test]
fn where_no_other_entry_can_say_it_no_login_mends_what_is_unknown() {
    let alone = Requirement {
        entries: vec![entry("fc")],
        ..wanted("gender", "female")
    };
    let session = at("fc", "eidas1", 0, ("x", &json!(1)));
    assert_eq!(
        lack(&alone, session),
        Some((Lack::Unknown("gender".to_owned()), Remedy::None))
    );
}

#[test]
fn the_most_recent_login_that_satisfies_the_route_counts() {
    let session = |sub: &str, name: &str, acr: &str, ends: i64| {
        let mut session = at(name, acr, 0, ("x", &json!(1)));
        sub.clone_into(&mut session.identity.subject.sub);
        session.ends_at = Timestamp::from_unix(ends);
        session
    };
    let live = || {
        vec![
            session("agent", "agents", "x", 9_000),
            session("over", "fc", "eidas3", 900),
            session("low", "fc", "eidas1", 9_000),
            session("high", "fc", "eidas2", 9_000),
            session("older", "fc", "eidas3", 9_000),
        ]
    };
    let counts = |requirement: &Requirement| {
        let session = counting(Some(requirement), live(), NOW).unwrap();
        session.identity.subject.sub
    };
    assert_eq!(counts(&level_two()), "high");
    assert_eq!(counts(&anything()), "agent");
    // What is said is what is nearest: the citizen's own level, not that the agent is none.
    let rule = Rule {
        access: Access::Required,
        requirement: Some(&level_two()),
    };
    let visitor = Visitor::Asked(vec![
        session("agent", "agents", "x", 9_000),
        session("low", "fc", "eidas1", 9_000),
    ]);
    let Decision::Refuse(shortfall) = decide(rule, visitor, NOW) else {
        panic!("neither is enough");
    };
    assert_eq!(shortfall.lack, Lack::Level);
    let nobody = decide(rule, Visitor::Asked(Vec::new()), NOW);
    assert!(matches!(nobody, Decision::Authenticate), "{nobody:?}");
}

#[test]
fn two_requirements_together_ask_for_what_each_of_them_asks() {
    let both = level_two().and(&Requirement {
        entries: vec![entry("agents"), entry("fc")],
        idp: Some(vec![entry("fc")]),
        auth_age: Some(Duration::from_mins(5)),
        ..at_least(18)
    });
    assert_eq!(both.entries, [entry("fc")]);
    assert_eq!(
        both.to_string(),
        "{ acr = [\"eidas2\"], age_over = 18, idp = [\"fc\"], auth_age = \"300s\" }"
    );
    let older = both
        .and(&at_least(21))
        .and(&wanted("gender", "female"))
        .and(&wanted("gender", "male"));
    assert_eq!(older.age_over, Some(21));
    let anybody = |gender: &str| {
        let mut session = at("fc", "eidas3", 0, ("gender", &json!(gender)));
        session
            .identity
            .claims
            .insert("birthdate".to_owned(), json!("1900-01-01"));
        lack(&older, session)
    };
    assert!(anybody("female").is_some() && anybody("male").is_some());
}

#[test]
fn where_two_levels_cannot_be_had_in_one_no_login_is_offered() {
    let order: AcrOrder = serde_json::from_value(json!([["low", "known"], ["low", "twice"]])).unwrap();
    let at_least = |lowest: &str| {
        let lowest = order.value(lowest).unwrap();
        let level = Level {
            ask: Some(lowest.clone()),
            order: order.clone(),
            lowest,
        };
        Requirement {
            entries: vec![entry("agents")],
            acr: Some([(entry("agents"), level)].into_iter().collect()),
            ..anything()
        }
    };
    let agent = |acr: &str| at("agents", acr, 0, ("siret", &json!("1")));
    let both = at_least("known").and(&at_least("twice"));
    for acr in ["known", "twice"] {
        assert_eq!(
            lack(&both, agent(acr)),
            Some((Lack::Level, Remedy::None)),
            "{acr}"
        );
    }
    let known = at_least("low").and(&at_least("known"));
    assert_eq!(lack(&known, agent("low")), Some((Lack::Level, Remedy::Login)));
    assert_eq!(lack(&known, agent("known")), None);
}

proptest::proptest! {
    /// Whoever satisfies two requirements together satisfies each of them, and the other way round.
    #[test]
    fn together_is_neither_less_nor_more_than_each(
        first in 0_usize..5, second in 0_usize..5, acr in 1_usize..=3, year in 1930_i32..1970, is_agent: bool,
    ) {
        let kinds = || [anything(), level_two(), at_least(18), at_least(30), wanted("birth_year", "1940")];
        let [one, other] = [first, second].map(|kind| kinds().into_iter().nth(kind).unwrap());
        let birthdate = json!(format!("{year}-06-01"));
        let name = if is_agent { "agents" } else { "fc" };
        let somebody = || at(name, &format!("eidas{acr}"), 0, ("birthdate", &birthdate));
        let each = lack(&one, somebody()).is_none() && lack(&other, somebody()).is_none();
        assert_eq!(lack(&one.and(&other), somebody()).is_none(), each);
    }
}
