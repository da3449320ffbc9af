//! Redis slow, gone, back again: a request waits half a second, gets a failure, and nobody's answer.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use guichet::secret::Secret;
use guichet::session::conformance::bench::put;
use guichet::session::key::Locator;
use guichet::session::redis::RedisStore;
use guichet::session::redis::link::RedisUrlError;
use guichet::session::store::SessionStore;
use guichet::session::store::StoreError;
use tokio::time::Instant;

use super::bench::HOUR;
use super::bench::eventually_answers;
use super::bench::locator;
use super::bench::store;
use super::wire::Relay;
use crate::support::command::tool;
use crate::support::redis::Durability;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::redis::Transport;

/// A session whose value is its own name, so that a wrong answer shows.
async fn named(store: &RedisStore) -> Locator {
    let session = locator();
    put(store, &session, session.as_str().as_bytes(), HOUR)
        .await
        .unwrap();
    session
}

/// Whether the answer is the session's own.
async fn is_found(store: &RedisStore, session: &Locator) -> Result<bool, StoreError> {
    let found = store.get(std::slice::from_ref(session)).await?;
    let value = found.into_iter().next().unwrap();
    Ok(value.is_some_and(|stored| {
        assert_eq!(
            stored.value,
            session.as_str().as_bytes(),
            "the answer of somebody else"
        );
        true
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_starts_without_redis_and_finds_it_later() {
    let mut redis = Redis::stopped(Options::default());
    let store = store(&redis.url());
    for _ in 0..5 {
        let failure = store.get(&[locator()]).await.unwrap_err();
        assert!(
            matches!(failure, StoreError::Unavailable(_) | StoreError::Timeout),
            "{failure}"
        );
    }
    redis.resume();
    eventually_answers(&store).await;
    let session = named(&store).await;
    assert_eq!(is_found(&store, &session).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_costs_half_a_second_and_recovers() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let session = named(&store).await;
    redis.pause();
    let began = Instant::now();
    let asked = (0..200).map(|_| is_found(&store, &session));
    for answer in join(asked).await {
        assert_eq!(answer, Err(StoreError::Timeout));
    }
    let waited = began.elapsed();
    assert!(
        (Duration::from_millis(450)..Duration::from_secs(3)).contains(&waited),
        "{waited:?}"
    );
    redis.unpause();
    eventually_answers(&store).await;
    for _ in 0..100 {
        assert_eq!(is_found(&store, &session).await, Ok(true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_killed_under_load_loses_nobody_and_lets_nobody_through() {
    let mut redis = Redis::start_with(Options {
        durability: Durability::AppendOnlyEverySync,
        ..Options::default()
    });
    let store = Arc::new(store(&redis.url()));
    let session = named(&store).await;
    let ended = named(&store).await;
    store.delete(std::slice::from_ref(&ended)).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let load: Vec<_> = (0..8)
        .map(|_| {
            let (store, session, ended) = (Arc::clone(&store), session.clone(), ended.clone());
            let stopped = stopped.clone();
            tokio::spawn(async move {
                let mut failures = 0_u32;
                while !*stopped.borrow() {
                    match is_found(&store, &session).await {
                        Ok(is_found) => assert!(is_found, "a person who is signed in was lost"),
                        Err(_) => failures += 1,
                    }
                    if let Ok(is_found) = is_found(&store, &ended).await {
                        assert!(!is_found, "an ended session came back");
                    }
                }
                failures
            })
        })
        .collect();
    for _ in 0..2 {
        redis.kill();
        assert!(is_found(&store, &session).await.is_err());
        redis.resume();
        eventually_answers(&store).await;
    }
    stop.send(true).unwrap();
    let mut failures = 0;
    for task in load {
        failures += task.await.unwrap();
    }
    assert!(failures > 0, "the load never met the outage");
    assert_eq!(is_found(&store, &session).await, Ok(true));
}

/// No reset, no end of stream: the packets of one connection go nowhere, as through a firewall that forgot it.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_silent_is_given_up() {
    let redis = Redis::start();
    let relay = Relay::before(redis.port(), None).await;
    let store = store(&relay.url());
    let session = named(&store).await;
    assert_eq!(relay.connections(), 1);
    relay.swallow();
    assert_eq!(is_found(&store, &session).await, Err(StoreError::Timeout));
    eventually_answers(&store).await;
    assert_eq!(is_found(&store, &session).await, Ok(true));
    assert_eq!(relay.connections(), 2);
}

pub(crate) async fn a_request_that_is_dropped_gives_its_answer_to_nobody() {
    let redis = Redis::start();
    let store = Arc::new(store(&redis.url()));
    let sessions = [named(&store).await, named(&store).await];
    let mut answered = 0_u32;
    for round in 0..50_u64 {
        let tasks: Vec<_> = (0..1000_u64)
            .map(|number| {
                let store = Arc::clone(&store);
                let session = sessions[usize::from(number % 2 == 0)].clone();
                // Some give up before the command is sent, some while it is under way, some never.
                let patience = Duration::from_micros((number * 7 + round * 13) % 4000);
                tokio::spawn(async move {
                    let asked = is_found(&store, &session);
                    if number % 4 == 0 {
                        Some(asked.await)
                    } else {
                        tokio::time::timeout(patience, asked).await.ok()
                    }
                })
            })
            .collect();
        for task in tasks {
            if let Some(found) = task.await.unwrap() {
                assert_eq!(found, Ok(true));
                answered += 1;
            }
        }
    }
    assert!(
        (12_500..50_000).contains(&answered),
        "{answered} answers: nobody gave up, or everybody"
    );
}

/// All of them, in their order.
async fn join<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in waiting.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// The roots are the system's, read from the environment, which a test cannot change for itself: it runs itself again.
pub(crate) fn redis_over_tls_is_verified() {
    let redis = Redis::start_with(Options {
        transport: Transport::Tls,
        ..Options::default()
    });
    let answered = answer_over_tls(&redis.authority().root(), &redis.url());
    assert!(answered.contains("answer: Ok(())"), "{answered}");
    let untrusted = answer_over_tls(Path::new("/etc/ssl/certs/ca-certificates.crt"), &redis.url());
    assert!(untrusted.contains("answer: Err(Unavailable("), "{untrusted}");
}

/// What [`answers_over_tls`] says in a process with these roots.
fn answer_over_tls(roots: &Path, url: &str) -> String {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again
        .args(["--exact", "session_store::outage::answers_over_tls"])
        .args(["--ignored", "--nocapture"])
        .env("SSL_CERT_FILE", roots)
        .env("GUICHET_TEST_REDIS", url);
    let said = tool(&mut again, "").well();
    assert!(said.contains("1 passed"), "{said}");
    said
}

#[test]
#[ignore = "run by `redis_over_tls_is_verified`"]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the other half of a test in two processes"
)]
fn answers_over_tls() {
    let url = std::env::var("GUICHET_TEST_REDIS").unwrap();
    let too_early = RedisStore::new(&Secret::new(url.as_str()), "guichet:".to_owned());
    assert_eq!(too_early.unwrap_err(), RedisUrlError::NoCryptoProvider);
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let answer = runtime.block_on(async {
        let store = store(&url);
        // A busy machine may need longer than a request may wait: the connection is made meanwhile.
        for _ in 0..40 {
            match store.ping().await {
                Err(StoreError::Timeout) => {}
                answer => return answer,
            }
        }
        Err(StoreError::Timeout)
    });
    println!("answer: {answer:?}");
}
