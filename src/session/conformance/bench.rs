//! What the suite is run on: a store, a clock that the test moves, and names that are new each time.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a suite for tests: a panic is its way to fail"
)]

use std::pin::Pin;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::oidc::attempts::Attempts;
use crate::oidc::replay::Replays;
use crate::seal;
use crate::seal::Keyring;
use crate::seal::purpose::Purpose;
use crate::secret::Secret;
use crate::session::key::Locator;
use crate::session::key::SessionKey;
use crate::session::store::Beginning;
use crate::session::store::Index;
use crate::session::store::Lifespan;
use crate::session::store::SessionStore;
use crate::session::store::StoreError;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);

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
    type Store: SessionStore + Attempts + Replays;

    /// The store.
    fn store(&self) -> &Self::Store;

    /// The present moment, to the store and to the test.
    fn now(&self) -> Timestamp;

    /// Lets `time` pass, for the clock and for what the store holds.
    fn pass(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Writes a session that is on no list.
pub async fn put(
    store: &impl SessionStore,
    locator: &Locator,
    value: &[u8],
    lives: Duration,
) -> Result<(), StoreError> {
    let now = Timestamp::from_unix(0);
    let new = Beginning {
        locator,
        value,
        lives,
        term: Lifespan { now, ends_at: now },
        lists: &[],
        ended_under: &[],
    };
    store.begin(new).await.map(|_never_ended| ())
}

/// Writes a session that is on a list.
pub(super) async fn begin_on(bench: &impl Bench, list: &Index, locator: &Locator, lives: Duration) {
    let lists = std::slice::from_ref(list);
    let new = Beginning {
        locator,
        value: b"x",
        lives,
        term: term(bench, lives),
        lists,
        ended_under: &[],
    };
    assert_eq!(bench.store().begin(new).await, Ok(None));
}

/// When one of them was ended last, as a session hears that begins.
pub(super) async fn last_end_heard(bench: &impl Bench, ended_under: &[Index]) -> Option<Timestamp> {
    let new = Beginning {
        locator: &locator(),
        value: b"x",
        lives: HOUR,
        term: term(bench, HOUR),
        lists: &[],
        ended_under,
    };
    bench.store().begin(new).await.unwrap()
}

pub(super) async fn value_of(bench: &impl Bench, session: &Locator) -> Option<Vec<u8>> {
    let mut found = bench.store().get(std::slice::from_ref(session)).await.unwrap();
    found.pop().unwrap().map(|stored| stored.value)
}

/// What is left, to the second.
pub(super) async fn left(bench: &impl Bench, session: &Locator) -> Option<Duration> {
    let mut found = bench.store().get(std::slice::from_ref(session)).await.unwrap();
    let left = found.pop().unwrap()?.left;
    // A real store counts on while we look.
    Some(Duration::from_secs(
        left.as_millis().div_ceil(1000).try_into().unwrap(),
    ))
}

pub(super) async fn eventually_left(bench: &impl Bench, session: &Locator, wanted: Duration) {
    let looks = async {
        while left(bench, session).await != Some(wanted) {
            tokio::task::yield_now().await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(5), looks).await;
    assert!(seen.is_ok(), "the touch never came");
}

pub(super) fn term(bench: &impl Bench, lives: Duration) -> Lifespan {
    let now = bench.now();
    Lifespan {
        now,
        ends_at: now.plus(lives),
    }
}

pub(super) fn locator() -> Locator {
    SessionKey::generate().unwrap().locator().unwrap()
}

/// A tag that no list has yet.
pub fn tag() -> seal::Tag {
    let keyring = Keyring::new(&[Secret::new(seal::random::<32>().unwrap())]).unwrap();
    keyring.tag(Purpose::SubjectTag, &[]).unwrap()
}
