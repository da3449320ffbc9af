//! What follows from civil status and says less than it: a fact is told in the place of the claims that it comes from.
//!
//! A fact that cannot be known is none: it is never guessed, and never `false` for want of an answer.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde_json::Map;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::identity::birthdate;
use crate::identity::birthdate::Birthdate;
use crate::identity::paris;

/// Canonical composition (Unicode Standard Annex 15, form NFC).
const TOGETHER: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
/// What stands before the number of years.
const AGE_OVER: &str = "age_over_";
/// Where it happened, as a commune of the official geographic code (INSEE).
const BIRTHPLACE: &str = "birthplace";
/// Where it happened, as a country of the same code.
const BIRTHCOUNTRY: &str = "birthcountry";
/// France in that code; overseas collectivities as well.
const FRANCE: &str = "99100";
const GIVEN_NAME: &str = "given_name";
const FAMILY_NAME: &str = "family_name";

/// The greatest age that can be asked about.
pub const GREATEST_AGE: u8 = 130;

/// One derived fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// `age_over_N`: whether the person has completed N years of life, in France, at this moment.
    AgeOver(u8),
    /// `birth_year`: a number.
    BirthYear,
    /// `birth_department`: `01` to `95`, `2A`, `2B`, `971` to `976`.
    BirthDepartment,
    /// `born_in_france`: overseas as well.
    BornInFrance,
    /// `initials`: of the first given name and of the birth name.
    Initials,
}

impl Fact {
    /// Every fact, the age of majority for all ages.
    pub const ALL: [Self; 5] = [
        Self::AgeOver(18),
        Self::BirthYear,
        Self::BirthDepartment,
        Self::BornInFrance,
        Self::Initials,
    ];

    /// Reads a name; `None` for one that is no fact of ours.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(years) = name.strip_prefix(AGE_OVER) {
            let years: u8 = years.parse().ok()?;
            let fact = Self::AgeOver(years);
            // One spelling: neither `+18` nor `018`.
            let is_one = (1..=GREATEST_AGE).contains(&years) && fact.to_string() == name;
            return is_one.then_some(fact);
        }
        Self::ALL
            .into_iter()
            .skip(1)
            .find(|fact| fact.to_string() == name)
    }

    /// The claims without all of which it is never known.
    pub fn sources(self) -> &'static [&'static str] {
        match self {
            Self::AgeOver(_) | Self::BirthYear => &[birthdate::BIRTHDATE],
            Self::BirthDepartment => &[BIRTHPLACE, BIRTHCOUNTRY],
            Self::BornInFrance => &[BIRTHCOUNTRY],
            Self::Initials => &[GIVEN_NAME, FAMILY_NAME],
        }
    }

    /// The claim that says how much of its source is known, where a provider has one.
    pub fn precision(self) -> Option<&'static str> {
        match self {
            Self::AgeOver(_) => Some(birthdate::AS_KNOWN),
            Self::BirthYear | Self::BirthDepartment | Self::BornInFrance | Self::Initials => None,
        }
    }

    /// What it is for a person of these claims at this moment; `None` where it is not known.
    pub fn of(self, claims: &Map<String, Value>, now: Timestamp) -> Option<Value> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        match self {
            Self::AgeOver(years) => {
                let anniversary = Birthdate::of(claims)?.anniversary(years)?;
                Some((paris::day(now)? >= anniversary).into())
            }
            Self::BirthYear => Some(Birthdate::of(claims)?.year().into()),
            Self::BirthDepartment => {
                let is_french = text(BIRTHCOUNTRY)? == FRANCE;
                let place = is_french.then_some(text(BIRTHPLACE)?)?;
                department(place).map(Value::from)
            }
            Self::BornInFrance => {
                is_country(text(BIRTHCOUNTRY)?).then(|| (text(BIRTHCOUNTRY) == Some(FRANCE)).into())
            }
            Self::Initials => {
                let initials = [GIVEN_NAME, FAMILY_NAME].map(|name| text(name).and_then(initial));
                let [given, family] = initials;
                Some(format!("{}{}", given?, family?).into())
            }
        }
    }
}

/// The name under which it is told.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AgeOver(years) => write!(f, "{AGE_OVER}{years}"),
            Self::BirthYear => f.write_str("birth_year"),
            Self::BirthDepartment => f.write_str("birth_department"),
            Self::BornInFrance => f.write_str("born_in_france"),
            Self::Initials => f.write_str("initials"),
        }
    }
}

/// The department in the code of a commune. None has `20`, as Corsica was until 1975: which of the two it is now is not known;
/// none have `977` and beyond, which are no departments.
fn department(place: &str) -> Option<&str> {
    let is_code = place.len() == 5 && place.get(2..)?.bytes().all(|byte| byte.is_ascii_digit());
    let (two, three) = (place.get(..2)?, place.get(..3)?);
    let number = two
        .parse::<u8>()
        .ok()
        .filter(|_| two.bytes().all(|byte| byte.is_ascii_digit()));
    let found = match (number, two) {
        (_, "2A" | "2B") | (Some(1..=19 | 21..=95), _) => Some(two),
        (Some(97), _) if ("971"..="976").contains(&three) => Some(three),
        _ => None,
    };
    found.filter(|_| is_code)
}

/// `99` and three digits.
fn is_country(code: &str) -> bool {
    code.len() == 5 && code.starts_with("99") && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first letter of a name, in capitals, with its accent however that was written.
fn initial(name: &str) -> Option<String> {
    let letter = TOGETHER
        .normalize_iter(name.chars())
        .find(|c| c.is_alphabetic())?;
    Some(letter.to_uppercase().collect())
}

#[cfg(test)]
mod tests;
