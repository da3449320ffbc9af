//! The configuration with its meaning: settings of the modules below, each of which knows nothing of the file.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::back_channel::road::Outbound;
use crate::endpoints::callers::Callers;
use crate::gateway::listener::Hsts;
use crate::gateway::listener::limits::Limits;
use crate::identity_headers::pseudonym::Pseudonyms;
use crate::oidc::client_settings::ClientSettings;
use crate::pages::official_button::OfficialButton;
use crate::pages::organisation::Organisation;
use crate::provider::entry_name::EntryName;
use crate::provider::profile::BackchannelLogout;
use crate::routing::app::App;
use crate::secret::Secret;
use crate::session::redis::link::RedisTls;
use crate::session::session::Lifetimes;
use crate::telemetry::logging::LogFormat;
use crate::wire::host::Host;
use crate::wire::own_paths::OwnPaths;
use crate::wire::scheme::Scheme;

/// A configuration in which nothing is wrong.
#[derive(Debug)]
pub struct Config {
    /// Where browsers reach the site.
    pub public_url: PublicUrl,
    /// The provider's official button, if it was imported into `assets_dir`.
    pub official_button: Option<OfficialButton>,
    /// Who is speaking on our pages.
    pub organisation: Organisation,
    /// The process itself.
    pub server: ServerSettings,
    /// What browsers may cost.
    pub limits: LimitSettings,
    /// What the gateway says about itself.
    pub logs: LogSettings,
    /// How providers are reached.
    pub outbound: Outbound,
    /// Who is logged in, and for how long.
    pub session: SessionSettings,
    /// The signed statement that an application receives.
    pub assertion: AssertionSettings,
    /// The provider entries, by name.
    pub providers: Vec<ClientSettings>,
    /// The applications, in the order of the file.
    pub apps: Vec<App>,
    /// Who may ask for a decision alone. Absent: nobody.
    pub forward_auth: Option<Callers>,
}

/// Scheme and host of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// Plain http is for loopback only.
    pub scheme: Scheme,
    /// Without a port that goes without saying.
    pub host: Host,
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

/// Key `server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where browsers, or the proxies in front, reach us.
    pub listen: SocketAddr,
    /// What the gateway answers itself.
    pub own_paths: OwnPaths,
    /// Where probes and metrics are asked for. Absent: nowhere.
    pub monitor_listen: Option<SocketAddr>,
    /// The Unix socket for the operator. Absent: none.
    pub admin_socket: Option<PathBuf>,
    /// Whose `X-Forwarded-*` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long the process serves on after it was told to end.
    pub shutdown_delay: Duration,
    /// How long the last exchanges may take after that.
    pub drain_timeout: Duration,
    /// Where certificate and key are. Absent: plain http.
    pub tls: Option<TlsFiles>,
    /// What an https site says about itself.
    pub hsts: Hsts,
}

/// Key `server.tls`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the certificate itself first.
    pub cert_file: PathBuf,
    /// Its private key.
    pub key_file: PathBuf,
}

/// Key `limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// What holds for connections and requests.
    pub listener: Limits,
    /// Starts of a login, as many answers of a provider, and as many logout tokens that are none, of one client network in a
    /// minute; beyond them 429.
    pub logins_per_client: NonZeroU32,
}

/// Key `logs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// How the lines on standard error look.
    pub format: LogFormat,
    /// What audit events are appended to. Absent: standard output.
    pub audit_file: Option<PathBuf>,
}

/// Key `session`.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// Where sessions are kept.
    pub store: StoreSettings,
    /// What everything is sealed with: the current secret, then those before it; each fit for a keyring. Empty, in one
    /// process only: one is made that lives as long as the process.
    pub secrets: Vec<Secret>,
    /// How long a session lives.
    pub lifetimes: Lifetimes,
}

/// Key `session.store`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreSettings {
    /// In this process.
    Memory,
    /// In a Redis that several processes share.
    Redis {
        /// With user, password and database.
        url: Secret,
        /// Begins every key.
        prefix: String,
        /// Certificates of its own.
        tls: RedisTls,
    },
}

