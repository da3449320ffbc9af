//! A store over a real Redis, with one clock for both.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::clock::Timestamp;
use guichet::secret::Secret;
use guichet::session::conformance::bench::Bench;
use guichet::session::conformance::bench::MovedClock;
use guichet::session::key::Locator;
use guichet::session::key::SessionKey;
use guichet::session::redis::RedisStore;
use guichet::session::store::SessionStore;

use crate::support::redis::Redis;

pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// A store, the Redis behind it, and one clock for both.
pub(crate) struct RedisBench {
    pub(crate) store: RedisStore,
    pub(crate) redis: Redis,
    pub(crate) clock: Arc<MovedClock>,
}

impl RedisBench {
    pub(crate) fn over(redis: Redis) -> Self {
        Self {
            store: store(&redis.url()),
            redis,
            clock: clock(),
        }
    }
}

impl Bench for RedisBench {
    type Store = RedisStore;

    fn store(&self) -> &RedisStore {
        &self.store
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pass(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        pass(&self.redis, &self.clock, time);
        Box::pin(std::future::ready(()))
    }
}

/// Time goes by for both; nothing may be kept for ever.
pub(crate) fn pass(redis: &Redis, clock: &MovedClock, time: Duration) {
    for stored in redis.dump() {
        let key = String::from_utf8_lossy(&stored.key);
        assert!(stored.left.is_some(), "{key} has no end");
    }
    clock.pass(time);
    redis.advance(time);
}

pub(crate) fn clock() -> Arc<MovedClock> {
    Arc::new(MovedClock::at(Timestamp::from_unix(1_800_000_000)))
}

pub(crate) fn store(url: &str) -> RedisStore {
    RedisStore::new(&Secret::new(url), "guichet:".to_owned()).unwrap()
}

pub(crate) fn locator() -> Locator {
    SessionKey::generate().unwrap().locator().unwrap()
}

/// Asks again and again until the store answers.
pub(crate) async fn eventually_answers(store: &RedisStore) {
    let asks = async {
        while store.ping().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let answered = tokio::time::timeout(Duration::from_secs(20), asks).await;
    assert!(
        answered.is_ok(),
        "the store did not recover: {:?}",
        store.ping().await
    );
}

/// A scene over the store itself, without a gateway.
pub(crate) fn on_a_runtime(scene: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(scene);
}
