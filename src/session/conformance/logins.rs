//! A login attempt is claimed once, its outcome is told for a while, and a logout token counts once.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a suite for tests: a panic is its way to fail"
)]

use std::time::Duration;

use crate::oidc::attempts::AttemptId;
use crate::oidc::attempts::Attempts;
use crate::oidc::attempts::Claim;
use crate::oidc::replay::Replays;
use crate::oidc::replay::Seen;
use crate::oidc::replay::TokenId;
use crate::session::conformance::bench::Bench;
use crate::session::conformance::bench::HOUR;
use crate::session::conformance::bench::MINUTE;
use crate::session::conformance::bench::locator;

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

/// For as long as it would be believed, and no other token with it.
pub async fn a_token_that_was_acted_on_is_known(bench: &impl Bench) {
    let (store, one, other) = (bench.store(), token(), token());
    assert_eq!(store.recall(&one).await.unwrap(), Seen::Never);
    store.remember(&one, MINUTE * 5).await.unwrap();
    assert_eq!(store.recall(&one).await.unwrap(), Seen::Before);
    assert_eq!(store.recall(&other).await.unwrap(), Seen::Never);
    bench.pass(MINUTE * 4).await;
    assert_eq!(store.recall(&one).await.unwrap(), Seen::Before);
    bench.pass(MINUTE).await;
    assert_eq!(store.recall(&one).await.unwrap(), Seen::Never);
}

fn attempt() -> AttemptId {
    AttemptId::generate().unwrap()
}

fn token() -> TokenId {
    TokenId::of("https://issuer.example", "client", locator().as_str())
}
