//! What the browser keeps comes back as it was, to its own host only, and weighs little.

use std::collections::HashSet;

use super::*;
use crate::oidc::test_support::destination;
use crate::oidc::test_support::keyring;
use crate::oidc::test_support::pending;
use crate::oidc::test_support::pending_to;

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

#[test]
fn an_attempt_comes_back_as_it_was() {
    let (keyring, before) = (keyring(), pending());
    let value = before.seal(&keyring).unwrap();
    let after = PendingAuthorization::open(&keyring, before.id(), &before.destination.host, &value).unwrap();
    assert_eq!(after.state(), before.state());
    assert_eq!(after.nonce(), before.nonce());
    assert_eq!(after.outcome_key().unwrap(), before.outcome_key().unwrap());
    assert_eq!(after.entry(), before.entry());
    assert_eq!(after.issuer(), before.issuer());
    assert_eq!(after.acr(), "eidas1");
    assert_eq!(after.redirect_uri(), before.redirect_uri());
    assert_eq!(after.destination().app, "urbanisme");
    assert_eq!(
        after.destination().return_to.as_str(),
        "/urbanisme/dossier/12?etape=3#piece"
    );
    assert_eq!(after.started_at(), before.started_at());
}

#[test]
fn an_age_that_was_asked_for_comes_back_and_none_does_where_none_was() {
    let keyring = keyring();
    for max_age in [None, Some(Duration::from_mins(15))] {
        let mut before = pending();
        before.max_age = max_age;
        let value = before.seal(&keyring).unwrap();
        let after = PendingAuthorization::open(&keyring, before.id(), &before.destination.host, &value);
        assert_eq!(after.unwrap().max_age(), max_age);
    }
}

#[test]
fn an_attempt_opens_for_itself_on_its_host_only() {
    let (keyring, before) = (keyring(), pending());
    let value = before.seal(&keyring).unwrap();
    let open = |id: &AttemptId, host: &Host, value: &str| {
        PendingAuthorization::open(&keyring, id, host, value).is_some()
    };
    let own = &before.destination.host;
    assert!(open(before.id(), own, &value));
    assert!(!open(before.id(), &host("b.example"), &value));
    assert!(!open(&AttemptId::generate().unwrap(), own, &value));
    assert!(!open(before.id(), own, value.get(1..).unwrap()));
    assert!(!open(before.id(), own, &value.replace('A', "B")) || !value.contains('A'));
    assert!(!open(before.id(), own, ""));
    let other = Keyring::new(&[Secret::new((32..64).collect::<Vec<u8>>())]).unwrap();
    assert!(PendingAuthorization::open(&other, before.id(), own, &value).is_none());
}

#[test]
fn every_value_is_new_and_64_hexadecimal_characters() {
    let mut seen = HashSet::new();
    for _ in 0..500 {
        let attempt = pending();
        for value in [attempt.state(), attempt.nonce()] {
            assert_eq!(value.len(), 64);
            assert!(
                value
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            );
            assert!(seen.insert(value.to_owned()));
        }
    }
}

#[test]
fn neither_state_nor_nonce_nor_destination_is_shown() {
    let attempt = pending();
    let shown = format!("{attempt:?}");
    for hidden in [attempt.state(), attempt.nonce(), "dossier"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn four_attempts_with_the_longest_destination_fit() {
    let longest = format!("/urbanisme?{}", "x".repeat(512 - 11));
    let attempt = pending_to(destination(&longest));
    assert_eq!(attempt.destination().return_to.as_str().len(), 512);
    let weight = "__Host-guichet-login-=".len() + 22 + attempt.seal(&keyring()).unwrap().len();
    assert!(4 * weight <= MOST_BYTES, "{weight}");
}

#[test]
fn the_attempt_is_found_by_its_state_alone() {
    let keyring = keyring();
    let attempts = [pending(), pending(), pending()];
    let cookies: Vec<(String, String)> = attempts
        .iter()
        .map(|attempt| (attempt.id().to_string(), attempt.seal(&keyring).unwrap()))
        .collect();
    let mut sent: Vec<(&str, &str)> = cookies.iter().map(|(name, value)| (&**name, &**value)).collect();
    sent.push(("not-one-of-ours", "x"));
    let own = &attempts[0].destination.host;
    let find = |sent: &[(&str, &str)], state: &str| {
        PendingAuthorization::find(&keyring, own, sent, state).map(|attempt| attempt.id)
    };
    for attempt in &attempts {
        assert_eq!(find(&sent, attempt.state()).as_ref(), Some(attempt.id()));
    }
    for other in [pending().state(), attempts[0].nonce(), "", "undefined"] {
        assert_eq!(find(&sent, other), None, "{other}");
    }
    let planted = [sent.as_slice(), &[sent[1]]].concat();
    assert_eq!(
        find(&planted, attempts[1].state()),
        None,
        "a cookie that came twice"
    );
    assert_eq!(
        find(&planted, attempts[0].state()).as_ref(),
        Some(attempts[0].id())
    );
    assert!(PendingAuthorization::find(&keyring, &host("b.example"), &sent, attempts[0].state()).is_none());
}

#[test]
fn a_held_attempt_weighs_its_name_and_its_value() {
    let (keyring, attempt) = (keyring(), pending());
    let value = attempt.seal(&keyring).unwrap();
    let own = &attempt.destination.host;
    let name = format!("__Host-guichet-login-{}", attempt.id());
    let held = HeldAttempt::of(&keyring, own, &name, (attempt.id().as_str(), &value)).unwrap();
    assert_eq!(held.bytes, format!("{name}={value}; ").len());
    assert_eq!(held.started_at, Some(attempt.started_at()));
    let broken = HeldAttempt::of(&keyring, own, &name, (attempt.id().as_str(), "x")).unwrap();
    assert_eq!(broken.started_at, None);
    assert!(HeldAttempt::of(&keyring, own, "guichet-login-x", ("x", &value)).is_none());
}

fn held(ages: &[(Option<i64>, usize)]) -> Vec<HeldAttempt> {
    ages.iter()
        .map(|(started_at, bytes)| HeldAttempt {
            id: AttemptId::generate().unwrap(),
            bytes: *bytes,
            started_at: started_at.map(Timestamp::from_unix),
        })
        .collect()
}

#[test]
fn the_oldest_attempts_are_given_up() {
    for (ages, expected) in [
        (vec![], vec![]),
        (vec![(Some(3), 900), (Some(1), 900), (Some(2), 900)], vec![]),
        (
            vec![(Some(3), 900), (Some(1), 900), (Some(2), 900), (Some(4), 900)],
            vec![1],
        ),
        (vec![(Some(3), 1100), (Some(1), 1100), (Some(2), 1100)], vec![1]),
        (vec![(Some(1), 4000)], vec![0]),
        (vec![(Some(1), 300), (None, 10), (Some(2), 300)], vec![1]),
    ] {
        let held = held(&ages);
        let expected: Vec<AttemptId> = expected
            .into_iter()
            .map(|index: usize| held[index].id.clone())
            .collect();
        assert_eq!(given_up(held, 900), expected, "{ages:?}");
    }
}
