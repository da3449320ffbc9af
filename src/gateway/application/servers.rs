//! What the threads have in common about the servers of applications: the bound of each, its authorities, its standing.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;

use tokio::sync::Semaphore;

use crate::gateway::application::connect::Connector;
use crate::gateway::application::standing::Standing;
use crate::routing::app::App;
use crate::routing::upstream::Upstream;
use crate::telemetry::telemetry::Telemetry;

/// Every server that is still configured.
#[derive(Debug)]
pub(in crate::gateway) struct Servers {
    telemetry: Arc<Telemetry>,
    /// For those who are vouched for by whom the system believes.
    connector: Arc<Connector>,
    table: Table<Server>,
}

/// One server.
#[derive(Debug)]
pub(super) struct Server {
    /// A place for each exchange.
    pub(super) places: Arc<Semaphore>,
    /// Opens connections to it.
    pub(super) connector: Arc<Connector>,
    /// Whether it is up.
    pub(super) standing: Standing,
}

impl Servers {
    /// None yet; each comes when it is first looked at.
    pub(in crate::gateway) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self {
            telemetry,
            connector: Arc::default(),
            table: Table::default(),
        }
    }

    /// Who is told how they are.
    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// The server of an application.
    pub(super) fn get(&self, app: &App, upstream: &Arc<Upstream>) -> Arc<Server> {
        self.table.get(upstream, || Server {
            places: Arc::new(Semaphore::new(upstream.limits.max_connections)),
            connector: match upstream.authorities {
                None => Arc::clone(&self.connector),
                Some(_) => Arc::default(),
            },
            standing: Standing::new(
                (&app.name, upstream.address.to_string()),
                Arc::clone(&self.telemetry),
            ),
        })
    }
}

/// One value for each upstream that is still configured. Few entries, found by address.
#[derive(Debug)]
pub(super) struct Table<T>(Mutex<Vec<(Weak<Upstream>, Arc<T>)>>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Table<T> {
    /// The value of this upstream, made if there is none.
    pub(super) fn get(&self, upstream: &Arc<Upstream>, make: impl FnOnce() -> T) -> Arc<T> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Arc::as_ptr(upstream);
        if let Some((_, value)) = entries.iter().find(|(each, _)| std::ptr::eq(each.as_ptr(), key)) {
            return Arc::clone(value);
        }
        entries.retain(|(each, _)| each.strong_count() > 0);
        let value = Arc::new(make());
        entries.push((Arc::downgrade(upstream), Arc::clone(&value)));
        value
    }
}
