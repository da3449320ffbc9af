//! A date of birth as far as it is known: the register does not know every day, nor every month.

use chrono::Datelike as _;
use chrono::Months;
use chrono::NaiveDate;
use serde_json::Map;
use serde_json::Value;

/// The claim of civil status.
pub const BIRTHDATE: &str = "birthdate";
/// What the identity provider knew, with zeros for what it did not: FranceConnect completes `birthdate` with `01`.
pub const AS_KNOWN: &str = "idp_birthdate";

/// A year, and as much of the rest as is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Birthdate {
    year: i32,
    month: Option<u32>,
    day: Option<u32>,
}

impl Birthdate {
    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; `00` is a part that is not known. `None` for every other text and for days
    /// that no calendar has. Year `0000` is one that was withheld (OpenID Connect Core 1.0, section 5.1).
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = number(parts.next()?, 4)?;
        let month = parts.next().map_or(Some(0), |part| number(part, 2))?;
        let day = parts.next().map_or(Some(0), |part| number(part, 2))?;
        if parts.next().is_some() {
            return None;
        }
        let known = |part: u32| (part != 0).then_some(part);
        let date = Self {
            year: i32::try_from(year).ok().filter(|year| *year != 0)?,
            month: known(month),
            day: known(day),
        };
        date.latest().map(|_there_is_one| date)
    }

    /// The date of birth among the claims of a person, no more of it than the identity provider knew.
    pub fn of(claims: &Map<String, Value>) -> Option<Self> {
        let read = |name| claims.get(name).and_then(Value::as_str).and_then(Self::parse);
        let said = read(BIRTHDATE)?;
        Some(
            read(AS_KNOWN)
                .filter(|known| known.leaves_open(said))
                .unwrap_or(said),
        )
    }

    /// The year, which is always known.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The day on which the person is `years` old: no earlier than the latest date on which they can have been born. Who was
    /// born on 29 February has completed a year of 365 days with the end of 28 February.
    pub fn anniversary(self, years: u8) -> Option<NaiveDate> {
        let born = self.latest()?;
        let year = born.year().checked_add(i32::from(years))?;
        NaiveDate::from_ymd_opt(year, born.month(), born.day())
            .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
    }

    /// The latest date that it can be.
    fn latest(self) -> Option<NaiveDate> {
        let month = self.month.unwrap_or(12);
        if let Some(day) = self.day {
            return NaiveDate::from_ymd_opt(self.year, month, day);
        }
        let first = NaiveDate::from_ymd_opt(self.year, month, 1)?;
        first.checked_add_months(Months::new(1))?.pred_opt()
    }

    /// Whether it is the same date with less of it known.
    fn leaves_open(self, said: Self) -> bool {
        self.year == said.year
            && self.month.is_none_or(|month| said.month == Some(month))
            && self.day.is_none_or(|day| said.day == Some(day))
    }
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let are_digits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().ok()).flatten()
}

/// Nobody's birthday is shown.
impl std::fmt::Debug for Birthdate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Birthdate([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn latest(text: &str) -> Option<String> {
        let date = Birthdate::parse(text)?.latest()?;
        Some(date.to_string())
    }

    #[test]
    fn what_is_not_known_is_as_late_as_it_can_be() {
        for (text, date) in [
            ("1962-08-24", "1962-08-24"),
            ("1952-11-00", "1952-11-30"),
            ("1949-00-00", "1949-12-31"),
            ("1949-00-17", "1949-12-17"),
            ("2000-02-00", "2000-02-29"),
            ("1900-02-00", "1900-02-28"),
            ("1999-12-00", "1999-12-31"),
            ("1952-11", "1952-11-30"),
            ("1949", "1949-12-31"),
            ("1815-06-18", "1815-06-18"),
            ("2008-02-29", "2008-02-29"),
        ] {
            assert_eq!(latest(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_guessed() {
        for text in [
            "",
            "0000-05-12",
            "0000",
            "1990-02-30",
            "2007-02-29",
            "1990-13-01",
            "1990-00-32",
            "1990-1-1",
            "90-01-01",
            "1990/01/01",
            "1990-01-01T00:00:00Z",
            "1990-01-01-01",
            " 1990-01-01",
            "+199-01-01",
            "١٩٩٠-٠١-٠١",
            "19900101",
        ] {
            assert_eq!(latest(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_identity_provider_did_not_know_is_not_known() {
        for (birthdate, known, date) in [
            (json!("1952-11-01"), json!("1952-11-00"), Some("1952-11-30")),
            (json!("1949-01-01"), json!("1949-00-00"), Some("1949-12-31")),
            (json!("1949-01-01"), json!("1949-01-01"), Some("1949-01-01")),
            // Corrected by the register: its word counts.
            (json!("1949-01-01"), json!("1950-00-00"), Some("1949-01-01")),
            (json!("1949-05-01"), json!("1949-04-00"), Some("1949-05-01")),
            (json!("1949-05-02"), json!("1949-06-02"), Some("1949-05-02")),
            (json!("1952-11-00"), json!(null), Some("1952-11-30")),
            (json!("1952-11-00"), json!("1952-00-00"), Some("1952-12-31")),
            (json!("1952-11-02"), json!("soon"), Some("1952-11-02")),
            (json!(null), json!("1952-11-02"), None),
            (json!(1952), json!(null), None),
        ] {
            let claims = json!({ "birthdate": birthdate, "idp_birthdate": known });
            let found = Birthdate::of(claims.as_object().unwrap()).and_then(Birthdate::latest);
            assert_eq!(found.map(|date| date.to_string()).as_deref(), date, "{claims}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,12}") {
            if let Some(date) = Birthdate::parse(&text) {
                assert!(date.anniversary(0).is_some() && date.anniversary(255).is_some());
            }
        }

        #[test]
        fn knowing_less_never_makes_anybody_older(year in 1900_i32..2030, month in 1_u32..=12, day in 1_u32..=28, age: u8) {
            let full = Birthdate::parse(&format!("{year}-{month:02}-{day:02}")).unwrap();
            for less in [format!("{year}-{month:02}-00"), format!("{year}-00-00"), format!("{year}-00-{day:02}")] {
                let less = Birthdate::parse(&less).unwrap();
                assert!(less.anniversary(age) >= full.anniversary(age));
            }
        }
    }
}
