//! The path of a key in the configuration, as people write it: `apps[0].routes[1].path`.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A key of a table.
    Name(String),
    /// An element of a list, counted from zero.
    Item(usize),
}

/// Where a value stands in the tree of the configuration; empty for the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(Vec<Step>);

impl Key {
    /// The whole configuration.
    pub const ROOT: Self = Self(Vec::new());

    /// The key `name` of the table that stands here.
    #[must_use]
    pub fn name(&self, name: &str) -> Self {
        self.step(Step::Name(name.to_owned()))
    }

    /// The element `index` of the list that stands here.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.step(Step::Item(index))
    }

    /// What this key stands in; nothing around the whole.
    pub fn parent(&self) -> Option<Self> {
        let (_, around) = self.0.split_last()?;
        Some(Self(around.to_vec()))
    }

    /// This key and everything around it, the nearest first.
    pub fn outwards(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The names alone, as the head of a table has them: `apps.routes`.
    #[must_use]
    pub fn without_items(&self) -> Self {
        let names = self.0.iter().filter(|step| matches!(step, Step::Name(_)));
        Self(names.cloned().collect())
    }

    /// Whether this is the whole configuration.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Item(index) => write!(f, "[{index}]")?,
                Step::Name(name) => {
                    f.write_str(if position == 0 { "" } else { "." })?;
                    f.write_str(&bounded(name))?;
                }
            }
        }
        Ok(())
    }
}

/// Text from outside as a message may show it: escaped, at most 64 characters.
pub fn bounded(text: &str) -> String {
    let mut shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    // `escape_debug` means text between quotes; ours stands between backquotes.
    shown.replace("\\\"", "\"").replace("\\'", "'")
}

/// The same for a URL, without what stands before an `@`: that is where people put a password.
pub fn bounded_url(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, after))) => bounded(&format!("{scheme}://…@{after}")),
        (None, Some((_, after))) => bounded(&format!("…@{after}")),
        (_, None) => bounded(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_host_of_a_url_is_not_shown() {
        assert_eq!(bounded_url("http://u:hunter2@h:1/"), "http://…@h:1/");
        assert_eq!(bounded_url("u:hunter2@h"), "…@h");
        assert_eq!(bounded_url("ftp://h"), "ftp://h");
    }

    #[test]
    fn a_key_is_shown_as_it_is_written() {
        let route = Key::ROOT.name("apps").item(0).name("routes").item(1);
        assert_eq!(route.name("path").to_string(), "apps[0].routes[1].path");
        assert_eq!(route.name("path").parent(), Some(route));
    }

    #[test]
    fn a_name_from_outside_is_bounded_and_escaped() {
        assert_eq!(bounded("a\u{1b}[31m"), "a\\u{1b}[31m");
        assert_eq!(bounded("l'été"), "l'été");
        assert_eq!(bounded(&"é".repeat(100)).chars().count(), 65);
    }
}
