//! What can be known of a configuration that is not whole yet: where it listens, where its keys belong.
//!
//! `keys generate` makes the first key while `check` still misses it; `healthcheck` asks the running process and has no use
//! for its secrets.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;

use crate::config::defaults;
use crate::config::error::ConfigErrors;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::layers;
use crate::config::parse::server;
use crate::config::parse::site;
use crate::config::raw;
use crate::config::raw_provider;
use crate::config::schema;
use crate::config::shape;
use crate::config::surroundings::Surroundings;
use crate::provider::presets;
use crate::wire::host::Host;
use crate::wire::jwa::KeyManagementAlg;
use crate::wire::own_paths::OwnPaths;

/// What a listener speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP in the open.
    #[default]
    Plain,
    /// TLS: key `server.tls` is there.
    Tls,
}

/// The places that a configuration names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// Key `server.listen`.
    pub listen: Option<SocketAddr>,
    /// Key `server.reserved_prefix`; the usual one where that is none.
    pub own_paths: OwnPaths,
    /// Key `server.monitor_listen`.
    pub monitor_listen: Option<SocketAddr>,
    /// Key `server.admin_socket`.
    pub admin_socket: Option<PathBuf>,
    /// What is spoken at `listen`.
    pub speaks: Speaks,
    /// A host at which the gateway answers: that of the first app, else that of the public URL.
    pub host: Option<Host>,
    /// Key `assets_dir`.
    pub assets_dir: Option<PathBuf>,
    /// Key `assertion.keys_dir`.
    pub keys_dir: Option<PathBuf>,
    /// Our own keys at each provider entry.
    pub providers: BTreeMap<String, ProviderKeys>,
}

/// Our own keys at a provider entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderKeys {
    /// Key `keys_dir`.
    pub keys_dir: Option<PathBuf>,
    /// How it encrypts for us; absent where it does not.
    pub encryption_alg: Option<KeyManagementAlg>,
}

impl ProviderKeys {
    fn of(raw: &raw_provider::Provider, surroundings: &Surroundings) -> Self {
        let preset = raw.preset.as_deref().and_then(|name| presets::preset(name).ok()?);
        let usual = preset.and_then(|preset| preset.rules.encryption?.default_key_management_alg);
        let named = raw.encryption_alg.as_deref().and_then(KeyManagementAlg::parse);
        Self {
            keys_dir: raw.keys_dir.as_deref().map(|folder| surroundings.resolve(folder)),
            encryption_alg: named.or(usual),
        }
    }
}

/// Looks at a text as if it stood at `path`. Only a text that is not TOML is an error.
pub fn glance(path: &Path, text: &str, surroundings: &Surroundings) -> Result<Glance, ConfigErrors> {
    let mut findings = Findings::default();
    let shown = path.display().to_string();
    let Some(mut tree) = layers::merge(&shown, text, surroundings.variables(), &mut findings) else {
        return Err(ConfigErrors(findings.into_sorted()));
    };
    shape::prune(&mut tree, &schema::schema(), &mut findings);
    defaults::fill(&mut tree);
    let Ok(raw) = tree.deserialize::<raw::File>() else {
        return Ok(Glance::default());
    };
    let of_first_app = raw.apps.as_ref().and_then(|apps| apps.first()?.host.as_deref());
    let of_first_app = of_first_app.and_then(|host| Host::parse(host).ok());
    let of_site = site::public_url(raw.public_url, &mut findings).map(|url| url.host);
    let key = Key::ROOT.name("server");
    let mut address = |name, text| server::address(&key.name(name), text, &mut findings);
    let speaks = match raw.server.as_ref().and_then(|server| server.tls.as_ref()) {
        Some(_) => Speaks::Tls,
        None => Speaks::Plain,
    };
    let prefix = raw
        .server
        .as_ref()
        .and_then(|server| server.reserved_prefix.as_deref());
    let own_paths = prefix.and_then(OwnPaths::parse).unwrap_or_default();
    let providers = raw.providers.iter().flatten();
    let providers = providers.map(|(name, raw)| (name.clone(), ProviderKeys::of(raw, surroundings)));
    let providers = providers.collect();
    let (listen, monitor_listen, admin_socket) = match raw.server {
        Some(raw) => (
            address("listen", raw.listen),
            address("monitor_listen", raw.monitor_listen),
            raw.admin_socket.map(|path| surroundings.resolve(&path)),
        ),
        None => (None, None, None),
    };
    Ok(Glance {
        listen,
        own_paths,
        monitor_listen,
        admin_socket,
        speaks,
        host: of_first_app.or(of_site),
        assets_dir: raw.assets_dir.map(|folder| surroundings.resolve(&folder)),
        keys_dir: raw
            .assertion
            .and_then(|assertion| assertion.keys_dir)
            .filter(|_| !findings.refused(&Key::ROOT.name("assertion").name("keys_dir")))
            .map(|folder| surroundings.resolve(&folder)),
        providers,
    })
}
