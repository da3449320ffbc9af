//! The composition root: a configuration becomes a running pipeline, and a newer one takes its place. The only file that
//! knows every concrete type.
//!
//! Nothing is asked of the network here: neither a store nor a provider that is away keeps the process from starting.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use arc_swap::ArcSwap;

use crate::back_channel::BackChannel;
use crate::back_channel::BackChannelError;
use crate::back_channel::road::Outbound;
use crate::clock::Clock;
use crate::config::error::ConfigErrors;
use crate::config::settings::AssertionSettings;
use crate::config::settings::Config;
use crate::config::settings::KeySource;
use crate::config::settings::LogSettings;
use crate::config::settings::ServerSettings;
use crate::config::settings::StoreSettings;
use crate::endpoints::desk::Desk;
use crate::gateway::listener::CurrentRules;
use crate::gateway::listener::Hsts;
use crate::gateway::listener::Rules;
use crate::gateway::live::Live;
use crate::gateway::tls::Certificate;
use crate::gateway::tls::TlsError;
use crate::identity_headers::assertion::Assertions;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::identity_headers::signing_keys::SigningKeysError;
use crate::identity_headers::told::Told;
use crate::judge::Judge;
use crate::lifecycle::Ending;
use crate::lifecycle::Lifecycle;
use crate::oidc::RelyingParty;
use crate::oidc::attempts::Attempts;
use crate::oidc::client_settings::ClientSettings;
use crate::pipeline::Pipeline;
use crate::provider::entry_name::EntryName;
use crate::routing;
use crate::routing::Router;
use crate::seal;
use crate::seal::Keyring;
use crate::seal::KeyringError;
use crate::seal::RandomError;
use crate::secret::Secret;
use crate::session::SessionSettings;
use crate::session::Sessions;
use crate::session::memory::MemoryStore;
use crate::session::metered::Metered;
use crate::session::redis::RedisStore;
use crate::session::redis::link::RedisUrlError;
use crate::session::roster::Roster;
use crate::session::store::SessionStore;
use crate::telemetry::audit::AuditEvent;
use crate::telemetry::audit::Source;
use crate::telemetry::peer::Peer;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::client_address::TrustedProxies;
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
    /// The system gave no random bytes.
    #[error("no session secret can be made")]
    Random(#[from] RandomError),
    /// The certificate or its key changed or went away since the configuration was checked.
    #[error("the certificate cannot be served")]
    Tls(#[from] TlsError),
}

/// Why a newer configuration was not taken. The one before stays in force, whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// It has mistakes.
    #[error("{0}")]
    Configuration(#[from] ConfigErrors),
    /// It changes what a running process cannot change.
    #[error("{0}")]
    Restart(#[from] NeedsRestart),
    /// It cannot be put into force.
    #[error("{}", in_full(.0))]
    Start(#[from] StartError),
}

/// Keys that differ and are read at the start only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NeedsRestart(pub Vec<&'static str>);

impl fmt::Display for NeedsRestart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, key) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "\n" })?;
            write!(f, "needs a restart: {key}")?;
        }
        Ok(())
    }
}

/// A gateway: what outlives a configuration, and the pipeline of the one in force.
#[derive(Debug)]
pub struct App {
    live: Arc<Live<Pipeline>>,
    rules: Arc<CurrentRules>,
    lifecycle: Arc<Lifecycle>,
    clock: Arc<dyn Clock>,
    telemetry: Arc<Telemetry>,
    /// As it was at the start.
    server: ServerSettings,
    in_force: ArcSwap<Parts>,
    one_at_a_time: Mutex<()>,
    /// As it was at the start.
    logs: LogSettings,
}

/// What a newer pipeline takes over where the configuration has not changed.
struct Parts {
    desk: Arc<Desk>,
    stores: Stores,
    store: StoreSettings,
    /// Made here, if the configuration named none.
    secrets: Vec<Secret>,
    assertion: AssertionSettings,
    keys: Arc<SigningKeys>,
    apps: Vec<Arc<routing::app::App>>,
}

