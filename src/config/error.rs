//! What is wrong with a configuration: every mistake at once, each with its place, the problem and the way out.
//!
//! Never the value of a secret: no message is built from a value that stands under a secret's key.

use std::fmt;

use crate::config::code::Code;
use crate::config::key::Key;

/// Whether the gateway starts in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It does not.
    Error,
    /// It does, and says so.
    Warning,
}

impl Severity {
    /// The word in front of the code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Where a value comes from, or where one is missing. In the order of printing: the file, then the environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A place in the file; line and column count from one, the column in characters.
    File {
        /// As it was given on the command line.
        path: String,
        /// Of the key, or of the table in which one is missing.
        line: usize,
        /// Of the key, or of the element of a list.
        column: usize,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        variable: String,
    },
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(f, "{path}:{line}:{column}"),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
        }
    }
}

/// One mistake, or one thing that deserves a second look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Whether the gateway starts in spite of it.
    pub severity: Severity,
    /// The stable name of the problem, documented in `docs/configuration.md`.
    pub code: Code,
    /// Where it stands.
    pub location: Location,
    /// The key that it is about; [`Key::ROOT`] if it is about the file.
    pub key: Key,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}[{}]: {}", self.severity.as_str(), self.code, self.problem)?;
        write!(f, "  --> {}", self.location)?;
        if !self.key.is_root() {
            write!(f, "\n   = key: {}", self.key)?;
        }
        write!(f, "\n   = help: {}", self.help)
    }
}

/// Why no configuration was made: everything that was found, warnings included, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "\n\n" })?;
            error.fmt(f)?;
        }
        Ok(())
    }
}
