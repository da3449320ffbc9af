//! The file and the environment -> [`Config`](settings::Config), or every error at once.

pub mod code;
pub mod defaults;
pub mod duration;
pub mod error;
pub mod findings;
pub mod key;
pub mod layers;
pub mod location;
pub mod parse;
pub mod raw;
pub mod redis_url;
pub mod schema;
pub mod secret_source;
pub mod settings;
pub mod shape;
pub mod suggestion;
pub mod surroundings;
pub mod url;

use std::path::Path;

use figment::value::Value;

use crate::config::code::Code;
use crate::config::error::ConfigError;
use crate::config::error::ConfigErrors;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::location::Places;
use crate::config::settings::Config;
use crate::config::surroundings::Surroundings;

/// A configuration in which nothing is wrong.
#[derive(Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// What deserves a second look, in the order of the file.
    pub warnings: Vec<ConfigError>,
    /// The values as they were written, with where each comes from.
    pub written: Written,
}

/// The values that are in force, before they got their meaning; secrets are the places that were named.
#[derive(Debug)]
pub struct Written {
    /// File, environment and defaults in one tree.
    pub tree: Value,
    /// Where each value comes from.
    pub places: Places,
    /// Where secrets were looked for.
    pub surroundings: Surroundings,
}

/// Reads the file at `path` and the environment of this process.
pub fn load(path: &Path) -> Result<Loaded, ConfigErrors> {
    let surroundings = surroundings::of_this_process(path);
    match std::fs::read(path) {
        Ok(bytes) => load_bytes(path, &bytes, surroundings),
        Err(error) => Err(unreadable(path, &secret_source::in_words(&error))),
    }
}

fn load_bytes(path: &Path, bytes: &[u8], surroundings: Surroundings) -> Result<Loaded, ConfigErrors> {
    match std::str::from_utf8(bytes) {
        Ok(text) => load_text(path, text, surroundings),
        Err(_) => Err(unreadable(path, "it is not UTF-8")),
    }
}

/// Reads a text as if it stood at `path`, in the surroundings that are handed in.
pub fn load_text(path: &Path, text: &str, surroundings: Surroundings) -> Result<Loaded, ConfigErrors> {
    let mut findings = Findings::default();
    let shown = path.display().to_string();
    let Some(mut tree) = layers::merge(&shown, text, surroundings.variables(), &mut findings) else {
        return Err(ConfigErrors(findings.into_sorted().0));
    };
    shape::prune(&mut tree, &schema::schema(), &mut findings);
    defaults::fill(&mut tree);
    let config = match tree.deserialize::<raw::File>() {
        Ok(raw) => parse::parse(raw, &surroundings, &mut findings),
        // Cannot happen to a tree that fits the schema. The error is not shown: it may quote a value.
        Err(_) => None,
    };
    let config = config.filter(|_| !findings.has_errors());
    if config.is_none() && !findings.has_errors() {
        findings.error(
            Code::WrongType,
            &Key::ROOT,
            "the configuration cannot be read",
            "compare it with config/reference.toml",
        );
    }
    let (found, places) = findings.into_sorted();
    match config {
        Some(config) => Ok(Loaded {
            config,
            warnings: found,
            written: Written {
                tree,
                places,
                surroundings,
            },
        }),
        None => Err(ConfigErrors(found)),
    }
}

fn unreadable(path: &Path, why: &str) -> ConfigErrors {
    let path = path.display().to_string();
    let mut findings = Findings::default();
    let location = Places::of_path(&path).location(&Key::ROOT);
    findings.error_at(
        Code::File,
        location,
        format!("`{path}` cannot be read: {why}"),
        "name the file with --config FILE; config/reference.toml documents every key",
    );
    ConfigErrors(findings.into_sorted().0)
}
