//! A moment as people read it: `2026-11-25T21:05:38Z`.

use std::fmt;

use chrono::DateTime;
use chrono::Utc;

use crate::clock::Timestamp;

/// Shows a moment in UTC (RFC 3339); as a number where no calendar reaches.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp(self.0.as_unix(), 0) {
            Some(moment) => write!(f, "{}", moment.format("%Y-%m-%dT%H:%M:%SZ")),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_in_utc() {
        let shown = |seconds| Moment(Timestamp::from_unix(seconds)).to_string();
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(1_795_640_738), "2026-11-25T21:05:38Z");
        assert_eq!(shown(i64::MAX), i64::MAX.to_string());
    }
}
