//! The store of one process: nothing to install, gone with the process, bounded.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::oidc::attempts::AttemptId;
use crate::oidc::attempts::Attempts;
use crate::oidc::attempts::AttemptsError;
use crate::oidc::attempts::Claim;
use crate::oidc::attempts::OUTCOME_LIFETIME;
use crate::oidc::attempts::Pending;
use crate::oidc::replay::Recalling;
use crate::oidc::replay::ReplayError;
use crate::oidc::replay::Replays;
use crate::oidc::replay::Seen;
use crate::oidc::replay::TokenId;
use crate::session::key::Locator;
use crate::session::store::Beginning;
use crate::session::store::END_MARK_LIFETIME;
use crate::session::store::Index;
use crate::session::store::Page;
use crate::session::store::Reply;
use crate::session::store::SessionStore;
use crate::session::store::StoreError;
use crate::session::store::Stored;

/// How many keys of one kind are kept. At 2 KiB a session this is about 200 MiB.
const CAPACITY: usize = 100_000;
/// How often what is past is thrown away, if nothing asks for it.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// Sessions and attempts of one process.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    prefix: String,
    shelves: Mutex<Shelves>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(prefix: String, clock: Arc<dyn Clock>) -> Self {
        Self::with_capacity(prefix, clock, CAPACITY)
    }

    /// An empty store that keeps at most `capacity` keys of each kind.
    pub fn with_capacity(prefix: String, clock: Arc<dyn Clock>, capacity: usize) -> Self {
        let shelves = Mutex::new(Shelves {
            sessions: Shelf::new(capacity),
            indexes: Shelf::new(capacity),
            end_marks: Shelf::new(capacity),
            claims: Shelf::new(capacity),
            outcomes: Shelf::new(capacity),
            logout_tokens: Shelf::new(capacity),
        });
        Self {
            clock,
            prefix,
            shelves,
        }
    }

    fn open(&self) -> (MutexGuard<'_, Shelves>, Timestamp) {
        // Every change is one insertion or removal: a panic elsewhere left nothing half done.
        let shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        (shelves, self.clock.now())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shelves, _now) = self.open();
        f.debug_struct("MemoryStore")
            .field("sessions", &shelves.sessions.entries.len())
            .finish_non_exhaustive()
    }
}

struct Shelves {
    sessions: Shelf<Locator, Vec<u8>>,
    indexes: Shelf<Index, BTreeMap<Locator, Timestamp>>,
    end_marks: Shelf<Index, Timestamp>,
    claims: Shelf<AttemptId, Timestamp>,
    outcomes: Shelf<AttemptId, Vec<u8>>,
    logout_tokens: Shelf<TokenId, ()>,
}

struct Kept<V> {
    value: V,
    until: Timestamp,
}

/// Values that end. One that is past is not there, whether it was thrown away or not.
struct Shelf<K, V> {
    entries: HashMap<K, Kept<V>>,
    capacity: usize,
    next_sweep: Timestamp,
}

impl<K: Clone + Eq + std::hash::Hash, V> Shelf<K, V> {
    fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            capacity,
            next_sweep: Timestamp::from_unix(0),
        }
    }

    fn get(&self, key: &K, now: Timestamp) -> Option<&Kept<V>> {
        self.entries.get(key).filter(|kept| kept.until > now)
    }

    fn put(&mut self, key: &K, value: V, now: Timestamp, until: Timestamp) -> Result<(), StoreError> {
        let is_full = self.entries.len() >= self.capacity;
        if is_full || now >= self.next_sweep {
            self.entries.retain(|_, kept| kept.until > now);
            self.next_sweep = now.plus(SWEEP_INTERVAL);
        }
        if self.entries.len() >= self.capacity && !self.entries.contains_key(key) {
            return Err(StoreError::Full);
        }
        self.entries.insert(key.clone(), Kept { value, until });
        Ok(())
    }

    fn touch(&mut self, key: &K, now: Timestamp, until: Timestamp) {
        if let Some(kept) = self.entries.get_mut(key).filter(|kept| kept.until > now) {
            kept.until = until;
        }
    }

    fn remove(&mut self, key: &K, now: Timestamp) -> bool {
        self.entries.remove(key).is_some_and(|kept| kept.until > now)
    }
}