impl App {
    /// Builds everything that answers requests.
    pub fn start(
        config: Config,
        clock: Arc<dyn Clock>,
        telemetry: Arc<Telemetry>,
    ) -> Result<Arc<Self>, StartError> {
        let (server, logs) = (config.server.clone(), config.logs.clone());
        let lifecycle = Arc::new(Lifecycle::new(ending(&server)));
        let builder = Builder {
            clock: &clock,
            telemetry: &telemetry,
            lifecycle: &lifecycle,
            before: None,
        };
        let rules = Arc::new(CurrentRules::new(rules(&config)?));
        let (pipeline, parts) = builder.build(config)?;
        telemetry.metrics.configured(clock.now());
        Ok(Arc::new(Self {
            live: Arc::new(Live::new(pipeline)),
            rules,
            lifecycle,
            clock,
            telemetry,
            server,
            in_force: ArcSwap::from_pointee(parts),
            one_at_a_time: Mutex::new(()),
            logs,
        }))
    }

    /// Puts a newer configuration into force, whole or not at all. Exchanges under way end under the one before.
    ///
    /// Sessions, known metadata and open connections stay where what they belong to is the same. Keys, secrets and roots
    /// were read again, or are now. One at a time: whoever comes second waits.
    pub fn reload(&self, config: Config) -> Result<(), ReloadError> {
        let _turn = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.in_force.load();
        let changed = needs_restart((&self.server, &self.logs, &before.store), &config);
        if !changed.is_empty() {
            return Err(NeedsRestart(changed).into());
        }
        let (ending, rules) = (ending(&config.server), rules(&config)?);
        let builder = Builder {
            clock: &self.clock,
            telemetry: &self.telemetry,
            lifecycle: &self.lifecycle,
            before: Some(&before),
        };
        let (pipeline, parts) = builder.build(config)?;
        self.lifecycle.set_ending(ending);
        self.live.replace(pipeline);
        self.rules.replace(rules);
        self.telemetry.metrics.configured(self.clock.now());
        self.telemetry.audit(&Source::Operator, &AuditEvent::Reloaded);
        let kid = parts.keys.current().kid();
        if kid != before.keys.current().kid() {
            self.telemetry
                .audit(&Source::Operator, &AuditEvent::KeysRotated { kid });
        }
        self.in_force.store(Arc::new(parts));
        Ok(())
    }

    /// What answers requests now.
    pub fn live(&self) -> &Arc<Live<Pipeline>> {
        &self.live
    }

    /// What the listener goes by now.
    pub fn rules(&self) -> &Arc<CurrentRules> {
        &self.rules
    }

    /// Who is told what happens.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// From the start to the end.
    pub fn lifecycle(&self) -> &Arc<Lifecycle> {
        &self.lifecycle
    }

    /// The sessions, under the secrets in force now.
    pub fn sessions(&self) -> Arc<Sessions> {
        Arc::clone(&self.in_force.load().desk.sessions)
    }

    /// The sessions as an operator sees them, under the secrets in force now.
    pub fn roster(&self) -> Arc<Roster> {
        let in_force = self.in_force.load();
        let store = Arc::clone(&in_force.stores.sessions);
        let keyring = in_force.desk.keyring.clone();
        Arc::new(Roster::new(store, keyring, Arc::clone(&self.clock)))
    }

    /// The issuer of a provider entry, if there is such an entry now.
    pub fn issuer_of(&self, entry: &EntryName) -> Option<String> {
        let in_force = self.in_force.load();
        let settings = in_force.desk.providers.get(entry)?.settings();
        Some(settings.profile.issuer.as_str().to_owned())
    }

