//! The session store over a real Redis: what it must do, and what it says when Redis is slow, refuses, lies or is gone.

pub(crate) mod examine;
pub(crate) mod journey;
pub(crate) mod outage;
pub(crate) mod refusal;
mod wire;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::clock::Timestamp;
use guichet::secret::Secret;
use guichet::session::conformance;
use guichet::session::conformance::Bench;
use guichet::session::conformance::MovedClock;
use guichet::session::key::Locator;
use guichet::session::key::SessionKey;
use guichet::session::redis::RedisStore;
use guichet::session::store::SessionStore;

use crate::support::redis::Redis;

const HOUR: Duration = Duration::from_hours(1);

/// A store, the Redis behind it, and one clock for both.
struct RedisBench {
    store: RedisStore,
    redis: Redis,
    clock: Arc<MovedClock>,
}

impl RedisBench {
    fn over(redis: Redis) -> Self {
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
fn pass(redis: &Redis, clock: &MovedClock, time: Duration) {
    for stored in redis.dump() {
        let key = String::from_utf8_lossy(&stored.key);
        assert!(stored.left.is_some(), "{key} has no end");
    }
    clock.pass(time);
    redis.advance(time);
}

fn clock() -> Arc<MovedClock> {
    Arc::new(MovedClock::at(Timestamp::from_unix(1_800_000_000)))
}

fn store(url: &str) -> RedisStore {
    RedisStore::new(&Secret::new(url), "guichet:".to_owned()).unwrap()
}

fn locator() -> Locator {
    SessionKey::generate().unwrap().locator().unwrap()
}

/// Asks again and again until the store answers.
async fn eventually_answers(store: &RedisStore) {
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

#[tokio::test(flavor = "multi_thread")]
async fn the_redis_store_conforms() {
    conformance::all(&RedisBench::over(Redis::start())).await;
}

/// One key a command: a cluster of one node refuses whatever touches two slots.
#[tokio::test(flavor = "multi_thread")]
async fn the_redis_store_conforms_in_cluster_mode() {
    let node = Redis::node();
    node.say(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    node.is_in_its_cluster();
    conformance::all(&RedisBench::over(node)).await;
}

pub(crate) async fn two_prefixes_share_a_redis_and_not_a_session() {
    let redis = Redis::start();
    let one = store(&redis.url());
    let other = RedisStore::new(&Secret::new(redis.url()), "other:".to_owned()).unwrap();
    let session = locator();
    one.put(&session, b"x".to_vec(), HOUR).await.unwrap();
    assert_eq!(other.get(std::slice::from_ref(&session)).await, Ok(vec![None]));
    assert_eq!(other.delete(std::slice::from_ref(&session)).await, Ok(0));
    assert!(one.get(&[session]).await.unwrap()[0].is_some());
}

/// Several sessions, their values and times, in one go: nothing is answered before everything was asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_is_one_round_trip() {
    let redis = Redis::start();
    let direct = store(&redis.url());
    let sessions = [locator(), locator(), locator()];
    for session in &sessions {
        direct.put(session, b"x".to_vec(), HOUR).await.unwrap();
    }
    let relay = wire::Relay::before(redis.port(), Some(("PTTL", 3))).await;
    let found = store(&relay.url()).get(&sessions).await.unwrap();
    assert_eq!(found.iter().flatten().count(), 3);
}
