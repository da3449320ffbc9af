//! The store over a real Redis does what a store must, also in a cluster of one node, and shares its Redis with another.

use guichet::secret::Secret;
use guichet::session::conformance;
use guichet::session::conformance::bench::put;
use guichet::session::redis::RedisStore;
use guichet::session::store::SessionStore;

use super::bench::HOUR;
use super::bench::RedisBench;
use super::bench::locator;
use super::bench::store;
use super::wire;
use crate::support::redis::Redis;

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
    put(&one, &session, b"x", HOUR).await.unwrap();
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
        put(&direct, session, b"x", HOUR).await.unwrap();
    }
    let relay = wire::Relay::before(redis.port(), Some(("PTTL", 3))).await;
    let found = store(&relay.url()).get(&sessions).await.unwrap();
    assert_eq!(found.iter().flatten().count(), 3);
}
