//! What the legacy application received, byte for byte.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;

/// As many requests as are kept.
const KEPT: usize = 512;

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub struct Log(Mutex<VecDeque<Vec<u8>>>);

impl Log {
    pub(crate) fn keep(&self, raw: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(raw.to_vec());
    }

    /// Every request that is still kept.
    pub fn all(&self) -> Vec<Vec<u8>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }

    /// The last request that a person's page made, not an attack's.
    pub(crate) fn last_page(&self) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .rev()
            .map(|raw| String::from_utf8_lossy(raw).into_owned())
            .find(|raw| !raw.lines().next().unwrap_or_default().contains("?essai-"))
    }

    /// The last request with `marker` anywhere in it, as text.
    pub fn find(&self, marker: &str) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .rev()
            .map(|raw| String::from_utf8_lossy(raw).into_owned())
            .find(|raw| raw.contains(marker))
    }
}
