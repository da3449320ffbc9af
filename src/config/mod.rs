//! The file and the environment -> [`Config`], or every error at once.

pub mod code;
pub mod defaults;
pub mod duration;
pub mod effective;
pub mod error;
pub mod findings;
pub mod glance;
pub mod key;
pub mod layers;
pub mod location;
pub mod parse;
pub mod raw;
pub mod redis_url;
pub mod schema;
pub mod secret_form;
pub mod secret_source;
pub mod settings;
pub mod shape;
pub mod suggestion;
pub mod surroundings;
pub mod url;

use std::path::Path;

use crate::config::code::Code;
use crate::config::effective::Setting;
use crate::config::error::ConfigError;
use crate::config::error::ConfigErrors;
use crate::config::findings::Findings;
use crate::config::glance::Glance;
use crate::config::key::Key;
use crate::config::location::Places;
use crate::config::settings::Config;
use crate::config::surroundings::Surroundings;
use crate::secret_file;

/// Longer than a configuration of thousands of applications.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A configuration in which nothing is wrong.
#[derive(Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// What deserves a second look, in the order of the file.
    pub warnings: Vec<ConfigError>,
    /// What is in force, as `check --print` shows it.
    pub effective: Vec<Setting>,
}

/// Reads the file at `path` and the environment of this process.
pub fn load(path: &Path) -> Result<Loaded, ConfigErrors> {
    load_text(path, &read(path)?, &surroundings::of_this_process(path))
}

/// Reads what can be known of the file at `path`, even if there are mistakes in it.
pub fn glance(path: &Path) -> Result<Glance, ConfigErrors> {
    glance::glance(path, &read(path)?, &surroundings::of_this_process(path))
}

/// Not a pipe: whoever reloads would wait for somebody to write, and every reload after that with it.
fn read(path: &Path) -> Result<String, ConfigErrors> {
    let file = secret_file::read(path, LONGEST).map_err(|error| unreadable(path, &error.to_string()))?;
    String::from_utf8(file.bytes.to_vec()).map_err(|_not_text| unreadable(path, "it is not UTF-8"))
}

/// Reads a text as if it stood at `path`, in the surroundings that are handed in.
pub fn load_text(path: &Path, text: &str, surroundings: &Surroundings) -> Result<Loaded, ConfigErrors> {
    let mut findings = Findings::default();
    let shown = path.display().to_string();
    let Some(mut tree) = layers::merge(&shown, text, surroundings.variables(), &mut findings) else {
        return Err(ConfigErrors(findings.into_sorted()));
    };
    shape::prune(&mut tree, &schema::schema(), &mut findings);
    defaults::fill(&mut tree);
    let config = match tree.deserialize::<raw::File>() {
        Ok(raw) => parse::parse(raw, surroundings, &mut findings),
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
    let effective = effective::settings(&tree, findings.places(), surroundings);
    let found = findings.into_sorted();
    match config {
        Some(config) => Ok(Loaded {
            config,
            warnings: found,
            effective,
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
    ConfigErrors(findings.into_sorted())
}
