//! What every store must do. A store is done when this passes, with time moved and not waited for.
//!
//! Called by tests only; it stands here so that the stores of this crate and the tests of the whole gateway share it.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a suite for tests: a panic is its way to fail"
)]

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::oidc::attempts::AttemptId;
use crate::oidc::attempts::Attempts;
use crate::oidc::attempts::Claim;
use crate::seal;
use crate::seal::Keyring;
use crate::seal::Purpose;
use crate::secret::Secret;
use crate::session::key::Locator;
use crate::session::key::SessionKey;
use crate::session::store::Index;
use crate::session::store::Lifespan;
use crate::session::store::SessionStore;

/// A clock that a test moves.
#[derive(Debug)]
pub struct MovedClock(AtomicI64);

impl MovedClock {
    /// Stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_unix()))
    }

    /// Lets `time` pass.
    pub fn pass(&self, time: Duration) {
        self.jump(i64::try_from(time.as_secs()).unwrap());
    }

    /// Jumps by `seconds`, back if they are negative.
    pub fn jump(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// A store under test, and the hand that moves its time.
pub trait Bench: Sync {
    /// The store.
    type Store: SessionStore + Attempts;

    /// The store.
    fn store(&self) -> &Self::Store;

    /// The present moment, to the store and to the test.
    fn now(&self) -> Timestamp;

    /// Lets `time` pass, for the clock and for what the store holds.
    fn pass(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

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
    an_attempt_is_claimed_once(bench).await;
    of_two_claims_at_once_one_wins(bench).await;
    a_claim_ends_with_the_life_of_its_attempt(bench).await;
    an_outcome_is_kept_for_a_minute(bench).await;
}

/// The store can be asked whether it is there.
pub async fn a_store_answers(bench: &impl Bench) {
    bench.store().ping().await.unwrap();
}

/// The value comes back byte for byte, with the time that it has left, and is gone once that is over.
pub async fn a_session_is_found_until_its_time_is_over(bench: &impl Bench) {
    let (store, session) = (bench.store(), locator());
    let value: Vec<u8> = (0..=255).collect();
    store.put(&session, value.clone(), HOUR).await.unwrap();
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
    store.put(&one, b"one".to_vec(), HOUR).await.unwrap();
    store.put(&two, b"two".to_vec(), HOUR).await.unwrap();
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
    store.put(&one, b"x".to_vec(), HOUR).await.unwrap();
    store.put(&two, b"x".to_vec(), HOUR).await.unwrap();
    assert_eq!(store.delete(&[one.clone(), none, two.clone()]).await, Ok(2));
    assert_eq!(store.get(&[one, two]).await, Ok(vec![None, None]));
    assert_eq!(store.delete(&[]).await, Ok(0));
}

/// The value stays as it was; only its end moves.
pub async fn a_touch_prolongs_what_exists(bench: &impl Bench) {
    let (store, session) = (bench.store(), locator());
    store.put(&session, b"x".to_vec(), HOUR).await.unwrap();
    bench.pass(HOUR / 2).await;
    store.touch(&session, HOUR);
    eventually_left(bench, &session, HOUR).await;
    bench.pass(HOUR.checked_sub(MINUTE).unwrap()).await;
    assert_eq!(value_of(bench, &session).await, Some(b"x".to_vec()));
}

/// A request that was under way when the session ended does not revive it.
pub async fn a_touch_after_an_end_brings_nothing_back(bench: &impl Bench) {
    let (store, session, witness) = (bench.store(), locator(), locator());
    store.put(&session, b"x".to_vec(), HOUR).await.unwrap();
    store.put(&witness, b"x".to_vec(), HOUR).await.unwrap();
    assert_eq!(store.delete(std::slice::from_ref(&session)).await, Ok(1));
    store.touch(&session, HOUR);
    // A touch is not waited for. Once a later one is done, so is this one.
    store.touch(&witness, HOUR * 2);
    eventually_left(bench, &witness, HOUR * 2).await;
    assert_eq!(value_of(bench, &session).await, None);
}

/// A session is on the list until its absolute end; the next one that comes takes it off.
pub async fn a_list_loses_what_is_past(bench: &impl Bench) {
    let (store, list, short, long) = (bench.store(), Index::Subject(tag()), locator(), locator());
    store.list(&list, &short, term(bench, HOUR)).await.unwrap();
    store.list(&list, &long, term(bench, HOUR * 3)).await.unwrap();
    assert_eq!(listed(bench, &list).await, sorted([short.clone(), long.clone()]));
    bench.pass(HOUR).await;
    let new = locator();
    store.list(&list, &new, term(bench, HOUR)).await.unwrap();
    assert_eq!(listed(bench, &list).await, sorted([long, new]));
}

/// After the absolute timeout was shortened, a session of before outlives the new ones.
pub async fn a_list_lives_as_long_as_its_longest_session(bench: &impl Bench) {
    let (store, list, long, short) = (bench.store(), Index::Subject(tag()), locator(), locator());
    store.list(&list, &long, term(bench, HOUR * 8)).await.unwrap();
    store.list(&list, &short, term(bench, HOUR)).await.unwrap();
    bench.pass(HOUR * 2).await;
    assert!(listed(bench, &list).await.contains(&long));
    bench.pass(HOUR * 6).await;
    assert_eq!(listed(bench, &list).await, []);
}

/// A subject and a `sid` never share a list, whatever their tags.
pub async fn lists_of_different_kinds_are_different_lists(bench: &impl Bench) {
    let (store, tag, session) = (bench.store(), tag(), locator());
    let (subject, sid) = (Index::Subject(tag.clone()), Index::ProviderSid(tag));
    store.list(&subject, &session, term(bench, HOUR)).await.unwrap();
    assert_eq!(listed(bench, &sid).await, []);
    let both = [sid, subject];
    assert_eq!(store.listed(&both).await, Ok(vec![session]));
}

/// The newest of several counts.
pub async fn an_end_is_remembered_for_five_minutes(bench: &impl Bench) {
    let (store, one, two) = (bench.store(), Index::Subject(tag()), Index::ProviderSid(tag()));
    let both = [one.clone(), two.clone()];
    assert_eq!(store.last_ended(&both).await, Ok(None));
    let first = bench.now();
    store.mark_ended(&both, first).await.unwrap();
    bench.pass(MINUTE).await;
    store.mark_ended(&[two], bench.now()).await.unwrap();
    assert_eq!(store.last_ended(&both).await, Ok(Some(bench.now())));
    assert_eq!(
        store.last_ended(std::slice::from_ref(&one)).await,
        Ok(Some(first))
    );
    bench.pass(MINUTE * 4).await;
    assert_eq!(store.last_ended(&[one]).await, Ok(None));
    bench.pass(MINUTE).await;
    assert_eq!(store.last_ended(&both).await, Ok(None));
}

/// However many there are; one that ended or lapsed is on none.
pub async fn every_live_session_is_on_a_page(bench: &impl Bench) {
    let store = bench.store();
    let (ended, lapsed) = (locator(), locator());
    let many: Vec<Locator> = (0..1200).map(|_| locator()).collect();
    for session in many.iter().chain([&ended]) {
        store.put(session, b"x".to_vec(), HOUR * 2).await.unwrap();
    }
    store.put(&lapsed, b"x".to_vec(), HOUR).await.unwrap();
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

/// The second caller learns how long ago the first one came.
pub async fn an_attempt_is_claimed_once(bench: &impl Bench) {
    let (store, id) = (bench.store(), attempt());
    let until = bench.now().plus(HOUR);
    assert_eq!(store.claim(&id, bench.now(), until).await.unwrap(), Claim::Won);
    bench.pass(MINUTE).await;
    let lost = store.claim(&id, bench.now(), until).await.unwrap();
    assert_eq!(lost, Claim::Lost { age: MINUTE });
    let other = store.claim(&attempt(), bench.now(), until).await.unwrap();
    assert_eq!(other, Claim::Won);
}

/// Both callbacks of a double click arrive together.
pub async fn of_two_claims_at_once_one_wins(bench: &impl Bench) {
    let (store, id, now) = (bench.store(), attempt(), bench.now());
    let until = now.plus(HOUR);
    let (one, two) = tokio::join!(store.claim(&id, now, until), store.claim(&id, now, until));
    let age = Duration::ZERO;
    let claims = [one.unwrap(), two.unwrap()];
    assert!(
        claims.contains(&Claim::Won) && claims.contains(&Claim::Lost { age }),
        "{claims:?}"
    );
}

/// It is worth nothing after that, so it need not be remembered; before that it always is.
pub async fn a_claim_ends_with_the_life_of_its_attempt(bench: &impl Bench) {
    let (store, id) = (bench.store(), attempt());
    let until = bench.now().plus(MINUTE * 30);
    assert_eq!(store.claim(&id, bench.now(), until).await.unwrap(), Claim::Won);
    bench.pass(MINUTE * 29).await;
    let age = MINUTE * 29;
    assert_eq!(
        store.claim(&id, bench.now(), until).await.unwrap(),
        Claim::Lost { age }
    );
    bench.pass(MINUTE).await;
    let next = bench.now().plus(MINUTE);
    assert_eq!(store.claim(&id, bench.now(), next).await.unwrap(), Claim::Won);
}

/// The loser of the claim finds what the winner left, as long as its browser waits.
pub async fn an_outcome_is_kept_for_a_minute(bench: &impl Bench) {
    let (store, id) = (bench.store(), attempt());
    assert_eq!(store.outcome(&id).await.unwrap(), None);
    store.finish(&id, vec![0, 255, 13, 10]).await.unwrap();
    assert_eq!(store.outcome(&id).await.unwrap(), Some(vec![0, 255, 13, 10]));
    assert_eq!(store.outcome(&attempt()).await.unwrap(), None);
    bench.pass(MINUTE).await;
    assert_eq!(store.outcome(&id).await.unwrap(), None);
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

async fn value_of(bench: &impl Bench, session: &Locator) -> Option<Vec<u8>> {
    let mut found = bench.store().get(std::slice::from_ref(session)).await.unwrap();
    found.pop().unwrap().map(|stored| stored.value)
}

/// What is left, to the second.
async fn left(bench: &impl Bench, session: &Locator) -> Option<Duration> {
    let mut found = bench.store().get(std::slice::from_ref(session)).await.unwrap();
    let left = found.pop().unwrap()?.left;
    // A real store counts on while we look.
    Some(Duration::from_secs(
        left.as_millis().div_ceil(1000).try_into().unwrap(),
    ))
}

async fn eventually_left(bench: &impl Bench, session: &Locator, wanted: Duration) {
    let looks = async {
        while left(bench, session).await != Some(wanted) {
            tokio::task::yield_now().await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(5), looks).await;
    assert!(seen.is_ok(), "the touch never came");
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

fn term(bench: &impl Bench, lives: Duration) -> Lifespan {
    let now = bench.now();
    Lifespan {
        now,
        ends_at: now.plus(lives),
    }
}

fn locator() -> Locator {
    SessionKey::generate().unwrap().locator().unwrap()
}

fn tag() -> seal::Tag {
    let keyring = Keyring::new(&[Secret::new(seal::random::<32>().unwrap())]).unwrap();
    keyring.tag(Purpose::SubjectTag, &[]).unwrap()
}

fn attempt() -> AttemptId {
    AttemptId::generate().unwrap()
}
