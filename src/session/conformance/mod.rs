//! What every store must do. A store is done when this passes, with time moved and not waited for.
//!
//! Called by tests only; it stands here so that the stores of this crate and the tests of the whole gateway share it.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a suite for tests: a panic is its way to fail"
)]

pub mod bench;
pub mod logins;
pub mod races;

use std::collections::BTreeSet;

use crate::session::conformance::bench::Bench;
use crate::session::conformance::bench::HOUR;
use crate::session::conformance::bench::MINUTE;
use crate::session::conformance::bench::begin_on;
use crate::session::conformance::bench::eventually_left;
use crate::session::conformance::bench::last_end_heard;
use crate::session::conformance::bench::left;
use crate::session::conformance::bench::locator;
use crate::session::conformance::bench::put;
use crate::session::conformance::bench::tag;
use crate::session::conformance::bench::value_of;
use crate::session::key::Locator;
use crate::session::store::Index;
use crate::session::store::SessionStore;

/// Every case, one after the other, each with keys of its own.
pub async fn all(bench: &impl Bench) {
    a_store_answers(bench).await;
    a_session_is_found_until_its_time_is_over(bench).await;
    sessions_come_in_the_order_in_which_they_were_asked_for(bench).await;
    an_ended_session_is_gone(bench).await;
    a_touch_prolongs_what_exists(bench).await;
    a_touch_after_an_end_brings_nothing_back(bench).await;
    a_list_loses_what_is_past(bench).await;
    a_list_lives_as_long_as_its_longest_session(bench).await;
    lists_of_different_kinds_are_different_lists(bench).await;
    an_end_is_remembered_for_five_minutes(bench).await;
    every_live_session_is_on_a_page(bench).await;
    logins::an_attempt_is_claimed_once(bench).await;
    logins::of_two_claims_at_once_one_wins(bench).await;
    logins::a_claim_ends_with_the_life_of_its_attempt(bench).await;
    logins::an_outcome_is_kept_for_a_minute(bench).await;
    logins::a_token_that_was_acted_on_is_known(bench).await;
    races::an_end_and_a_login_at_once(bench).await;
    races::a_touch_at_any_moment_of_an_end(bench).await;
}

/// The store can be asked whether it is there.
pub async fn a_store_answers(bench: &impl Bench) {
    bench.store().ping().await.unwrap();
}

/// The value comes back byte for byte, with the time that it has left, and is gone once that is over.
pub async fn a_session_is_found_until_its_time_is_over(bench: &impl Bench) {
    let (store, session) = (bench.store(), locator());
    let value: Vec<u8> = (0..=255).collect();
    put(store, &session, &value, HOUR).await.unwrap();
    assert_eq!(value_of(bench, &session).await, Some(value));
    assert_eq!(left(bench, &session).await, Some(HOUR));
    bench.pass(HOUR.checked_sub(MINUTE).unwrap()).await;
    assert_eq!(left(bench, &session).await, Some(MINUTE));
    bench.pass(MINUTE).await;
    assert_eq!(value_of(bench, &session).await, None);
}

/// One that is missing leaves its place empty.
pub async fn sessions_come_in_the_order_in_which_they_were_asked_for(bench: &impl Bench) {
    let (store, one, none, two) = (bench.store(), locator(), locator(), locator());
    put(store, &one, b"one", HOUR).await.unwrap();
    put(store, &two, b"two", HOUR).await.unwrap();
    let found = store.get(&[two, none, one]).await.unwrap();
    let values: Vec<Option<Vec<u8>>> = found
        .into_iter()
        .map(|stored| stored.map(|stored| stored.value))
        .collect();
    assert_eq!(values, [Some(b"two".to_vec()), None, Some(b"one".to_vec())]);
    assert_eq!(store.get(&[]).await.unwrap(), []);
}

/// Deleting says how many there were.
pub async fn an_ended_session_is_gone(bench: &impl Bench) {
    let (store, one, two, none) = (bench.store(), locator(), locator(), locator());
    put(store, &one, b"x", HOUR).await.unwrap();
    put(store, &two, b"x", HOUR).await.unwrap();
    assert_eq!(store.delete(&[one.clone(), none, two.clone()]).await, Ok(2));
    assert_eq!(store.get(&[one, two]).await, Ok(vec![None, None]));
    assert_eq!(store.delete(&[]).await, Ok(0));
}

/// The value stays as it was; only its end moves.
pub async fn a_touch_prolongs_what_exists(bench: &impl Bench) {
    let (store, session) = (bench.store(), locator());
    put(store, &session, b"x", HOUR).await.unwrap();
    bench.pass(HOUR / 2).await;
    store.touch(&session, HOUR);
    eventually_left(bench, &session, HOUR).await;
    bench.pass(HOUR.checked_sub(MINUTE).unwrap()).await;
    assert_eq!(value_of(bench, &session).await, Some(b"x".to_vec()));
}

