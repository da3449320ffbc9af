//! What the operator's socket asks of the gateway.

use std::pin::Pin;
use std::sync::Arc;

use crate::provider::entry_name::EntryName;
use crate::session::Sessions;
use crate::session::roster::Roster;
use crate::telemetry::telemetry::Telemetry;

/// A reload under way: the warnings about the new configuration, or why the one before stays in force.
pub type Reloading<'a> = Pin<Box<dyn Future<Output = Result<Vec<String>, String>> + Send + 'a>>;

/// The gateway, as its operator uses it. Each answer is that of the configuration in force at this moment.
pub trait Control: Send + Sync {
    /// Who is told what happens.
    fn telemetry(&self) -> &Telemetry;
    /// The sessions as an operator sees them.
    fn roster(&self) -> Arc<Roster>;
    /// The sessions of a person.
    fn sessions(&self) -> Arc<Sessions>;
    /// The issuer of a provider entry, if there is such an entry.
    fn issuer_of(&self, entry: &EntryName) -> Option<String>;
    /// Whether an application is at this host.
    fn serves(&self, host: &str) -> bool;
    /// Reads the configuration again.
    fn reload(&self) -> Reloading<'_>;
}
