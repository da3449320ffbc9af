//! Redis answers, but not what was asked for: never taken for "there is none", and over once the cause is.

use std::time::Duration;

use guichet::clock::Timestamp;
use guichet::oidc::attempts::AttemptId;
use guichet::oidc::attempts::Attempts;
use guichet::secret::Secret;
use guichet::session::conformance;
use guichet::session::conformance::bench::put;
use guichet::session::conformance::bench::tag;
use guichet::session::redis::RedisStore;
use guichet::session::redis::link::RedisUrlError;
use guichet::session::store::Beginning;
use guichet::session::store::Index;
use guichet::session::store::Lifespan;
use guichet::session::store::SessionStore;
use guichet::session::store::StoreError;

use super::bench::HOUR;
use super::bench::RedisBench;
use super::bench::eventually_answers;
use super::bench::locator;
use super::bench::store;
use super::wire;
use crate::support::ports::free_port;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::redis::documented_rules;
use crate::support::resp::Reply;

fn refused(command: &'static str, code: &str) -> StoreError {
    StoreError::Refused {
        command,
        code: code.to_owned(),
    }
}

async fn read(store: &RedisStore) -> Result<(), StoreError> {
    store
        .get(&[locator()])
        .await
        .map(|found| assert_eq!(found, [None]))
}

async fn write(store: &RedisStore) -> Result<(), StoreError> {
    put(store, &locator(), b"x", HOUR).await
}

