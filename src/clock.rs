//! The time, handed in. Nothing below asks the system clock, so a test moves time instead of waiting for it.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use chrono::DateTime;
use chrono::Utc;
use serde::Deserialize;
use serde::Serialize;

/// A moment: whole seconds since 1970-01-01T00:00:00Z, the `NumericDate` of RFC 7519, section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `seconds` after the epoch.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// This moment, later by `duration`; parts of a second are dropped.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(duration.as_secs()))
    }

    /// This moment, earlier by `duration`; parts of a second are dropped.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(duration.as_secs()))
    }

    /// How long after `earlier` this moment is; nothing if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// In UTC (RFC 3339), `2026-11-25T21:05:38Z`; as a number where no calendar reaches.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp(self.0, 0) {
            Some(moment) => write!(f, "{}", moment.format("%Y-%m-%dT%H:%M:%SZ")),
            None => self.0.fmt(f),
        }
    }
}

/// Says what time it is.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Ready when so much time has gone by.
    fn wait(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A machine that believes to live before 1970 has every token expired or in the future: nothing passes.
        Timestamp(since_epoch.map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_moment_is_no_time_after_a_later_one() {
        let (early, late) = (Timestamp::from_unix(10), Timestamp::from_unix(70));
        assert_eq!(late.since(early), Duration::from_mins(1));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn a_moment_is_shown_in_utc() {
        let shown = |seconds| Timestamp::from_unix(seconds).to_string();
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(1_795_640_738), "2026-11-25T21:05:38Z");
        assert_eq!(shown(i64::MAX), i64::MAX.to_string());
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let end = Timestamp::from_unix(i64::MAX);
        assert_eq!(end.plus(Duration::from_secs(u64::MAX)), end);
        assert_eq!(Timestamp::from_unix(i64::MIN).since(end), Duration::ZERO);
    }
}
