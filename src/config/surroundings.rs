//! The machine around a configuration: its folder, the environment and the time, read once and handed in.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::path::PathBuf;

use crate::clock::Clock as _;
use crate::clock::SystemClock;
use crate::clock::Timestamp;

/// What of the machine is read for a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Whatever it refers to: secrets, certificates, keys, folders.
    Everything,
    /// Nothing: the text alone counts, and the variables that are its keys. See [`Outline`](crate::config::outline::Outline).
    TextAlone,
}

/// What the configuration may refer to.
#[derive(Clone)]
pub struct Surroundings {
    folder: PathBuf,
    variables: BTreeMap<String, String>,
    now: Timestamp,
    reach: Reach,
}

impl Surroundings {
    /// The folder of a file, and these variables. Secrets may be among them.
    pub fn new(file: &Path, variables: BTreeMap<String, String>) -> Self {
        Self {
            folder: file.parent().map(Path::to_owned).unwrap_or_default(),
            variables,
            now: SystemClock.now(),
            reach: Reach::Everything,
        }
    }

    /// The same at another moment.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    /// The same, of which nothing is read. For an outline alone: nobody else may be given something that stands for a secret.
    #[must_use]
    pub(super) fn left_alone(self) -> Self {
        Self {
            reach: Reach::TextAlone,
            ..self
        }
    }

    /// What of them is read.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// When the configuration was read.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A path as the file means it: relative to the file's own folder, wherever the program was started.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// A variable, if it is set.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Every variable.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }
}

/// The folder only: a variable may be a secret.
impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The environment of this process. What is not UTF-8 is nothing that a key or a secret of ours could be.
pub fn of_this_process(file: &Path) -> Surroundings {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Surroundings::new(file, variables)
}
