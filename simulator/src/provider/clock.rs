//! The simulation's clock: the system's, moved forward as far as a test wants.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::SystemTime;

/// Milliseconds since 1970, plus what was added. Clones share the addition.
#[derive(Clone, Debug, Default)]
pub struct MovableClock(Arc<AtomicU64>);

impl MovableClock {
    /// Moves the clock forward: what would expire in that time has expired.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    /// Time since 1970.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is handed out")]
    pub fn now(&self) -> Duration {
        let real = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        real + Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}
