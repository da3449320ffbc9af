//! The order of a provider's `acr` values: which login is at least as strong as another.

use std::fmt;

use serde::Deserialize;

/// The values that a provider knows, the lowest first. Values are compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct AcrOrder(Vec<String>);

impl AcrOrder {
    /// Reads a value; `None` if this provider does not know it.
    pub fn value(&self, text: &str) -> Option<AcrValue> {
        let rank = self.0.iter().position(|known| known == text)?;
        Some(AcrValue {
            text: text.to_owned(),
            rank,
        })
    }

    /// The values, the lowest first.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// A value that the provider knows, with its place in the order. Values of two providers are never compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcrValue {
    text: String,
    rank: usize,
}

impl AcrValue {
    /// The value as it is sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What a login of this level is worth where `wanted` is asked for.
    pub fn against(&self, wanted: &Self) -> Strength {
        if self.rank >= wanted.rank {
            Strength::Enough
        } else {
            Strength::TooLow
        }
    }
}

/// Whether a login is strong enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// At least what was asked for.
    Enough,
    /// Below it.
    TooLow,
}

impl fmt::Display for AcrValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_enough_for_itself_and_for_lower_ones() {
        let order = AcrOrder(vec![
            "eidas1".to_owned(),
            "eidas2".to_owned(),
            "eidas3".to_owned(),
        ]);
        let value = |text| order.value(text).unwrap();
        assert_eq!(value("eidas2").against(&value("eidas2")), Strength::Enough);
        assert_eq!(value("eidas3").against(&value("eidas2")), Strength::Enough);
        assert_eq!(value("eidas1").against(&value("eidas2")), Strength::TooLow);
        for text in ["eidas22", "EIDAS1", "", "eidas1 "] {
            assert_eq!(order.value(text), None, "{text}");
        }
    }
}
