//! The place where sessions are kept.

use std::sync::Arc;

use crate::app::stores;
use crate::cli::report::Finding;
use crate::clock::Clock;
use crate::config::settings::StoreSettings;
use crate::session::finding::State;

/// Asks the store about itself. It knows best what a gateway needs of it.
pub(super) async fn examine(settings: &StoreSettings, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    const WHAT: &str = "Redis";
    if let StoreSettings::Memory = settings {
        let seen = "in the process: a restart signs everybody out, and there can be one process only";
        return vec![Finding::unjudged("memory", seen)];
    }
    let store = match stores::session_store(settings, clock) {
        Ok(store) => store,
        Err(error) => {
            return vec![Finding::bad(WHAT, error.to_string(), "see session.redis.url")];
        }
    };
    let findings = store.examine().await.into_iter();
    findings
        .map(|found| match found.state {
            State::Good => Finding::good(WHAT, found.what),
            State::Doubtful => Finding::warning(WHAT, found.what, found.mend),
            State::Bad => Finding::bad(WHAT, found.what, found.mend),
        })
        .collect()
}