/// Key `assertion`.
#[derive(Clone, Debug)]
pub struct AssertionSettings {
    /// The assertion's `iss`.
    pub issuer: String,
    /// Where the keys that sign it come from.
    pub keys: KeySource,
    /// From its `iat` to its `exp`.
    pub lifetime: Duration,
    /// What pseudonyms are made with. Absent: no app asks for them.
    pub pseudonyms: Option<Pseudonyms>,
}

/// Where the keys of the assertion come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A folder that every instance shares.
    Folder(PathBuf),
    /// One is made that lives as long as the process: only for a gateway that is one process anyway.
    Throwaway,
}

/// What an operator registers at a provider for one of its entries, byte for byte as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// One for each host at which an app offers this entry.
    pub redirect_uris: Vec<String>,
    /// One for each of these hosts.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the provider tells us that a session of its own has ended; absent where it does not do that.
    pub backchannel_logout_uri: Option<String>,
    /// Where all of them stand in one document: to be registered where there are several hosts, or several ports on one.
    pub sector_identifier_uri: Option<String>,
    /// Where the provider fetches our own keys: to be registered where it needs one.
    pub jwks_uri: Option<String>,
}

impl Config {
    /// Every redirect URI of every entry.
    pub fn redirect_uris(&self) -> Vec<String> {
        let mut uris: Vec<String> = Vec::new();
        let of_entry = |settings: &ClientSettings| self.registration(&settings.entry).redirect_uris;
        for uri in self.providers.iter().flat_map(of_entry) {
            if !uris.contains(&uri) {
                uris.push(uri);
            }
        }
        uris
    }

    /// One host for what is registered once: that of the public URL, unless no app is there: then that of the first app.
    ///
    /// A provider derives each `sub` from the host of the sector identifier, so it must never change.
    fn one_host(&self) -> Option<&Host> {
        let hosts = || self.apps.iter().map(|app| &app.host);
        hosts()
            .find(|host| **host == self.public_url.host)
            .or_else(|| hosts().next())
    }

    fn sends_logout_tokens(&self, entry: &EntryName) -> bool {
        let of_entry = self.providers.iter().find(|settings| settings.entry == *entry);
        of_entry.is_some_and(|settings| {
            settings.profile.rules.backchannel_logout == BackchannelLogout::LogoutTokens
        })
    }

    /// The claims that some app uses of those who sign in at an entry.
    pub fn claims_used(&self, entry: &EntryName) -> BTreeSet<&str> {
        let apps = self.apps.iter().filter(|app| app.providers.contains(entry));
        apps.flat_map(App::uses).collect()
    }

    /// Whether the provider of an entry has to know a key of ours.
    fn has_keys(&self, entry: &EntryName) -> bool {
        let of_entry = self.providers.iter().find(|settings| settings.entry == *entry);
        of_entry.is_some_and(|settings| settings.published_keys().next().is_some())
    }

    /// What to register for an entry at its provider.
    pub fn registration(&self, entry: &EntryName) -> Registration {
        let scheme = self.public_url.scheme;
        let mut hosts: Vec<&Host> = Vec::new();
        for app in self.apps.iter().filter(|app| app.providers.contains(entry)) {
            if !hosts.contains(&&app.host) {
                hosts.push(&app.host);
            }
        }
        let own_paths = &self.server.own_paths;
        let at_each = |uri: fn(&OwnPaths, Scheme, &Host) -> String| {
            hosts.iter().map(|host| uri(own_paths, scheme, host)).collect()
        };
        let once =
            |uri: fn(&OwnPaths, Scheme, &Host) -> String| Some(uri(own_paths, scheme, self.one_host()?));
        Registration {
            redirect_uris: at_each(OwnPaths::redirect_uri),
            post_logout_redirect_uris: at_each(OwnPaths::post_logout_redirect_uri),
            backchannel_logout_uri: (!hosts.is_empty() && self.sends_logout_tokens(entry))
                .then(|| once(OwnPaths::backchannel_logout_uri))
                .flatten(),
            sector_identifier_uri: (hosts.len() > 1)
                .then(|| once(OwnPaths::sector_identifier_uri))
                .flatten(),
            jwks_uri: self
                .has_keys(entry)
                .then(|| once(OwnPaths::rp_jwks_uri))
                .flatten(),
        }
    }
}
