//! A configuration becomes a running pipeline, of new parts and of those before where they still fit. This room
//! alone knows every concrete type.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::app::stores;
use crate::app::stores::Stores;
use crate::back_channel::BackChannel;
use crate::back_channel::BackChannelError;
use crate::back_channel::road::Outbound;
use crate::clock::Clock;
use crate::config::settings::AssertionSettings;
use crate::config::settings::Config;
use crate::config::settings::KeySource;
use crate::config::settings::PublicUrl;
use crate::config::settings::ServerSettings;
use crate::config::settings::StoreSettings;
use crate::endpoints::desk::Desk;
use crate::endpoints::login_limit::LoginLimit;
use crate::gateway::listener::Hsts;
use crate::gateway::listener::Rules;
use crate::gateway::listener::tls::ServerCertificate;
use crate::gateway::listener::tls::TlsError;
use crate::identity_headers::assertion::Assertions;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::identity_headers::told::Told;
use crate::judge::Judge;
use crate::key_folder::files::KeyFileError;
use crate::lifecycle::Ending;
use crate::lifecycle::Lifecycle;
use crate::oidc::RelyingParty;
use crate::oidc::client_settings::ClientSettings;
use crate::pipeline::Pipeline;
use crate::provider::acr::AcrValue;
use crate::provider::entry_name::EntryName;
use crate::routing;
use crate::routing::Router;
use crate::routing::app::Mode;
use crate::seal;
use crate::seal::Keyring;
use crate::seal::KeyringError;
use crate::seal::RandomError;
use crate::secret::Secret;
use crate::session::SessionSettings;
use crate::session::Sessions;
use crate::session::redis::link::RedisUrlError;
use crate::session::terms::EntryTerms;
use crate::telemetry::expected::Expected;
use crate::telemetry::expected::ExpectedLogin;
use crate::telemetry::peer::Peer;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::client_address::TrustedProxies;
use crate::wire::cookies::CookieScheme;
use crate::wire::scheme::Scheme;

/// Why a valid configuration could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The keys of the assertion changed or went away since the configuration was checked.
    #[error("the keys of the assertion cannot be used")]
    Keys(#[from] KeyFileError),
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

/// What a newer pipeline takes over where the configuration has not changed.
pub(super) struct Parts {
    pub(super) desk: Arc<Desk>,
    pub(super) stores: Stores,
    pub(super) store: StoreSettings,
    /// Made here, if the configuration named none.
    secrets: Vec<Secret>,
    assertion: AssertionSettings,
    pub(super) keys: Arc<SigningKeys>,
    apps: Vec<Arc<routing::app::App>>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("desk", &self.desk)
            .finish_non_exhaustive()
    }
}

/// What will be counted under a configuration.
pub(super) fn expected(config: &Config) -> Expected<'_> {
    let logins = config.apps.iter().flat_map(|app| {
        let entries = config
            .providers
            .iter()
            .filter(|settings| app.providers.contains(&settings.entry));
        entries.map(|settings| ExpectedLogin {
            app: &app.name,
            provider: settings.entry.as_str(),
            acr: settings.acr.as_ref().map_or("", AcrValue::as_str),
        })
    });
    Expected {
        store: stores::name(&config.session.store),
        logins: logins.collect(),
    }
}

/// What the listener goes by. Reads the certificate anew.
pub(super) fn rules(config: &Config) -> Result<Rules, StartError> {
    let server = &config.server;
    let files = server.tls.as_ref();
    Ok(Rules {
        certificate: files
            .map(|files| ServerCertificate::load(&files.cert_file, &files.key_file))
            .transpose()?,
        trusted_proxies: TrustedProxies::new(server.trusted_proxies.iter().copied()),
        own_address: Some(server.listen.ip()),
        hsts: match config.public_url.scheme {
            Scheme::Https => server.hsts,
            Scheme::Http => Hsts::Off,
        },
        limits: config.limits.listener.clone(),
    })
}

/// How the process ends.
pub(super) fn ending(server: &ServerSettings) -> Ending {
    Ending {
        shutdown_delay: server.shutdown_delay,
        drain_timeout: server.drain_timeout,
    }
}

/// Makes a pipeline, of new parts and of those before where they still fit.
pub(super) struct Builder<'a> {
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) telemetry: &'a Arc<Telemetry>,
    pub(super) lifecycle: &'a Arc<Lifecycle>,
    pub(super) before: Option<&'a Parts>,
}

