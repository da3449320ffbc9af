//! What is wrong with a Redis stands in the log soon after the start, not after the first login.

use std::time::Duration;

use crate::session::finding::State;
use crate::session::redis::examine;
use crate::session::redis::link::Link;
use crate::session::store::StoreError;

/// The pauses between two looks at a Redis that is away.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Waits until Redis can be reached, then logs what an operator should know.
pub(super) async fn report(link: &Link, prefix: &str) {
    let (mut pause, longest) = PAUSES;
    let mut is_told = false;
    while let Err(error) = examine::serves(link, prefix).await {
        match error {
            StoreError::Unavailable(_) | StoreError::Timeout | StoreError::Credentials => {}
            StoreError::Refused { ref code, .. } if code == "LOADING" => {}
            _ => break,
        }
        // A first connection may take longer than a request would wait for it.
        if !is_told && error != StoreError::Timeout {
            tracing::warn!(reason = %error, "no session can be kept yet");
            is_told = true;
        }
        tokio::time::sleep(pause).await;
        pause = longest.min(pause * 2);
    }
    for finding in examine::examine(link, prefix).await {
        match finding.state {
            State::Good => tracing::info!("Redis: {}", finding.what),
            State::Doubtful => tracing::warn!(help = finding.mend, "Redis: {}", finding.what),
            State::Bad => tracing::error!(help = finding.mend, "Redis: {}", finding.what),
        }
    }
}
