//! How many lines of one kind a second may have, so that a stranger cannot fill a disk; the rest is counted.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(1);

/// Counts kinds. The kinds come from our own code, so there are not many of them.
#[derive(Debug)]
pub struct Limit<K> {
    most: u32,
    windows: Mutex<HashMap<K, Window>>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    count: u32,
    suppressed: u64,
}

/// Whether one more is within the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Say it.
    Passes,
    /// It was counted instead.
    Suppressed,
}

impl<K: Eq + Hash + Clone> Limit<K> {
    /// At most `most` of each kind in a second.
    pub fn new(most: u32) -> Self {
        Self {
            most,
            windows: Mutex::default(),
        }
    }

    /// One more of this kind, at this moment.
    pub fn one_more(&self, kind: &K, now: Instant) -> Verdict {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = windows.get_mut(kind) else {
            let window = Window {
                began: now,
                count: 1,
                suppressed: 0,
            };
            windows.insert(kind.clone(), window);
            return Verdict::Passes;
        };
        if now.duration_since(window.began) >= WINDOW {
            window.began = now;
            window.count = 0;
        }
        if window.count < self.most {
            window.count += 1;
            return Verdict::Passes;
        }
        window.suppressed += 1;
        Verdict::Suppressed
    }

    /// How many of each kind were suppressed since this was asked last.
    pub fn suppressed(&self) -> Vec<(K, u64)> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = windows.iter_mut().filter(|(_, window)| window.suppressed > 0);
        counted
            .map(|(kind, window)| (kind.clone(), std::mem::take(&mut window.suppressed)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_limit_and_each_second_a_new_one() {
        let limit = Limit::new(2);
        let start = Instant::now();
        let said = |kind, after| limit.one_more(&kind, start + Duration::from_millis(after));
        let pass = Verdict::Passes;
        assert_eq!([said("a", 0), said("a", 1), said("b", 1)], [pass, pass, pass]);
        assert_eq!(said("a", 2), Verdict::Suppressed);
        assert_eq!(said("a", 999), Verdict::Suppressed);
        assert_eq!(said("b", 999), pass);
        assert_eq!(said("a", 1000), pass);
        assert_eq!(limit.suppressed(), [("a", 2)]);
        assert_eq!(limit.suppressed(), []);
    }
}
