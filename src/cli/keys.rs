//! `guichet keys`: the keys that sign assertions.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use crate::causes;
use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::config;
use crate::identity_headers::key_rotation;
use crate::identity_headers::key_rotation::RotationError;
use crate::identity_headers::key_rotation::Step;
use crate::identity_headers::key_rotation::key_folder;
use crate::identity_headers::signing_keys::SigningKeys;

/// What to do with them.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make the key that signs, in `assertion.keys_dir`, readable by this user only, and print its name (`kid`)
    Generate(Folder),
    /// Print each key: its name, what it is for, since when, its file
    List(Folder),
    /// Do the next step of a rotation: publish a next key, let it sign, remove the previous one; refuses a step that is too early
    Rotate {
        /// After a leak: replace every key by a new one at once; what the old ones signed is soon refused
        #[arg(long)]
        now: bool,
        /// Where the keys are
        #[command(flatten)]
        folder: Folder,
    },
}

/// Where the keys are.
#[derive(Debug, Args)]
pub struct Folder {
    /// The folder, instead of the one that the configuration names
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// Does it.
pub fn keys(config: &Path, command: &KeysCommand, streams: &mut Streams<'_>) -> Exit {
    let (KeysCommand::Generate(folder) | KeysCommand::List(folder) | KeysCommand::Rotate { folder, .. }) =
        command;
    let folder = match &folder.dir {
        Some(folder) => folder.clone(),
        None => match folder_of(config, streams) {
            Ok(folder) => folder,
            Err(exit) => return exit,
        },
    };
    match command {
        KeysCommand::Generate(_) => match SigningKeys::generate(&folder) {
            Ok(kid) => {
                streams.say_line(kid);
                Exit::Ok
            }
            Err(error) => failed(&error, None, streams),
        },
        KeysCommand::List(_) => list(&folder, streams),
        KeysCommand::Rotate { now: true, .. } => {
            let replaced = key_rotation::replace(&folder, SystemClock.now());
            tell(replaced.map_err(RotationError::from), streams)
        }
        KeysCommand::Rotate { now: false, .. } => {
            tell(key_rotation::rotate(&folder, SystemClock.now()), streams)
        }
    }
}

fn list(folder: &Path, streams: &mut Streams<'_>) -> Exit {
    match key_folder::list(folder) {
        Ok(keys) if keys.is_empty() => {
            streams.say_error_with_help(
                format_args!("there is no key in `{}`", folder.display()),
                "guichet keys generate makes the first one; is it this folder?",
            );
            Exit::Failure
        }
        Ok(keys) => {
            for key in keys {
                streams.say_line(format_args!(
                    "{}  {:8}  {}  {}",
                    key.kid,
                    key.role.as_str(),
                    key.since,
                    key.file.display()
                ));
            }
            Exit::Ok
        }
        Err(error) => failed(&error, None, streams),
    }
}

/// What was done, and what comes next.
fn tell(done: Result<Step, RotationError>, streams: &mut Streams<'_>) -> Exit {
    let step = match done {
        Ok(step) => step,
        Err(error) => {
            let help = match &error {
                RotationError::NextTooYoung { until } | RotationError::PreviousNeeded { until } => Some(
                    format!("do this step at {until} or later; after a leak: guichet keys rotate --now"),
                ),
                _ => None,
            };
            return failed(&error, help.as_deref(), streams);
        }
    };
    match step {
        Step::Published { kid, signs_from } => streams.say_line(format_args!(
            "{kid} is the next key\n1. now, for every process: guichet reload\n2. at {signs_from} or later: guichet keys rotate"
        )),
        Step::Promoted { kid, previous_until } => streams.say_line(format_args!(
            "{kid} is the current key\n1. now, for every process: guichet reload\n2. at {previous_until} or later: guichet keys rotate"
        )),
        Step::Removed { kid } => streams.say_line(format_args!(
            "{kid} was the previous key and is removed\nnow, for every process: guichet reload"
        )),
        Step::Replaced { kid } => streams.say_line(format_args!(
            "{kid} is the only key\nnow, for every process: guichet reload\napplications that keep the published keys may refuse \
             requests for five minutes"
        )),
    }
    Exit::Ok
}

fn failed(error: &dyn std::error::Error, help: Option<&str>, streams: &mut Streams<'_>) -> Exit {
    let problem = causes::in_lines(error);
    match help {
        Some(help) => streams.say_error_with_help(problem, help),
        None => streams.say_error(problem),
    }
    Exit::Failure
}

fn folder_of(config: &Path, streams: &mut Streams<'_>) -> Result<PathBuf, Exit> {
    let glance = config::glance(config).map_err(|errors| {
        streams.say_wrong_line(errors);
        Exit::InvalidConfiguration
    })?;
    glance.keys_dir.ok_or_else(|| {
        streams.say_error_with_help(
            format_args!("`{}` names no folder for keys", config.display()),
            "write keys_dir = \"..\" in [assertion], or say --dir FOLDER",
        );
        Exit::InvalidConfiguration
    })
}
