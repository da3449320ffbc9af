//! How often one client network may begin a login, come back from a provider, and send a logout token that is none: each
//! return with a code costs a claim in the session store and a request at the provider, each token a signature to verify,
//! whether they are real or forged.
//!
//! They are counted apart: whoever was let go to the provider is let back in, whatever others behind the same address began
//! meanwhile. A provider may say that everybody's session has ended: a token that was its own clears its network. The table
//! has an end; beyond it the network that came least is forgotten, which forgives it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use governor::Quota;
use governor::RateLimiter;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use quick_cache::unsync::Cache;
use tokio::time::Instant;

use crate::wire::client_network::ClientNetwork;

/// Networks that are remembered for each step: under 6 MB together.
const MOST_REMEMBERED: usize = 32 * 1024;

/// The counters of all steps.
#[derive(Debug)]
pub struct LoginLimit {
    quota: NonZeroU32,
    begun: Steps,
    answered: Steps,
    logout_tokens: Steps,
    senders: Networks,
}

type Steps = RateLimiter<ClientNetwork, Networks, Since, NoOpMiddleware<Duration>>;

/// One more step is too many; another try makes sense after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyLogins(pub Duration);

impl LoginLimit {
    /// So many of each step in a minute: all at once, then evenly.
    pub fn per_minute(quota: NonZeroU32) -> Self {
        let networks = || Networks::new(MOST_REMEMBERED);
        let steps = |networks| RateLimiter::new(Quota::per_minute(quota), networks, Since::now());
        let senders = networks();
        Self {
            quota,
            begun: steps(networks()),
            answered: steps(networks()),
            logout_tokens: steps(senders.clone()),
            senders,
        }
    }

    /// What it counts to.
    pub fn quota(&self) -> NonZeroU32 {
        self.quota
    }

    /// A login begins.
    pub fn begin(&self, client: ClientNetwork) -> Result<(), TooManyLogins> {
        one_more(&self.begun, client)
    }

    /// The provider's answer to an attempt of this browser is there, with a code.
    pub fn answer(&self, client: ClientNetwork) -> Result<(), TooManyLogins> {
        one_more(&self.answered, client)
    }

    /// Something that says to be a logout token comes from there.
    pub fn logout_token(&self, client: ClientNetwork) -> Result<(), TooManyLogins> {
        one_more(&self.logout_tokens, client)
    }

    /// It was one: a provider is there, and may send as many as there are.
    pub fn logout_token_was_true(&self, client: ClientNetwork) {
        self.senders.forgive(client);
    }
}

fn one_more(steps: &Steps, client: ClientNetwork) -> Result<(), TooManyLogins> {
    let counted = steps.check_key(&client);
    counted.map_err(|refused| TooManyLogins(refused.wait_time_from(steps.clock().now())))
}

/// When each network may come again, for as many networks as there is room for.
#[derive(Clone, Debug)]
struct Networks(Arc<Mutex<Cache<ClientNetwork, Nanos>>>);

impl Networks {
    fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Cache::new(most))))
    }

    fn forgive(&self, network: ClientNetwork) {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        networks.remove(&network);
    }
}

impl StateStore for Networks {
    type Key = ClientNetwork;

    fn measure_and_replace<T, F, E>(&self, network: &ClientNetwork, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, next) = measure(networks.get(network).copied())?;
        networks.insert(*network, next);
        Ok(outcome)
    }
}

/// Time that only goes forward, whatever becomes of the machine's clock.
#[derive(Clone, Debug)]
struct Since(Instant);

impl Since {
    fn now() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Since {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u32) -> ClientNetwork {
        ClientNetwork::V4(number.into())
    }

    fn allowed(limit: &LoginLimit, client: ClientNetwork, tries: u32) -> usize {
        (0..tries).filter(|_| limit.begin(client).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_has_its_tries_and_another_one_its_own() {
        let limit = LoginLimit::per_minute(NonZeroU32::new(6).unwrap());
        assert_eq!(allowed(&limit, network(1), 100), 6);
        assert_eq!(allowed(&limit, network(2), 100), 6);
        assert!(limit.answer(network(1)).is_ok(), "who was let go is let back in");
        let TooManyLogins(wait) = limit.begin(network(1)).unwrap_err();
        assert!(
            wait > Duration::from_secs(9) && wait <= Duration::from_secs(10),
            "{wait:?}"
        );
        tokio::time::advance(wait).await;
        assert_eq!(allowed(&limit, network(1), 100), 1);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(allowed(&limit, network(1), 100), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_sends_as_many_logout_tokens_as_there_are() {
        let limit = LoginLimit::per_minute(NonZeroU32::new(6).unwrap());
        for _ in 0..100 {
            assert!(limit.logout_token(network(1)).is_ok());
            limit.logout_token_was_true(network(1));
        }
        let forged = (0..100).filter(|_| limit.logout_token(network(2)).is_ok());
        assert_eq!(forged.count(), 6);
        assert!(limit.logout_token(network(1)).is_ok());
        assert!(limit.begin(network(2)).is_ok(), "logins are counted apart");
    }

    #[test]
    fn the_table_has_an_end() {
        let networks = Networks::new(100);
        for number in 0..1000 {
            let first = networks.measure_and_replace(&network(number), |before| match before {
                None => Ok(((), Nanos::from(1_u64))),
                Some(_) => Err(()),
            });
            assert_eq!(first, Ok(()));
        }
        assert!(networks.0.lock().unwrap().len() <= 100);
    }
}
