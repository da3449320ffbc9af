//! The place where sessions are kept.

use crate::cli::report::Finding;
use crate::config::settings::StoreSettings;
use crate::session::finding::State;
use crate::session::redis::RedisStore;

/// Asks the store about itself. It knows best what a gateway needs of it.
pub(super) async fn examine(settings: &StoreSettings) -> Vec<Finding> {
    const WHAT: &str = "Redis";
    let StoreSettings::Redis { url, prefix, tls } = settings else {
        let seen = "in the process: a restart signs everybody out, and there can be one process only";
        return vec![Finding::unjudged("memory", seen)];
    };
    let store = match RedisStore::over_tls(url, tls, prefix.clone()) {
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