    /// The Redis in force, by a connection of its own, for a look at it. None if sessions are kept in the process.
    pub fn redis(&self) -> Option<RedisStore> {
        match &self.in_force.load().store {
            StoreSettings::Memory => None,
            StoreSettings::Redis { url, prefix, tls } => RedisStore::over_tls(url, tls, prefix.clone()).ok(),
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("desk", &self.desk)
            .finish_non_exhaustive()
    }
}

/// What the listener goes by. Reads the certificate anew.
fn rules(config: &Config) -> Result<Rules, StartError> {
    let server = &config.server;
    let files = server.tls.as_ref();
    Ok(Rules {
        certificate: files
            .map(|files| Certificate::load(&files.cert_file, &files.key_file))
            .transpose()?,
        trusted_proxies: TrustedProxies::new(server.trusted_proxies.iter().copied()),
        own_address: Some(server.listen.ip()),
        hsts: match config.public_url.scheme {
            "https" => server.hsts,
            _ => Hsts::Off,
        },
    })
}

fn ending(server: &ServerSettings) -> Ending {
    Ending {
        shutdown_delay: server.shutdown_delay,
        drain_timeout: server.drain_timeout,
    }
}

/// What differs and is read at the start only.
fn needs_restart(
    (server, logs, store): (&ServerSettings, &LogSettings, &StoreSettings),
    next: &Config,
) -> Vec<&'static str> {
    let is_kept_here = |store: &StoreSettings| matches!(store, StoreSettings::Memory);
    let compared = [
        ("server.listen", server.listen != next.server.listen),
        (
            "server.monitor_listen",
            server.monitor_listen != next.server.monitor_listen,
        ),
        (
            "server.admin_socket",
            server.admin_socket != next.server.admin_socket,
        ),
        ("server.tls", server.tls.is_some() != next.server.tls.is_some()),
        ("logs", *logs != next.logs),
        (
            "session.store",
            is_kept_here(store) != is_kept_here(&next.session.store),
        ),
    ];
    let differs = compared.into_iter().filter(|(_, differs)| *differs);
    differs.map(|(key, _)| key).collect()
}

/// An error and its causes, a line each.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(why) = cause {
        text.push_str("\n  because: ");
        text.push_str(&why.to_string());
        cause = why.source();
    }
    text
}

/// Makes a pipeline, of new parts and of those before where they still fit.
struct Builder<'a> {
    clock: &'a Arc<dyn Clock>,
    telemetry: &'a Arc<Telemetry>,
    lifecycle: &'a Arc<Lifecycle>,
    before: Option<&'a Parts>,
}