pub(super) fn under_the_access_list() -> Redis {
    Redis::start_with(Options {
        access: Some(documented_rules()),
        ..Options::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_conforms_under_exactly_the_documented_access_list() {
    let bench = RedisBench::over(under_the_access_list());
    conformance::all(&bench).await;
    let denied = bench.redis.say(&["ACL", "LOG"]);
    assert_eq!(denied, Reply::List(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_documented_command_is_needed_and_a_missing_one_is_named() {
    let bench = RedisBench::over(under_the_access_list());
    let rules = documented_rules();
    let commands: Vec<&str> = rules
        .split(' ')
        .filter_map(|word| word.strip_prefix('+'))
        .collect();
    assert_eq!(commands.len(), 10);
    for command in commands {
        bench
            .redis
            .say(&["ACL", "SETUSER", "guichet", &format!("-{command}")]);
        let failures = failures_of_every_operation(&bench.store).await;
        bench
            .redis
            .say(&["ACL", "SETUSER", "guichet", &format!("+{command}")]);
        let named = format!("refused {}: NOPERM", command.to_uppercase());
        assert!(!failures.is_empty(), "{command} is not needed");
        assert!(
            failures.iter().all(|failure| failure.contains(&named)),
            "{failures:?}"
        );
    }
    assert_eq!(
        failures_of_every_operation(&bench.store).await,
        Vec::<String>::new()
    );
}

/// The errors of every operation that is waited for.
async fn failures_of_every_operation(store: &RedisStore) -> Vec<String> {
    let list = [Index::Subject(tag())];
    let now = Timestamp::from_unix(1_800_000_000);
    let ends_at = now.plus(HOUR);
    let attempt = AttemptId::generate().unwrap();
    let new = Beginning {
        locator: &locator(),
        value: b"x",
        lives: HOUR,
        term: Lifespan { now, ends_at },
        lists: &list,
        ended_under: &list,
    };
    let results = [
        store.ping().await.err(),
        read(store).await.err(),
        write(store).await.err(),
        store.delete(&[locator()]).await.err(),
        store.begin(new).await.err(),
        store.listed(&list).await.err(),
        store.mark_ended(&list, now).await.err(),
        store.page(None).await.err(),
    ];
    let mut failures: Vec<String> = results.iter().flatten().map(ToString::to_string).collect();
    for failed in [
        store.claim(&attempt, now, ends_at).await.err(),
        store.finish(&attempt, Vec::new()).await.err(),
        store.outcome(&attempt).await.err(),
    ] {
        failures.extend(failed.map(|error| std::error::Error::source(&error).unwrap().to_string()));
    }
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_takes_no_session_and_answers_look_ups() {
    let redis = Redis::start();
    let store = store(&redis.url());
    redis.say(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(write(&store).await, Err(refused("SET", "OOM")));
    assert_eq!(read(&store).await, Ok(()));
    redis.say(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(write(&store).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_takes_no_session_and_a_stale_one_answers_nothing() {
    let redis = Redis::start_with(Options {
        arguments: &["--replica-serve-stale-data", "no"],
        ..Options::default()
    });
    let store = store(&redis.url());
    assert_eq!(write(&store).await, Ok(()));
    let nobody = free_port().to_string();
    redis.say(&["REPLICAOF", "127.0.0.1", &nobody]);
    assert_eq!(read(&store).await, Err(refused("GET", "MASTERDOWN")));
    redis.say(&["CONFIG", "SET", "replica-serve-stale-data", "yes"]);
    assert_eq!(write(&store).await, Err(refused("SET", "READONLY")));
    redis.say(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(write(&store).await, Ok(()));
}

/// After a fail-over the same name leads to the new primary, while the old connection still stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_a_former_primary_is_given_up() {
    let (old, new) = (Redis::start(), Redis::start());
    let relay = wire::Relay::before(old.port(), None).await;
    let store = store(&relay.url());
    assert_eq!(write(&store).await, Ok(()));
    old.say(&["REPLICAOF", "127.0.0.1", &new.port().to_string()]);
    relay.lead_to(new.port());
    assert_eq!(write(&store).await, Err(refused("SET", "READONLY")));
    eventually_answers(&store).await;
    assert_eq!(write(&store).await, Ok(()));
    assert_eq!(new.keys().len(), 1);
}

pub(crate) async fn a_password_that_is_missing_or_wrong_is_a_failure_and_mended_without_a_restart() {
    let redis = under_the_access_list();
    redis.say(&[
        "ACL",
        "SETUSER",
        "default",
        "on",
        "resetpass",
        ">right",
        "~*",
        "+@all",
    ]);
    let (without, wrong) = (store(&redis.url_of("")), store(&redis.url_of(":s3cret-pass@")));
    assert_eq!(read(&without).await, Err(refused("GET", "NOAUTH")));
    for _ in 0..3 {
        let failure = read(&wrong).await.unwrap_err();
        assert_eq!(failure, StoreError::Credentials);
        assert!(!format!("{failure} {failure:?} {wrong:?}").contains("s3cret-pass"));
    }
    redis.say(&["CONFIG", "SET", "requirepass", "s3cret-pass"]);
    eventually_answers(&wrong).await;
    assert_eq!(read(&wrong).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_loads_its_data_has_not_lost_any() {
    let mut redis = Redis::start();
    let (store, session) = (store(&redis.url()), locator());
    put(&store, &session, b"x", HOUR).await.unwrap();
    for number in 0..2000 {
        let key = format!("filler:{number}");
        redis.say(&["SET", &key, "x", "EX", "3600"]);
    }
    redis.say(&["SAVE"]);
    redis.kill();
    let slowly = [
        "--key-load-delay",
        "2000",
        "--loading-process-events-interval-bytes",
        "1024",
    ];
    redis.resume_until("Loading RDB", &slowly);
    let mut seen = Vec::new();
    while seen.last() != Some(&Ok(vec![true])) {
        let found = store.get(std::slice::from_ref(&session)).await;
        seen.push(found.map(|found| found.iter().map(Option::is_some).collect::<Vec<bool>>()));
        assert!(seen.len() < 1_000_000, "never loaded");
    }
    assert!(seen.contains(&Err(refused("GET", "LOADING"))));
    assert!(!seen.contains(&Ok(vec![false])), "a loading Redis was believed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_node_without_the_slot_is_a_failure() {
    let (one, two) = (Redis::node(), Redis::node());
    assert_eq!(read(&store(&one.url())).await, Err(refused("GET", "CLUSTERDOWN")));
    two.say(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    one.meets(&two);
    one.is_in_its_cluster();
    assert_eq!(read(&store(&one.url())).await, Err(refused("GET", "MOVED")));
}

pub(crate) async fn an_answer_that_the_command_cannot_mean_is_no_miss() {
    let nested = [b"*1\r\n".repeat(10_000), b"$-1\r\n".to_vec()].concat();
    let answers: [(&str, Vec<u8>); 9] = [
        ("a number for a value", b":5\r\n:5\r\n".to_vec()),
        ("a list for a value", b"*0\r\n:5\r\n".to_vec()),
        ("a text for a time", b"$-1\r\n+OK\r\n".to_vec()),
        ("nothing for a time", b"$1\r\nx\r\n$-1\r\n".to_vec()),
        ("ten thousand lists", nested),
        ("two gigabytes announced", b"$2147483647\r\nx".to_vec()),
        ("a negative length", b"$-5\r\n".to_vec()),
        ("another protocol", b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
        (
            "an odd error",
            b"-\x1b[31m key guichet:session:x\r\n:5\r\n".to_vec(),
        ),
    ];
    for (what, answer) in answers {
        let store = store(&wire::scripted(answer).await);
        let began = tokio::time::Instant::now();
        let failure = store.get(&[locator()]).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(3), "{what}");
        assert!(
            !format!("{failure} {failure:?}").contains("guichet:session"),
            "{what}: {failure}"
        );
    }
}

#[test]
fn an_address_that_cannot_be_used_is_refused_and_not_quoted() {
    for (url, why) in [
        ("", RedisUrlError::NotAnAddress),
        ("http://u:s3cret@host", RedisUrlError::NotAnAddress),
        ("redis://u:s3cret@host:port", RedisUrlError::NotAnAddress),
        ("rediss://u:s3cret@host/#insecure", RedisUrlError::Unverified),
    ] {
        let refused = RedisStore::new(&Secret::new(url), "guichet:".to_owned()).unwrap_err();
        assert_eq!(refused, why, "{url}");
        assert!(!format!("{refused} {refused:?}").contains("s3cret"));
    }
}
