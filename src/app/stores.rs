//! The place where sessions, attempts and used tokens are kept, as the configuration names it.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::settings::StoreSettings;
use crate::oidc::attempts::Attempts;
use crate::oidc::replay::Replays;
use crate::session::memory::MemoryStore;
use crate::session::metered::Metered;
use crate::session::metered::MeteredAttempts;
use crate::session::metered::MeteredReplays;
use crate::session::redis::RedisStore;
use crate::session::redis::link::RedisUrlError;
use crate::session::store::SessionStore;
use crate::telemetry::telemetry::Telemetry;

/// Begins the keys of a store of one process, which shares it with nobody.
const MEMORY_PREFIX: &str = "guichet";

/// What a store is called among the numbers.
pub(super) fn name(settings: &StoreSettings) -> &'static str {
    match settings {
        StoreSettings::Memory => "memory",
        StoreSettings::Redis { .. } => "redis",
    }
}

/// One store in its three roles.
#[derive(Clone)]
pub(super) struct Stores {
    pub(super) name: &'static str,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) attempts: Arc<dyn Attempts>,
    pub(super) replays: Arc<dyn Replays>,
}

impl Stores {
    pub(super) fn of(settings: &StoreSettings, clock: &Arc<dyn Clock>) -> Result<Self, RedisUrlError> {
        Ok(match settings {
            StoreSettings::Memory => Self::of_one(
                name(settings),
                Arc::new(MemoryStore::new(MEMORY_PREFIX.to_owned(), Arc::clone(clock))),
            ),
            StoreSettings::Redis { url, prefix, tls } => Self::of_one(
                name(settings),
                Arc::new(RedisStore::over_tls(url, tls, prefix.clone())?),
            ),
        })
    }

    /// Its operations are counted and timed.
    pub(super) fn watched_by(self, telemetry: &Arc<Telemetry>) -> Self {
        let metered = Metered::new(self.sessions, self.name, Arc::clone(telemetry));
        let attempts = MeteredAttempts::new(self.attempts, self.name, Arc::clone(telemetry));
        let replays = MeteredReplays::new(self.replays, self.name, Arc::clone(telemetry));
        Self {
            sessions: Arc::new(metered),
            attempts: Arc::new(attempts),
            replays: Arc::new(replays),
            name: self.name,
        }
    }

    fn of_one<S: SessionStore + Attempts + Replays + 'static>(name: &'static str, store: Arc<S>) -> Self {
        Self {
            name,
            sessions: Arc::<S>::clone(&store),
            attempts: Arc::<S>::clone(&store),
            replays: store,
        }
    }
}
