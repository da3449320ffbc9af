//! The place where sessions are kept.

use std::sync::Arc;

use crate::app;
use crate::cli::report::Finding;
use crate::clock::Clock;
use crate::config::settings::StoreSettings;
use crate::session::key::SessionKey;
use crate::session::store::StoreError;

/// Asks it for a session that nobody has.
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
    let Some(nobody) = SessionKey::generate().ok().and_then(|key| key.locator()) else {
        return vec![Finding::bad(
            "Redis",
            "the system gives no random bytes",
            "look at this machine",
        )];
    };
    vec![match store.get(&[nobody]).await {
        Ok(_) => Finding::good("Redis", "it answers"),
        Err(error) => Finding::bad("Redis", error.to_string(), mend(&error)),
    }]
}

fn mend(error: &StoreError) -> &'static str {
    match error {
        StoreError::Credentials => "user and password in session.redis.url are not those that Redis knows",
        StoreError::Unavailable(_) | StoreError::Timeout => {
            "is Redis running, and does session.redis.url name its host and port?"
        }
        _ => "compare the access list of the user with docs/redis.md",
    }
}
