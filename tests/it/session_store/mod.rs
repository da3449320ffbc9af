//! The session store over a real Redis: what it must do, and what it says when Redis is slow, refuses, lies or is gone.

pub(crate) mod examine;
pub(crate) mod journey;
pub(crate) mod outage;
pub(crate) mod refusal;
pub(crate) mod server;
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

use server::RedisServer;

const HOUR: Duration = Duration::from_hours(1);

/// A store, the Redis behind it, and one clock for both.
struct RedisBench {
    store: RedisStore,
    server: RedisServer,
    clock: Arc<MovedClock>,
}

impl RedisBench {
    fn over(server: RedisServer, who: &str) -> Self {
        Self {
            store: store(&server.url(who)),
            server,
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
        self.clock.pass(time);
        self.server.pass(time);
        Box::pin(std::future::ready(()))
    }
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
    let bench = RedisBench::over(RedisServer::start(&[], ""), "");
    conformance::all(&bench).await;
}

/// One key a command: a cluster of one node refuses whatever touches two slots.
#[tokio::test(flavor = "multi_thread")]
async fn the_redis_store_conforms_in_cluster_mode() {
    let server = RedisServer::start(&["--cluster-enabled", "yes"], "");
    server.admin::<()>(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    while !server
        .admin::<String>(&["CLUSTER", "INFO"])
        .contains("cluster_state:ok")
    {
        std::thread::yield_now();
    }
    conformance::all(&RedisBench::over(server, "")).await;
}

pub(crate) async fn two_prefixes_share_a_redis_and_not_a_session() {
    let server = RedisServer::start(&[], "");
    let one = store(&server.url(""));
    let other = RedisStore::new(&Secret::new(server.url("")), "other:".to_owned()).unwrap();
    let session = locator();
    one.put(&session, b"x".to_vec(), HOUR).await.unwrap();
    assert_eq!(other.get(std::slice::from_ref(&session)).await, Ok(vec![None]));
    assert_eq!(other.delete(std::slice::from_ref(&session)).await, Ok(0));
    assert!(one.get(&[session]).await.unwrap()[0].is_some());
}

/// Several sessions, their values and times, in one go: nothing is answered before everything was asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_is_one_round_trip() {
    let server = RedisServer::start(&[], "");
    let direct = store(&server.url(""));
    let sessions = [locator(), locator(), locator()];
    for session in &sessions {
        direct.put(session, b"x".to_vec(), HOUR).await.unwrap();
    }
    let relay = wire::Relay::before(server.port(), Some(("PTTL", 3))).await;
    let found = store(&relay.url()).get(&sessions).await.unwrap();
    assert_eq!(found.iter().flatten().count(), 3);
}
