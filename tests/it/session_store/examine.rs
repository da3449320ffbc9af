//! What an operator is told about a Redis before the first citizen finds out, each against a real server that is set up so.

use guichet::session::finding::Finding;
use guichet::session::finding::State;
use guichet::session::redis::RedisStore;
use guichet::session::store::SessionStore;
use guichet::session::store::StoreError;

use super::bench::eventually_answers;
use super::bench::store;
use super::refusal::under_the_access_list;
use crate::support::ports::free_port;
use crate::support::redis::Durability;
use crate::support::redis::Options;
use crate::support::redis::Redis;

/// What is found, once the connection stands.
async fn found(store: &RedisStore) -> Vec<Finding> {
    eventually_answers(store).await;
    store.examine().await
}

fn worst(findings: &[Finding]) -> State {
    findings.iter().map(|finding| finding.state).max().unwrap()
}

/// The one finding that speaks of this; each that is not good says what to do.
fn about<'a>(findings: &'a [Finding], word: &str) -> &'a Finding {
    for finding in findings {
        assert_eq!(
            finding.mend.is_empty(),
            finding.state == State::Good,
            "{finding:?}"
        );
    }
    let mut named = findings.iter().filter(|finding| finding.what.contains(word));
    let finding = named.next().unwrap_or_else(|| panic!("{word}: {findings:?}"));
    assert_eq!(named.next(), None);
    finding
}

/// One that keeps a log.
fn lasting(arguments: &'static [&'static str]) -> Redis {
    Redis::start_with(Options {
        durability: Durability::AppendOnlyEverySync,
        arguments,
        ..Options::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_keeps_what_it_is_given_is_good_and_nothing_was_written() {
    let redis = lasting(&[]);
    let findings = found(&store(&redis.url())).await;
    assert_eq!(worst(&findings), State::Good, "{findings:?}");
    assert!(redis.keys().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eviction_policy_that_drops_sessions_is_named() {
    let redis = lasting(&["--maxmemory-policy", "volatile-lru"]);
    let store = store(&redis.url());
    let findings = found(&store).await;
    let unlimited = about(&findings, "volatile-lru");
    assert_eq!(unlimited.state, State::Doubtful, "{findings:?}");
    redis.say(&["CONFIG", "SET", "maxmemory", "100mb"]);
    let findings = store.examine().await;
    let limited = about(&findings, "volatile-lru");
    assert_eq!(limited.state, State::Bad, "{findings:?}");
    assert!(limited.mend.contains("noeviction"), "{limited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgets_everything_at_its_restart_is_named() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let findings = found(&store).await;
    let nothing = about(&findings, "keeps nothing on disk");
    assert_eq!(nothing.state, State::Doubtful);
    assert!(nothing.mend.contains("appendonly yes"), "{nothing:?}");
    redis.say(&["CONFIG", "SET", "save", "3600 1"]);
    assert_eq!(
        about(&store.examine().await, "last snapshot").state,
        State::Doubtful
    );
}

/// F033. The list allows neither INFO nor CONFIG: the gateway serves, and says what it could not see.
pub(crate) async fn what_the_access_list_hides_is_a_doubt() {
    let redis = under_the_access_list();
    let store = store(&redis.url());
    let findings = found(&store).await;
    assert_eq!(
        about(&findings, "every command that is needed").state,
        State::Good
    );
    let hidden = about(&findings, "could not be verified");
    assert_eq!(hidden.state, State::Doubtful);
    assert!(
        hidden.what.contains("eviction policy") && hidden.mend.contains("+info"),
        "{hidden:?}"
    );
    assert_eq!(findings.len(), 2, "{findings:?}");

    redis.say(&["ACL", "SETUSER", "guichet", "+info"]);
    assert_eq!(about(&store.examine().await, "evicts nothing").state, State::Good);

    for command in ["SET", "ZREMRANGEBYSCORE"] {
        redis.say(&["ACL", "SETUSER", "guichet", &format!("-{command}")]);
        let refused = Err(StoreError::Refused {
            command,
            code: "NOPERM".to_owned(),
        });
        assert_eq!(store.ping().await, refused, "it would be called ready");
        let findings = store.examine().await;
        let named = about(&findings, command);
        assert_eq!(named.state, State::Bad);
        let allowed = format!("+{}", command.to_lowercase());
        assert!(named.mend.contains(&allowed), "{named:?}");
        redis.say(&["ACL", "SETUSER", "guichet", &allowed]);
    }
    assert_eq!(store.ping().await, Ok(()));
}

/// F031. Two nodes, one address: without a look at the start, it would be the half of the citizens who find out.
pub(crate) async fn a_cluster_behind_one_address_is_found_before_the_first_login() {
    let nodes = [Redis::node(), Redis::node()];
    for (node, slots) in nodes.iter().zip([["0", "8191"], ["8192", "16383"]]) {
        node.say(&["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]);
    }
    nodes[0].meets(&nodes[1]);
    for node in &nodes {
        node.is_in_its_cluster();
    }
    for node in &nodes {
        is_found_to_be_a_cluster(&store(&node.url())).await;
    }
}

async fn is_found_to_be_a_cluster(store: &RedisStore) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while store.ping().await == Err(StoreError::Timeout) && tokio::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        store.ping().await,
        Err(StoreError::Cluster),
        "it would be called ready"
    );
    let sentence = StoreError::Cluster.to_string();
    assert!(sentence.contains("this is a cluster, use a list"), "{sentence}");
    let findings = store.examine().await;
    assert_eq!(
        about(&findings, "this is a cluster").state,
        State::Bad,
        "{findings:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_takes_no_writes_serves_and_is_named() {
    let redis = lasting(&[]);
    let store = store(&redis.url());
    eventually_answers(&store).await;
    redis.say(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(
        store.ping().await,
        Ok(()),
        "those who are signed in would be sent away"
    );
    assert_eq!(
        about(&store.examine().await, "takes no writes (OOM)").state,
        State::Bad
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_or_refuses_our_password_is_one_finding_without_the_password() {
    let nobody = format!("redis://guichet:s3cret@127.0.0.1:{}", free_port());
    let redis = under_the_access_list();
    for url in [nobody, redis.url_of("guichet:wrong-s3cret@")] {
        let findings = store(&url).examine().await;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(worst(&findings), State::Bad);
        assert!(!format!("{findings:?}").contains("s3cret"), "{findings:?}");
    }
}
