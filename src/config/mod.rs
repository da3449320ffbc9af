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
pub mod near_names;
pub mod outline;
pub mod parse;
pub mod raw;
pub mod raw_provider;
pub mod redis_url;
pub mod schema;
pub mod secret_form;
pub mod secret_source;
pub mod settings;
pub mod shape;
pub mod size;
pub mod suggestion;
pub mod surroundings;
pub mod url;

use std::io;
use std::path::Path;

use figment::value::Value;

use crate::bounded_file;
use crate::bounded_file::BoundedFileError;
use crate::config::code::Code;
use crate::config::effective::Setting;
use crate::config::error::ConfigError;
use crate::config::error::ConfigErrors;
use crate::config::findings::Findings;
use crate::config::glance::Glance;
use crate::config::key::Key;
use crate::config::location::Places;
use crate::config::outline::Outline;
use crate::config::settings::Config;
use crate::config::surroundings::Surroundings;

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
    let file = bounded_file::read(path, LONGEST).map_err(|error| {
        let help = match &error {
            BoundedFileError::System(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                "let this user read it (chmod, chown), and enter each folder above it"
            }
            _ => "name the file with --config FILE; config/reference.toml documents every key",
        };
        unreadable(path, &error.to_string(), help)
    })?;
    String::from_utf8(file.bytes.to_vec()).map_err(|not_text| {
        let line = 1 + file
            .bytes
            .iter()
            .take(not_text.utf8_error().valid_up_to())
            .filter(|byte| **byte == b'\n')
            .count();
        unreadable(
            path,
            &format!("line {line} is not UTF-8"),
            "save it as UTF-8, for example: iconv -f latin1 -t utf-8",
        )
    })
}

/// Reads what the file at `path` says, and nothing that it refers to.
pub fn outline(path: &Path) -> Result<Outline, ConfigErrors> {
    outline_of_text(path, &read(path)?, surroundings::of_this_process(path))
}

/// Reads a text as if it stood at `path`, in the surroundings that are handed in.
pub fn load_text(path: &Path, text: &str, surroundings: &Surroundings) -> Result<Loaded, ConfigErrors> {
    let mut findings = Findings::default();
    let Some((config, tree)) = understood(path, text, surroundings, &mut findings) else {
        return Err(ConfigErrors(findings.into_sorted()));
    };
    Ok(Loaded {
        config,
        effective: effective::settings(&tree, findings.places(), surroundings),
        warnings: findings.into_sorted(),
    })
}

/// The same with the surroundings left alone.
pub fn outline_of_text(path: &Path, text: &str, surroundings: Surroundings) -> Result<Outline, ConfigErrors> {
    let mut findings = Findings::default();
    understood(path, text, &surroundings.left_alone(), &mut findings)
        .map(|(config, _)| Outline::of(config))
        .ok_or_else(|| ConfigErrors(findings.into_sorted()))
}

/// The tree of file and environment, and what it means. `None`: something is wrong with it, and was found.
fn understood(
    path: &Path,
    text: &str,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<(Config, Value)> {
    let shown = path.display().to_string();
    let mut tree = layers::merge(&shown, text, surroundings.variables(), findings)?;
    let schema = schema::schema();
    near_names::warn(surroundings.variables(), (&tree, &schema), findings);
    shape::prune(&mut tree, &schema, findings);
    defaults::fill(&mut tree);
    let config = match tree.deserialize::<raw::File>() {
        Ok(raw) => parse::parse(raw, surroundings, findings),
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
    Some((config?, tree))
}

fn unreadable(path: &Path, why: &str, help: &str) -> ConfigErrors {
    let path = path.display().to_string();
    let mut findings = Findings::default();
    let location = Places::of_path(&path).location(&Key::ROOT);
    findings.error_at(
        Code::File,
        location,
        format!("`{path}` cannot be read: {why}"),
        help,
    );
    ConfigErrors(findings.into_sorted())
}