/// A request that was under way when the session ended does not revive it.
pub async fn a_touch_after_an_end_brings_nothing_back(bench: &impl Bench) {
    let (store, session, witness) = (bench.store(), locator(), locator());
    put(store, &session, b"x", HOUR).await.unwrap();
    put(store, &witness, b"x", HOUR).await.unwrap();
    assert_eq!(store.delete(std::slice::from_ref(&session)).await, Ok(1));
    store.touch(&session, HOUR);
    // A touch is not waited for. Once a later one is done, so is this one.
    store.touch(&witness, HOUR * 2);
    eventually_left(bench, &witness, HOUR * 2).await;
    assert_eq!(value_of(bench, &session).await, None);
}

/// A session is on the list until its absolute end; the next one that comes takes it off.
pub async fn a_list_loses_what_is_past(bench: &impl Bench) {
    let (list, short, long) = (Index::Subject(tag()), locator(), locator());
    begin_on(bench, &list, &short, HOUR).await;
    begin_on(bench, &list, &long, HOUR * 3).await;
    assert_eq!(listed(bench, &list).await, sorted([short.clone(), long.clone()]));
    bench.pass(HOUR).await;
    let new = locator();
    begin_on(bench, &list, &new, HOUR).await;
    assert_eq!(listed(bench, &list).await, sorted([long, new]));
}

/// After the absolute timeout was shortened, a session of before outlives the new ones.
pub async fn a_list_lives_as_long_as_its_longest_session(bench: &impl Bench) {
    let (list, long, short) = (Index::Subject(tag()), locator(), locator());
    begin_on(bench, &list, &long, HOUR * 8).await;
    begin_on(bench, &list, &short, HOUR).await;
    bench.pass(HOUR * 2).await;
    assert!(listed(bench, &list).await.contains(&long));
    bench.pass(HOUR * 6).await;
    assert_eq!(listed(bench, &list).await, []);
}

/// A subject and a `sid` never share a list, whatever their tags.
pub async fn lists_of_different_kinds_are_different_lists(bench: &impl Bench) {
    let (store, tag, session) = (bench.store(), tag(), locator());
    let (subject, sid) = (Index::Subject(tag.clone()), Index::ProviderSid(tag));
    begin_on(bench, &subject, &session, HOUR).await;
    assert_eq!(listed(bench, &sid).await, []);
    let both = [sid, subject];
    assert_eq!(store.listed(&both).await, Ok(vec![session]));
}

/// The newest of several counts.
pub async fn an_end_is_remembered_for_five_minutes(bench: &impl Bench) {
    let (store, one, two) = (bench.store(), Index::Subject(tag()), Index::ProviderSid(tag()));
    let both = [one.clone(), two.clone()];
    assert_eq!(last_end_heard(bench, &both).await, None);
    let first = bench.now();
    store.mark_ended(&both, first).await.unwrap();
    bench.pass(MINUTE).await;
    store.mark_ended(&[two], bench.now()).await.unwrap();
    assert_eq!(last_end_heard(bench, &both).await, Some(bench.now()));
    assert_eq!(
        last_end_heard(bench, std::slice::from_ref(&one)).await,
        Some(first)
    );
    bench.pass(MINUTE * 4).await;
    assert_eq!(last_end_heard(bench, &[one]).await, None);
    bench.pass(MINUTE).await;
    assert_eq!(last_end_heard(bench, &both).await, None);
}

/// However many there are; one that ended or lapsed is on none.
pub async fn every_live_session_is_on_a_page(bench: &impl Bench) {
    let store = bench.store();
    let (ended, lapsed) = (locator(), locator());
    let many: Vec<Locator> = (0..1200).map(|_| locator()).collect();
    for session in many.iter().chain([&ended]) {
        put(store, session, b"x", HOUR * 2).await.unwrap();
    }
    put(store, &lapsed, b"x", HOUR).await.unwrap();
    assert!(paged(bench).await.is_superset(&many.iter().cloned().collect()));
    assert!(paged(bench).await.contains(&lapsed));
    store.delete(std::slice::from_ref(&ended)).await.unwrap();
    bench.pass(HOUR).await;
    let found = paged(bench).await;
    assert!(found.is_superset(&many.iter().cloned().collect()));
    assert!(!found.contains(&ended) && !found.contains(&lapsed));
    store.delete(&many).await.unwrap();
    assert!(paged(bench).await.is_disjoint(&many.into_iter().collect()));
}

async fn paged(bench: &impl Bench) -> BTreeSet<Locator> {
    let (mut found, mut from) = (BTreeSet::new(), None);
    loop {
        let page = bench.store().page(from).await.unwrap();
        found.extend(page.locators);
        from = page.next;
        if from.is_none() {
            return found;
        }
    }
}

async fn listed(bench: &impl Bench, list: &Index) -> Vec<Locator> {
    let listed = bench.store().listed(std::slice::from_ref(list)).await.unwrap();
    sorted(listed)
}

fn sorted(locators: impl IntoIterator<Item = Locator>) -> Vec<Locator> {
    let mut locators: Vec<Locator> = locators.into_iter().collect();
    locators.sort();
    locators
}
