//! What the text of a configuration says about requests and people. Nothing that it refers to was read: no secret, no
//! certificate, no key, no folder; so an application's developer needs none of them.
//!
//! Nobody can serve with it: there is no secret in it, and no way from it to a [`Config`].

use std::time::Duration;

use crate::config::settings::AssertionSettings;
use crate::config::settings::Config;
use crate::config::settings::PublicUrl;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::acr::AcrValue;
use crate::provider::entry_name::EntryName;
use crate::provider::profile::ProviderProfile;
use crate::routing::app::App;
use crate::wire::own_paths::OwnPaths;

/// A text in which nothing is wrong, whatever is wrong around it.
#[derive(Debug)]
pub struct Outline {
    /// Where browsers reach the site.
    pub public_url: PublicUrl,
    /// What the gateway answers itself.
    pub own_paths: OwnPaths,
    /// How long a session lives at most.
    pub session_lives_for: Duration,
    /// The signed statement that an application receives. The keys were not looked at.
    pub assertion: AssertionSettings,
    /// The provider entries, by name.
    pub providers: Vec<OutlinedEntry>,
    /// The applications, in the order of the file.
    pub apps: Vec<App>,
}

/// A provider entry, without the client that it makes of us.
#[derive(Debug)]
pub struct OutlinedEntry {
    /// Its name.
    pub entry: EntryName,
    /// The provider's rules and its issuer.
    pub profile: ProviderProfile,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// The level that is asked for, if one is.
    pub acr: Option<AcrValue>,
}

impl Outline {
    /// What is left of a configuration in which something stands for each secret.
    pub(super) fn of(config: Config) -> Self {
        Self {
            public_url: config.public_url,
            own_paths: config.server.own_paths,
            session_lives_for: config.session.lifetimes.absolute,
            assertion: config.assertion,
            providers: config.providers.into_iter().map(OutlinedEntry::of).collect(),
            apps: config.apps,
        }
    }
}

impl OutlinedEntry {
    fn of(settings: ClientSettings) -> Self {
        Self {
            entry: settings.entry,
            profile: settings.profile,
            scopes: settings.scopes,
            acr: settings.acr,
        }
    }
}
