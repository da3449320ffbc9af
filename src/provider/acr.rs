//! The order of a provider's `acr` values: which login is at least as strong as another.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

/// Longest value of an open order, in bytes: a session, its note and a line of the log hold it.
const LONGEST: usize = 255;

/// The values that a provider knows, the lowest first. Values are compared byte for byte.
///
/// Written as one list, each value is at least as strong as those before it. Written as several, each list says so of its own
/// values and no list compares what the others do not: a second factor does not prove a civil status.
///
/// An order of no values is open: the provider may say what it likes, in a line of 255 bytes at most, and a value is as strong
/// as itself alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct AcrOrder(Vec<AcrValue>);

/// An order as it is written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(Vec<String>),
    Several(Vec<Vec<String>>),
}

impl AcrOrder {
    /// The order of one list, the lowest value first.
    pub fn of_list(values: Vec<String>) -> Self {
        Self::from(Written::One(values))
    }

    /// Reads a value; `None` if this provider does not know it.
    pub fn value(&self, text: &str) -> Option<AcrValue> {
        if self.is_open() {
            let is_word = !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control);
            return is_word.then(|| AcrValue::alone(text));
        }
        self.0.iter().find(|known| known.as_str() == text).cloned()
    }

    /// The values, the lowest first.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AcrValue::as_str)
    }

    /// The values that are enough where `wanted` is asked for.
    pub fn enough_for<'a>(&'a self, wanted: &'a AcrValue) -> impl Iterator<Item = &'a str> {
        let known = self.0.iter();
        known
            .filter(|value| value.against(wanted) == Strength::Enough)
            .map(AcrValue::as_str)
    }

    /// Whether the provider may say what it likes.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Written> for AcrOrder {
    fn from(written: Written) -> Self {
        let chains = match written {
            Written::One(chain) => vec![chain],
            Written::Several(chains) => chains,
        };
        let mut values: Vec<Arc<str>> = Vec::new();
        for text in chains.iter().flatten() {
            if !values.iter().any(|known| **known == **text) {
                values.push(Arc::from(text.as_str()));
            }
        }
        let covers = |value: &Arc<str>| covered_by(value, &chains, &values);
        Self(
            values
                .iter()
                .map(|value| AcrValue {
                    text: Arc::clone(value),
                    covers: covers(value),
                })
                .collect(),
        )
    }
}

/// Everything that stands before `value` in a list, and before that in any other, and so on.
fn covered_by(value: &Arc<str>, chains: &[Vec<String>], values: &[Arc<str>]) -> Arc<[Arc<str>]> {
    let mut covered = vec![Arc::clone(value)];
    let mut next = 0;
    while let Some(upper) = covered.get(next).cloned() {
        next += 1;
        let before = chains.iter().flat_map(|chain| {
            let end = chain.iter().rposition(|text| **text == *upper).unwrap_or(0);
            chain.iter().take(end)
        });
        for text in before {
            let known = values.iter().find(|known| ***known == **text);
            if let Some(known) = known.filter(|known| !covered.contains(known)) {
                covered.push(Arc::clone(known));
            }
        }
    }
    covered.into()
}

/// A value that the provider knows, with its place in the order. Values of two providers are never compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcrValue {
    text: Arc<str>,
    /// Itself, and whatever it is at least as strong as.
    covers: Arc<[Arc<str>]>,
}

impl AcrValue {
    /// The value as it is sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What a login of this level is worth where `wanted` is asked for.
    pub fn against(&self, wanted: &Self) -> Strength {
        if self.covers.contains(&wanted.text) {
            Strength::Enough
        } else {
            Strength::TooLow
        }
    }

    fn alone(text: &str) -> Self {
        let text: Arc<str> = Arc::from(text);
        Self {
            covers: Arc::from([Arc::clone(&text)]),
            text,
        }
    }
}

/// Whether a login is strong enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// At least what was asked for.
    Enough,
    /// Below it, or of another kind.
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

    fn order(written: &str) -> AcrOrder {
        #[derive(Deserialize)]
        struct File {
            order: AcrOrder,
        }
        toml::from_str::<File>(&format!("order = {written}"))
            .unwrap()
            .order
    }

    fn enough(order: &AcrOrder, wanted: &str) -> Vec<String> {
        let wanted = order.value(wanted).unwrap();
        order.enough_for(&wanted).map(str::to_owned).collect()
    }

    #[test]
    fn a_level_is_enough_for_itself_and_for_lower_ones() {
        let order = order(r#"["eidas1", "eidas2", "eidas3"]"#);
        let value = |text| order.value(text).unwrap();
        assert_eq!(value("eidas2").against(&value("eidas2")), Strength::Enough);
        assert_eq!(value("eidas3").against(&value("eidas2")), Strength::Enough);
        assert_eq!(value("eidas1").against(&value("eidas2")), Strength::TooLow);
        for text in ["eidas22", "EIDAS1", "", "eidas1 "] {
            assert_eq!(order.value(text), None, "{text}");
        }
        assert_eq!(order.known().collect::<Vec<_>>(), ["eidas1", "eidas2", "eidas3"]);
    }

    #[test]
    fn levels_of_two_lists_are_compared_where_a_list_compares_them() {
        let order = order(r#"[["a", "b", "b-mfa", "c"], ["a", "a-mfa", "b-mfa"]]"#);
        assert_eq!(enough(&order, "a"), ["a", "b", "b-mfa", "c", "a-mfa"]);
        assert_eq!(enough(&order, "b"), ["b", "b-mfa", "c"]);
        assert_eq!(enough(&order, "a-mfa"), ["b-mfa", "c", "a-mfa"]);
        assert_eq!(enough(&order, "c"), ["c"]);
    }

    #[test]
    fn two_names_of_one_level_are_enough_for_each_other() {
        let order = order(r#"[["low", "one", "other"], ["other", "one", "high"]]"#);
        for name in ["one", "other"] {
            assert_eq!(enough(&order, name), ["one", "other", "high"]);
        }
    }

    #[test]
    fn in_an_open_order_a_value_is_as_strong_as_itself_alone() {
        let order = order("[]");
        assert!(order.is_open());
        let value = |text| order.value(text).unwrap();
        assert_eq!(value("gold").against(&value("gold")), Strength::Enough);
        assert_eq!(value("gold").against(&value("silver")), Strength::TooLow);
        assert!(order.value(&"é".repeat(127)).is_some());
        for text in ["", "a\nb", "\u{9b}2J", &"é".repeat(128)] {
            assert_eq!(order.value(text), None, "{text:?}");
        }
    }
}
