//! Collects what is wrong, so that one run tells everything.

use crate::config::code::Code;
use crate::config::error::ConfigError;
use crate::config::error::Location;
use crate::config::error::Severity;
use crate::config::key::Key;
use crate::config::location::Places;

/// Everything that was found so far, and the places to find it at.
#[derive(Debug, Default)]
pub struct Findings {
    places: Places,
    found: Vec<ConfigError>,
}

impl Findings {
    /// Where the values come from.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Where the values come from, while they are read.
    pub fn places_mut(&mut self) -> &mut Places {
        &mut self.places
    }

    /// A mistake at a key.
    pub fn error(&mut self, code: Code, key: &Key, problem: impl Into<String>, help: impl Into<String>) {
        let location = self.places.location(key);
        self.push(
            Severity::Error,
            code,
            (location, key.clone()),
            (problem.into(), help.into()),
        );
    }

    /// Something at a key that deserves a second look.
    pub fn warning(&mut self, code: Code, key: &Key, problem: impl Into<String>, help: impl Into<String>) {
        let location = self.places.location(key);
        self.push(
            Severity::Warning,
            code,
            (location, key.clone()),
            (problem.into(), help.into()),
        );
    }

    /// A mistake of the file as a whole.
    pub fn error_at(&mut self, code: Code, location: Location, problem: impl Into<String>, help: &str) {
        self.push(
            Severity::Error,
            code,
            (location, Key::ROOT),
            (problem.into(), help.to_owned()),
        );
    }

    /// A mistake of a variable that is no value of any key.
    pub fn error_in_environment(&mut self, code: Code, variable: &str, problem: String, help: &str) {
        let variable = variable.to_owned();
        self.error_at(code, Location::Environment { variable }, problem, help);
    }

    /// A variable that deserves a second look and is no value of any key.
    pub fn warning_in_environment(&mut self, code: Code, variable: &str, problem: String, help: &str) {
        let variable = variable.to_owned();
        self.push(
            Severity::Warning,
            code,
            (Location::Environment { variable }, Key::ROOT),
            (problem, help.to_owned()),
        );
    }

    /// The value of a key that must be there. A value that was refused before is not missing.
    pub fn required<T>(&mut self, key: &Key, value: Option<T>, example: &str) -> Option<T> {
        if value.is_none() && !self.refused(key) && !self.stands_in_no_table(key) {
            let name = key.to_string();
            let name = name.rsplit('.').next().unwrap_or(&name);
            let table = key.parent().filter(|table| !table.is_root());
            let place = table.map_or_else(String::new, |table| format!(" in `{table}`"));
            self.error(
                Code::MissingKey,
                key,
                format!("`{name}` is missing{place}"),
                format!("for example: {example}"),
            );
        }
        value
    }

    /// Whether something at this key, or inside it, was called a mistake.
    pub fn refused(&self, key: &Key) -> bool {
        self.found
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .any(|found| !found.key.is_root() && found.key.outwards().any(|around| around == *key))
    }

    /// Whether what should be the table around a key is none: then nothing is missing in it.
    fn stands_in_no_table(&self, key: &Key) -> bool {
        self.found
            .iter()
            .any(|found| found.code == Code::WrongType && Some(&found.key) == key.parent().as_ref())
    }

    /// Whether the gateway cannot start.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|found| found.severity == Severity::Error)
    }

    /// Everything, in the order of the file; what the environment said comes last.
    pub fn into_sorted(mut self) -> Vec<ConfigError> {
        self.found
            .sort_by(|a, b| (&a.location, a.code, &a.key).cmp(&(&b.location, b.code, &b.key)));
        self.found
    }

    fn push(&mut self, severity: Severity, code: Code, at: (Location, Key), words: (String, String)) {
        let ((location, key), (problem, help)) = (at, words);
        self.found.push(ConfigError {
            severity,
            code,
            location,
            key,
            problem,
            help,
        });
    }
}
