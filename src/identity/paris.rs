//! Which day it is in France: an age is counted in days of civil life, not of UTC.
//!
//! The rule is that of Directive 2000/84/EC, in force in France since 2002 (decision 19 says why no table of time zones).

use chrono::DateTime;
use chrono::Datelike as _;
use chrono::NaiveDate;
use chrono::TimeDelta;
use chrono::Utc;

use crate::clock::Timestamp;

/// The date on a calendar in Paris. `None` for a moment that no calendar reaches.
pub fn day(at: Timestamp) -> Option<NaiveDate> {
    let utc = DateTime::<Utc>::from_timestamp(at.as_unix(), 0)?;
    let begins = change(utc.year(), 3)?;
    let ends = change(utc.year(), 10)?;
    let ahead = if begins <= utc && utc < ends { 2 } else { 1 };
    Some(utc.checked_add_signed(TimeDelta::hours(ahead))?.date_naive())
}

/// When the clocks change: at 1:00 UTC on the last Sunday of a month of 31 days.
fn change(year: i32, month: u32) -> Option<DateTime<Utc>> {
    let last = NaiveDate::from_ymd_opt(year, month, 31)?;
    let after_sunday = i64::from(last.weekday().num_days_from_sunday());
    let sunday = last.checked_sub_signed(TimeDelta::days(after_sunday))?;
    Some(sunday.and_hms_opt(1, 0, 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_at(utc: &str) -> String {
        let moment = DateTime::parse_from_rfc3339(utc).unwrap();
        day(Timestamp::from_unix(moment.timestamp())).unwrap().to_string()
    }

    /// Moments on both sides of midnight in Paris, and of the changes of its clocks.
    #[test]
    fn a_day_begins_at_midnight_in_paris() {
        for (utc, date) in [
            ("2026-01-15T22:59:59Z", "2026-01-15"),
            ("2026-01-15T23:00:00Z", "2026-01-16"),
            ("2026-07-15T21:59:59Z", "2026-07-15"),
            ("2026-07-15T22:00:00Z", "2026-07-16"),
            // The last Sundays: 29 March and 25 October.
            ("2026-03-28T22:59:59Z", "2026-03-28"),
            ("2026-03-28T23:00:00Z", "2026-03-29"),
            ("2026-03-29T00:59:59Z", "2026-03-29"),
            ("2026-03-29T21:59:59Z", "2026-03-29"),
            ("2026-03-29T22:00:00Z", "2026-03-30"),
            ("2026-10-24T21:59:59Z", "2026-10-24"),
            ("2026-10-24T22:00:00Z", "2026-10-25"),
            ("2026-10-25T22:59:59Z", "2026-10-25"),
            ("2026-10-25T23:00:00Z", "2026-10-26"),
            // A month that ends on a Sunday, and one that ends on a Saturday.
            ("2024-03-31T22:00:00Z", "2024-04-01"),
            ("2029-03-24T23:00:00Z", "2029-03-25"),
            ("2029-03-25T22:00:00Z", "2029-03-26"),
            ("2026-12-31T22:59:59Z", "2026-12-31"),
            ("2026-12-31T23:00:00Z", "2027-01-01"),
        ] {
            assert_eq!(day_at(utc), date, "{utc}");
        }
    }

    #[test]
    fn a_moment_that_no_calendar_reaches_has_no_day() {
        for seconds in [i64::MAX, i64::MIN] {
            assert_eq!(day(Timestamp::from_unix(seconds)), None);
        }
    }
}
