//! The composition root: a configuration becomes a running pipeline. The only file that knows every concrete type.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::back_channel::BackChannel;
use crate::back_channel::BackChannelError;
use crate::clock::Clock;
use crate::config::settings::Config;
use crate::config::settings::KeySource;
use crate::config::settings::StoreSettings;
use crate::endpoints::desk::Desk;
use crate::identity_headers::assertion::Assertions;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::identity_headers::signing_keys::SigningKeysError;
use crate::judge::Judge;
use crate::oidc::RelyingParty;
use crate::oidc::attempts::Attempts;
use crate::oidc::client_settings::ClientSettings;
use crate::pipeline::Pipeline;
use crate::routing::Router;
use crate::seal::Keyring;
use crate::seal::KeyringError;
use crate::session::SessionSettings;
use crate::session::Sessions;
use crate::session::memory::MemoryStore;
use crate::session::metered::Metered;
use crate::session::redis::RedisStore;
use crate::session::redis::link::RedisUrlError;
use crate::session::store::SessionStore;
use crate::telemetry::peer::Peer;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::cookies::CookieScheme;

/// Begins the keys of a store of one process, which shares it with nobody.
const MEMORY_PREFIX: &str = "guichet";

/// Why a valid configuration could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The keys of the assertion changed or went away since the configuration was checked.
    #[error("the keys of the assertion cannot be used")]
    Keys(#[from] SigningKeysError),
    /// The session secrets do not make a keyring.
    #[error("the session secrets cannot be used")]
    Secrets(#[from] KeyringError),
    /// The address of Redis cannot be used.
    #[error("the address of Redis cannot be used")]
    Redis(#[from] RedisUrlError),
    /// The system's certificates could not be read.
    #[error("no connection to providers can be made")]
    BackChannel(#[from] BackChannelError),
}

/// Builds everything that answers requests. Nothing is asked of the network yet: neither a store nor a provider that is away
/// keeps the process from starting.
pub fn build(
    config: Config,
    clock: Arc<dyn Clock>,
    telemetry: &Arc<Telemetry>,
) -> Result<Arc<Pipeline>, StartError> {
    let scheme = config.public_url.scheme;
    let cookies = if scheme == "https" {
        CookieScheme::Secure
    } else {
        CookieScheme::PlainLoopback
    };
    let keyring = Keyring::new(&config.session.secrets)?;
    let stores = Stores::of(&config.session.store, &clock)?.watched_by(telemetry);
    let settings = SessionSettings {
        keyring: keyring.clone(),
        lifetimes: config.session.lifetimes,
        cookies,
    };
    let sessions = Arc::new(Sessions::new(stores.sessions, settings, Arc::clone(&clock)));
    let keys = Arc::new(match &config.assertion.keys {
        KeySource::Folder(folder) => SigningKeys::read(folder)?,
        KeySource::Throwaway => SigningKeys::in_memory()?,
    });
    let (issuer, lifetime) = (config.assertion.issuer, config.assertion.lifetime);
    let assertions = Arc::new(Assertions::new(issuer, lifetime, keys, Arc::clone(&clock)));
    let back_channel = BackChannel::new()?;
    let relying_party = |settings: ClientSettings| {
        let entry = settings.entry.clone();
        let peer = Peer::new(Arc::clone(telemetry), Arc::clone(&clock), entry.as_str());
        let back_channel = back_channel.clone().watched_by(peer);
        (
            entry,
            RelyingParty::new(settings, back_channel, Arc::clone(&clock)),
        )
    };
    let desk = Arc::new(Desk {
        router: Router::new(config.apps.into_iter().map(Arc::new).collect(), scheme),
        sessions: Arc::clone(&sessions),
        attempts: stores.attempts,
        providers: config
            .providers
            .into_iter()
            .map(relying_party)
            .collect::<BTreeMap<_, _>>(),
        keyring,
        cookies,
        scheme,
        organisation: config.organisation,
        assertions: Arc::clone(&assertions),
        clock: Arc::clone(&clock),
        telemetry: Arc::clone(telemetry),
    });
    Ok(Arc::new(Pipeline::new(
        desk,
        Judge::new(sessions, assertions, clock),
    )))
}

/// One store in its two roles.
struct Stores {
    name: &'static str,
    sessions: Arc<dyn SessionStore>,
    attempts: Arc<dyn Attempts>,
}

impl Stores {
    fn of(settings: &StoreSettings, clock: &Arc<dyn Clock>) -> Result<Self, RedisUrlError> {
        Ok(match settings {
            StoreSettings::Memory => Self::both(
                "memory",
                Arc::new(MemoryStore::new(MEMORY_PREFIX.to_owned(), Arc::clone(clock))),
            ),
            StoreSettings::Redis { url, prefix } => {
                Self::both("redis", Arc::new(RedisStore::new(url, prefix.clone())?))
            }
        })
    }

    /// Its operations are counted and timed.
    fn watched_by(self, telemetry: &Arc<Telemetry>) -> Self {
        let metered = Metered::new(self.sessions, self.name, Arc::clone(telemetry));
        Self {
            sessions: Arc::new(metered),
            ..self
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