impl Shelves {
    fn begin(&mut self, new: Beginning<'_>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        for list in new.lists {
            let listed = self.indexes.get(list, now).map(|kept| kept.value.clone());
            let mut listed = listed.unwrap_or_default();
            listed.retain(|_, ends_at| *ends_at > new.term.now);
            listed.insert(new.locator.clone(), new.term.ends_at);
            let until = listed.values().max().copied().unwrap_or(new.term.ends_at);
            self.indexes.put(list, listed, now, until)?;
        }
        self.sessions
            .put(new.locator, new.value.to_vec(), now, now.plus(new.lives))?;
        let ended = new
            .ended_under
            .iter()
            .filter_map(|index| self.end_marks.get(index, now));
        Ok(ended.map(|kept| kept.value).max())
    }
}

impl SessionStore for MemoryStore {
    fn prefix(&self) -> &str {
        &self.prefix
    }

    fn get<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, Vec<Option<Stored>>> {
        let (shelves, now) = self.open();
        let stored = |locator| {
            shelves.sessions.get(locator, now).map(|kept| Stored {
                value: kept.value.clone(),
                left: kept.until.since(now),
            })
        };
        ready(Ok(locators.iter().map(stored).collect()))
    }

    fn begin<'a>(&'a self, new: Beginning<'a>) -> Reply<'a, Option<Timestamp>> {
        let (mut shelves, now) = self.open();
        ready(shelves.begin(new, now))
    }

    fn touch(&self, locator: &Locator, lives: Duration) {
        let (mut shelves, now) = self.open();
        shelves.sessions.touch(locator, now, now.plus(lives));
    }

    fn delete<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, usize> {
        let (mut shelves, now) = self.open();
        let deleted = locators
            .iter()
            .filter(|locator| shelves.sessions.remove(locator, now))
            .count();
        ready(Ok(deleted))
    }

    fn listed<'a>(&'a self, indexes: &'a [Index]) -> Reply<'a, Vec<Locator>> {
        let (shelves, now) = self.open();
        let listed = indexes
            .iter()
            .filter_map(|index| shelves.indexes.get(index, now))
            .flat_map(|kept| kept.value.keys().cloned());
        ready(Ok(listed.collect()))
    }

    fn mark_ended<'a>(&'a self, indexes: &'a [Index], at: Timestamp) -> Reply<'a, ()> {
        let (mut shelves, now) = self.open();
        let until = now.plus(END_MARK_LIFETIME);
        let marked = indexes
            .iter()
            .try_for_each(|index| shelves.end_marks.put(index, at, now, until));
        ready(marked)
    }

    fn page(&self, _from: Option<u64>) -> Reply<'_, Page> {
        let (shelves, now) = self.open();
        let live = shelves.sessions.entries.iter();
        let live = live.filter(|(_, kept)| kept.until > now);
        ready(Ok(Page {
            locators: live.map(|(locator, _)| locator.clone()).collect(),
            next: None,
        }))
    }

    fn ping(&self) -> Reply<'_, ()> {
        ready(Ok(()))
    }
}

impl Attempts for MemoryStore {
    fn claim<'a>(&'a self, id: &'a AttemptId, now: Timestamp, lives_until: Timestamp) -> Pending<'a, Claim> {
        let (mut shelves, at) = self.open();
        if let Some(claimed) = shelves.claims.get(id, at) {
            let age = now.since(claimed.value);
            return Box::pin(std::future::ready(Ok(Claim::Lost { age })));
        }
        let until = at.plus(lives_until.since(now).max(Duration::from_secs(1)));
        let claimed = shelves.claims.put(id, now, at, until);
        Box::pin(std::future::ready(
            claimed.map(|()| Claim::Won).map_err(AttemptsError::new),
        ))
    }

