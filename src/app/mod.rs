//! The composition root: a configuration becomes a running gateway, and a newer one takes its place.
//!
//! Nothing is asked of the network here: neither a store nor a provider that is away keeps the process from starting.

pub mod build;
pub mod fixed;
mod stores;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use arc_swap::ArcSwap;

use crate::app::build::Builder;
use crate::app::build::Parts;
use crate::app::build::StartError;
use crate::app::fixed::Fixed;
use crate::app::fixed::NeedsRestart;
use crate::causes;
use crate::clock::Clock;
use crate::config::error::ConfigErrors;
use crate::config::settings::Config;
use crate::config::settings::StoreSettings;
use crate::gateway::listener::Rules;
use crate::gateway::live::Live;
use crate::jose::jwk_set::PublicJwk;
use crate::lifecycle::Lifecycle;
use crate::pipeline::Pipeline;
use crate::provider::entry_name::EntryName;
use crate::session::Sessions;
use crate::session::redis::RedisStore;
use crate::session::roster::Roster;
use crate::telemetry::audit::event::AuditEvent;
use crate::telemetry::audit::event::Source;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::host::Host;

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
    #[error("{}", causes::in_lines(.0))]
    Start(#[from] StartError),
}

/// A gateway: what outlives a configuration, and the pipeline of the one in force.
#[derive(Debug)]
pub struct App {
    live: Arc<Live<Pipeline>>,
    rules: Arc<Live<Rules>>,
    lifecycle: Arc<Lifecycle>,
    clock: Arc<dyn Clock>,
    telemetry: Arc<Telemetry>,
    fixed: Fixed,
    in_force: ArcSwap<Parts>,
    one_at_a_time: Mutex<()>,
}

impl App {
    /// Builds everything that answers requests.
    pub fn start(
        config: Config,
        clock: Arc<dyn Clock>,
        telemetry: Arc<Telemetry>,
    ) -> Result<Arc<Self>, StartError> {
        let fixed = Fixed::of(&config);
        let lifecycle = Arc::new(Lifecycle::new(build::ending(&config.server)));
        let builder = Builder {
            clock: &clock,
            telemetry: &telemetry,
            lifecycle: &lifecycle,
            before: None,
        };
        let rules = Arc::new(Live::new(Arc::new(build::rules(&config)?)));
        telemetry.metrics.expect(&build::expected(&config));
        let (pipeline, parts) = builder.build(config)?;
        telemetry.metrics.configured(clock.now());
        Ok(Arc::new(Self {
            live: Arc::new(Live::new(pipeline)),
            rules,
            lifecycle,
            clock,
            telemetry,
            fixed,
            in_force: ArcSwap::from_pointee(parts),
            one_at_a_time: Mutex::new(()),
        }))
    }

    /// Puts a newer configuration into force, whole or not at all. Exchanges under way end under the one before.
    ///
    /// Sessions, known metadata and open connections stay where what they belong to is the same. Keys, secrets and roots
    /// were read again, or are now. One at a time: whoever comes second waits.
    pub fn reload(&self, config: Config) -> Result<(), ReloadError> {
        let _turn = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.in_force.load();
        self.fixed.stays_in(&config)?;
        let (ending, rules) = (build::ending(&config.server), build::rules(&config)?);
        let builder = Builder {
            clock: &self.clock,
            telemetry: &self.telemetry,
            lifecycle: &self.lifecycle,
            before: Some(&before),
        };
        self.telemetry.metrics.expect(&build::expected(&config));
        let (pipeline, parts) = builder.build(config)?;
        self.lifecycle.set_ending(ending);
        self.live.replace(pipeline);
        self.rules.replace(Arc::new(rules));
        self.telemetry.metrics.configured(self.clock.now());
        self.telemetry.audit(&Source::Operator, &AuditEvent::Reloaded);
        self.tell_rotations(&before, &parts);
        self.in_force.store(Arc::new(parts));
        Ok(())
    }

    /// Which keys are others than before: the one that signs assertions, and our own at each provider.
    fn tell_rotations(&self, before: &Parts, now: &Parts) {
        let kid = now.keys.current().kid();
        if kid != before.keys.current().kid() {
            self.telemetry
                .audit(&Source::Operator, &AuditEvent::KeysRotated { kid });
        }
        for (entry, party) in &now.desk.providers {
            let Some(old) = before.desk.providers.get(entry) else {
                continue;
            };
            let [old, kids] = [old, party].map(|each| {
                each.settings()
                    .published_keys()
                    .map(PublicJwk::kid)
                    .collect::<Vec<_>>()
            });
            if old != kids {
                let event = AuditEvent::ClientKeysRotated {
                    provider: entry.as_str(),
                    kids: &kids,
                };
                self.telemetry.audit(&Source::Operator, &event);
            }
        }
    }

    /// What answers requests now.
    pub fn live(&self) -> &Arc<Live<Pipeline>> {
        &self.live
    }

    /// What the listener goes by now.
    pub fn rules(&self) -> &Arc<Live<Rules>> {
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

    /// Whether an application is at this host now.
    pub fn serves(&self, host: &str) -> bool {
        Host::parse(host).is_ok_and(|host| self.in_force.load().desk.router.start_of(&host).is_some())
    }

    /// The Redis in force, by a connection of its own, for a look at it. None if sessions are kept in the process.
    pub fn redis(&self) -> Option<RedisStore> {
        match &self.in_force.load().store {
            StoreSettings::Memory => None,
            StoreSettings::Redis { url, prefix, tls } => RedisStore::over_tls(url, tls, prefix.clone()).ok(),
        }
    }
}
