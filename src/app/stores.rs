//! The place where sessions and attempts are kept, as the configuration names it.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::settings::StoreSettings;
use crate::oidc::attempts::Attempts;
use crate::session::memory::MemoryStore;
use crate::session::metered::Metered;
use crate::session::metered::MeteredAttempts;
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

/// The place where sessions are kept, for whoever asks how it is. Connects when first used.
pub fn session_store(
    settings: &StoreSettings,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn SessionStore>, RedisUrlError> {
    Ok(Stores::of(settings, clock)?.sessions)
}

/// One store in its two roles.
#[derive(Clone)]
pub(super) struct Stores {
    pub(super) name: &'static str,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) attempts: Arc<dyn Attempts>,
}

impl Stores {
    pub(super) fn of(settings: &StoreSettings, clock: &Arc<dyn Clock>) -> Result<Self, RedisUrlError> {
        Ok(match settings {
            StoreSettings::Memory => Self::both(
                name(settings),
                Arc::new(MemoryStore::new(MEMORY_PREFIX.to_owned(), Arc::clone(clock))),
            ),
            StoreSettings::Redis { url, prefix, tls } => Self::both(
                name(settings),
                Arc::new(RedisStore::over_tls(url, tls, prefix.clone())?),
            ),
        })
    }

    /// Its operations are counted and timed.
    pub(super) fn watched_by(self, telemetry: &Arc<Telemetry>) -> Self {
        let metered = Metered::new(self.sessions, self.name, Arc::clone(telemetry));
        let attempts = MeteredAttempts::new(self.attempts, self.name, Arc::clone(telemetry));
        Self {
            sessions: Arc::new(metered),
            attempts: Arc::new(attempts),
            name: self.name,
        }
    }

    fn both<S: SessionStore + Attempts + 'static>(name: &'static str, store: Arc<S>) -> Self {
        Self {
            name,
            sessions: Arc::<S>::clone(&store),
            attempts: store,
        }
    }
}