    fn finish<'a>(&'a self, id: &'a AttemptId, outcome: Vec<u8>) -> Pending<'a, ()> {
        let (mut shelves, now) = self.open();
        let put = shelves.outcomes.put(id, outcome, now, now.plus(OUTCOME_LIFETIME));
        Box::pin(std::future::ready(put.map_err(AttemptsError::new)))
    }

    fn outcome<'a>(&'a self, id: &'a AttemptId) -> Pending<'a, Option<Vec<u8>>> {
        let (shelves, now) = self.open();
        let outcome = shelves.outcomes.get(id, now).map(|kept| kept.value.clone());
        Box::pin(std::future::ready(Ok(outcome)))
    }
}

impl Replays for MemoryStore {
    fn recall<'a>(&'a self, id: &'a TokenId) -> Recalling<'a, Seen> {
        let (shelves, now) = self.open();
        let seen = match shelves.logout_tokens.get(id, now) {
            Some(_) => Seen::Before,
            None => Seen::Never,
        };
        Box::pin(std::future::ready(Ok(seen)))
    }

    fn remember<'a>(&'a self, id: &'a TokenId, lives: Duration) -> Recalling<'a, ()> {
        let (mut shelves, now) = self.open();
        let put = shelves.logout_tokens.put(id, (), now, now.plus(lives));
        Box::pin(std::future::ready(put.map_err(ReplayError::new)))
    }
}

fn ready<'a, T: Send + 'a>(reply: Result<T, StoreError>) -> Reply<'a, T> {
    Box::pin(std::future::ready(reply))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use super::*;
    use crate::session::conformance;
    use crate::session::conformance::bench::Bench;
    use crate::session::conformance::bench::MovedClock;
    use crate::session::conformance::bench::put;
    use crate::session::key::SessionKey;

    struct Memory {
        store: MemoryStore,
        clock: Arc<MovedClock>,
    }

    impl Memory {
        fn with_capacity(capacity: usize) -> Self {
            let clock = Arc::new(MovedClock::at(Timestamp::from_unix(1_800_000_000)));
            let handed_in: Arc<dyn Clock> = Arc::<MovedClock>::clone(&clock);
            let store = MemoryStore::with_capacity("guichet:".to_owned(), handed_in, capacity);
            Self { store, clock }
        }
    }

    impl Bench for Memory {
        type Store = MemoryStore;

        fn store(&self) -> &MemoryStore {
            &self.store
        }

        fn now(&self) -> Timestamp {
            self.clock.now()
        }

        fn pass(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            self.clock.pass(time);
            Box::pin(std::future::ready(()))
        }
    }

    #[tokio::test]
    async fn the_memory_store_conforms() {
        conformance::all(&Memory::with_capacity(CAPACITY)).await;
    }

    #[tokio::test]
    async fn a_full_store_refuses_and_loses_nothing() {
        let bench = Memory::with_capacity(2);
        let session = || SessionKey::generate().unwrap().locator().unwrap();
        let (one, two, three) = (session(), session(), session());
        let minute = Duration::from_mins(1);
        put(&bench.store, &one, b"1", minute).await.unwrap();
        put(&bench.store, &two, b"2", minute * 2).await.unwrap();
        assert_eq!(
            put(&bench.store, &three, b"3", minute).await,
            Err(StoreError::Full)
        );
        assert!(bench.store.get(&[one]).await.unwrap()[0].is_some());

        bench.clock.pass(minute);
        put(&bench.store, &three, b"3", minute).await.unwrap();
        assert!(bench.store.get(&[two]).await.unwrap()[0].is_some());
    }

    #[tokio::test]
    async fn what_is_past_is_thrown_away() {
        let bench = Memory::with_capacity(CAPACITY);
        for _ in 0..100 {
            let session = SessionKey::generate().unwrap().locator().unwrap();
            put(&bench.store, &session, b"", Duration::from_secs(1))
                .await
                .unwrap();
        }
        bench.clock.pass(SWEEP_INTERVAL);
        let session = SessionKey::generate().unwrap().locator().unwrap();
        put(&bench.store, &session, b"", Duration::from_secs(1))
            .await
            .unwrap();
        assert_eq!(format!("{:?}", bench.store), "MemoryStore { sessions: 1, .. }");
    }
}