impl Builder<'_> {
    /// What answers requests, and what the one after it may take over.
    pub(super) fn build(&self, config: Config) -> Result<(Arc<Pipeline>, Parts), StartError> {
        let scheme = config.public_url.scheme;
        let redirect_uris = config.redirect_uris();
        let cookies = CookieScheme::of(scheme);
        let secrets = self.secrets(config.session.secrets)?;
        let keyring = Keyring::new(&secrets)?;
        let stores = self.stores(&config.session.store)?;
        let settings = SessionSettings {
            keyring: keyring.clone(),
            lifetimes: config.session.lifetimes,
            cookies,
            terms: terms(&config.providers),
        };
        let clock = Arc::clone(self.clock);
        let store = Arc::clone(&stores.sessions);
        let sessions = Arc::new(Sessions::new(store, settings, Arc::clone(&clock)));
        let keys = self.keys(&config.assertion.keys)?;
        let apps: Vec<_> = config.apps.into_iter().map(|app| self.app(app)).collect();
        let assertions = self.assertions(&config.assertion, &keys, &apps);
        let desk = Arc::new(Desk {
            router: Router::new(apps.clone(), config.server.own_paths, scheme),
            sessions: Arc::clone(&sessions),
            attempts: Arc::clone(&stores.attempts),
            replays: Arc::clone(&stores.replays),
            logins: self.logins(config.limits.logins_per_client),
            providers: self.providers(&config.outbound, config.providers)?,
            keyring,
            cookies,
            scheme,
            start: start(&config.public_url, &apps),
            organisation: config.organisation,
            official_button: config.official_button,
            redirect_uris,
            assertions: Arc::clone(&assertions),
            forward_auth: config.forward_auth,
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

    /// What was counted stays counted.
    fn logins(&self, quota: NonZeroU32) -> Arc<LoginLimit> {
        match self.before {
            Some(before) if before.desk.logins.quota() == quota => Arc::clone(&before.desk.logins),
            _ => Arc::new(LoginLimit::per_minute(quota)),
        }
    }

    fn keys(&self, source: &KeySource) -> Result<Arc<SigningKeys>, KeyFileError> {
        Ok(match (source, self.before) {
            (KeySource::Folder(folder), _) => Arc::new(SigningKeys::read(folder)?),
            (KeySource::Throwaway, Some(before)) if before.assertion.keys == *source => {
                Arc::clone(&before.keys)
            }
            (KeySource::Throwaway, _) => Arc::new(SigningKeys::in_memory()?),
        })
    }

    /// The connections to a server of an application stay open where nothing about it changed.
    fn app(&self, mut app: routing::app::App) -> Arc<routing::app::App> {
        let before = self.before.into_iter().flat_map(|before| &before.apps);
        let old = before.into_iter().find(|old| old.name == app.name);
        if let (Some(old), Mode::Proxy(servers)) = (old, &mut app.mode) {
            for server in servers {
                if let Some(same) = old.upstreams().iter().find(|same| *same == server) {
                    *server = Arc::clone(same);
                }
            }
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

/// Where somebody finds something who is at a host that no app has: the first app at the public URL or, if none is there, the
/// first of all.
fn start(public_url: &PublicUrl, apps: &[Arc<routing::app::App>]) -> String {
    let at_public_url = apps.iter().find(|app| app.host == public_url.host);
    match at_public_url.or_else(|| apps.first()) {
        Some(app) => format!("{}://{}{}", public_url.scheme, app.host, app.path.as_location()),
        None => format!("{public_url}/"),
    }
}

fn terms(providers: &[ClientSettings]) -> BTreeMap<EntryName, EntryTerms> {
    let terms = |client: &ClientSettings| EntryTerms {
        issuer: client.profile.issuer.as_str().to_owned(),
        acr_values: client.profile.rules.acr_values.clone(),
        lowest: client.acr.clone(),
    };
    providers
        .iter()
        .map(|client| (client.entry.clone(), terms(client)))
        .collect()
}

fn told(apps: &[Arc<routing::app::App>]) -> impl Iterator<Item = (&str, &Told)> {
    apps.iter().map(|app| (&*app.name, &app.told))
}