impl Builder<'_> {
    fn build(&self, config: Config) -> Result<(Arc<Pipeline>, Parts), StartError> {
        let scheme = config.public_url.scheme;
        let redirect_uris = config.redirect_uris();
        let cookies = if scheme == "https" {
            CookieScheme::Secure
        } else {
            CookieScheme::PlainLoopback
        };
        let secrets = self.secrets(config.session.secrets)?;
        let keyring = Keyring::new(&secrets)?;
        let stores = self.stores(&config.session.store)?;
        let settings = SessionSettings {
            keyring: keyring.clone(),
            lifetimes: config.session.lifetimes,
            cookies,
        };
        let clock = Arc::clone(self.clock);
        let store = Arc::clone(&stores.sessions);
        let sessions = Arc::new(Sessions::new(store, settings, Arc::clone(&clock)));
        let keys = self.keys(&config.assertion.keys)?;
        let apps: Vec<_> = config.apps.into_iter().map(|app| self.app(app)).collect();
        let assertions = self.assertions(&config.assertion, &keys, &apps);
        let desk = Arc::new(Desk {
            router: Router::new(apps.clone(), scheme),
            sessions: Arc::clone(&sessions),
            attempts: Arc::clone(&stores.attempts),
            providers: self.providers(&config.outbound, config.providers)?,
            keyring,
            cookies,
            scheme,
            organisation: config.organisation,
            official_button: config.official_button,
            redirect_uris,
            assertions: Arc::clone(&assertions),
            clock: Arc::clone(&clock),
            lifecycle: Arc::clone(self.lifecycle),
            telemetry: Arc::clone(self.telemetry),
        });
        let judge = Judge::new(sessions, assertions, clock);
        let parts = Parts {
            desk: Arc::clone(&desk),
            stores,
            store: config.session.store,
            secrets,
            assertion: config.assertion,
            keys,
            apps,
        };
        Ok((Arc::new(Pipeline::new(desk, judge)), parts))
    }

    /// One process that needs nobody to agree with it makes a secret, once.
    fn secrets(&self, given: Vec<Secret>) -> Result<Vec<Secret>, RandomError> {
        match self.before {
            _ if !given.is_empty() => Ok(given),
            Some(before) => Ok(before.secrets.clone()),
            None => Ok(vec![Secret::new(seal::random::<32>()?)]),
        }
    }

    fn stores(&self, settings: &StoreSettings) -> Result<Stores, RedisUrlError> {
        match self.before {
            Some(before) if before.store == *settings => Ok(before.stores.clone()),
            _ => Ok(Stores::of(settings, self.clock)?.watched_by(self.telemetry)),
        }
    }

    fn keys(&self, source: &KeySource) -> Result<Arc<SigningKeys>, SigningKeysError> {
        Ok(match (source, self.before) {
            (KeySource::Folder(folder), _) => Arc::new(SigningKeys::read(folder)?),
            (KeySource::Throwaway, Some(before)) if before.assertion.keys == *source => {
                Arc::clone(&before.keys)
            }
            (KeySource::Throwaway, _) => Arc::new(SigningKeys::in_memory()?),
        })
    }

    /// The connections to an application stay open where nothing about them changed.
    fn app(&self, mut app: routing::app::App) -> Arc<routing::app::App> {
        let before = self.before.into_iter().flat_map(|before| &before.apps);
        let mut same = before.filter(|old| old.name == app.name && old.upstream == app.upstream);
        if let Some(old) = same.next() {
            app.upstream = Arc::clone(&old.upstream);
        }
        Arc::new(app)
    }

    /// What was signed before is still told only if every application would be told the same again.
    fn assertions(
        &self,
        settings: &AssertionSettings,
        keys: &Arc<SigningKeys>,
        apps: &[Arc<routing::app::App>],
    ) -> Arc<Assertions> {
        let is_same = |before: &&Parts| {
            before.assertion.issuer == settings.issuer
                && before.assertion.lifetime == settings.lifetime
                && before.keys.jwk_set() == keys.jwk_set()
                && told(&before.apps).eq(told(apps))
        };
        match self.before.filter(is_same) {
            Some(before) => Arc::clone(&before.desk.assertions),
            None => Arc::new(Assertions::new(
                settings.issuer.clone(),
                settings.lifetime,
                Arc::clone(keys),
                Arc::clone(self.clock),
            )),
        }
    }

    fn providers(
        &self,
        outbound: &Outbound,
        settings: Vec<ClientSettings>,
    ) -> Result<BTreeMap<EntryName, Arc<RelyingParty>>, BackChannelError> {
        // Made anew: it reads the system's certificates.
        let back_channel = BackChannel::over(outbound)?;
        let mut parties: BTreeMap<EntryName, Arc<RelyingParty>> = BTreeMap::new();
        for settings in settings {
            let entry = settings.entry.clone();
            let before = self
                .before
                .into_iter()
                .flat_map(|before| before.desk.providers.values());
            // Two clients of one provider know the same of it: its document and its keys are fetched once.
            let is_there = |known: &&Arc<RelyingParty>| known.settings().profile == settings.profile;
            let known = parties.values().chain(before).find(is_there).cloned();
            let (telemetry, clock) = (Arc::clone(self.telemetry), Arc::clone(self.clock));
            let peer = Peer::new(telemetry, clock, entry.as_str());
            let back_channel = back_channel.clone().watched_by(peer);
            let party = RelyingParty::new(settings, back_channel, Arc::clone(self.clock));
            let party = match known {
                Some(known) => party.taking_over(&known),
                None => party,
            };
            parties.insert(entry, Arc::new(party));
        }
        Ok(parties)
    }
}

fn told(apps: &[Arc<routing::app::App>]) -> impl Iterator<Item = (&str, &Told)> {
    apps.iter().map(|app| (app.name.as_str(), &app.told))
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
            StoreSettings::Redis { url, prefix, tls } => {
                Self::both("redis", Arc::new(RedisStore::over_tls(url, tls, prefix.clone())?))
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
