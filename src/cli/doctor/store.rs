//! The place where sessions are kept.

use std::sync::Arc;

use crate::app;
use crate::cli::report::Finding;
use crate::clock::Clock;
use crate::config::settings::StoreSettings;
use crate::session::finding;
use crate::session::finding::State;

/// Tries what the gateway does there, so that nothing changes, and asks how sessions are kept.
pub(super) async fn examine(settings: &StoreSettings, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    if let StoreSettings::Memory = settings {
        let seen = "in the process: a restart signs everybody out, and there can be one process only";
        return vec![Finding::unjudged("memory", seen)];
    }
    let store = match app::session_store(settings, clock) {
        Ok(store) => store,
        Err(error) => {
            return vec![Finding::bad("Redis", error.to_string(), "see session.redis.url")];
        }
    };
    let found = store.examine().await;
    let told = |found: finding::Finding| match found.state {
        State::Good => Finding::good("Redis", found.what),
        State::Doubtful => Finding::warning("Redis", found.what, found.mend),
        State::Bad => Finding::bad("Redis", found.what, found.mend),
    };
    found.into_iter().map(told).collect()
}
