//! `guichet keys`: the keys that sign assertions.

use std::path::Path;
use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::config;
use crate::identity_headers::signing_keys::SigningKeys;

/// What to do with them.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make the key that signs, in `assertion.keys_dir`, readable by this user only, and print its name (`kid`)
    Generate {
        /// The folder, instead of the one that the configuration names
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

/// Does it.
pub fn keys(config: &Path, command: &KeysCommand, streams: &mut Streams<'_>) -> Exit {
    let KeysCommand::Generate { dir } = command;
    let folder = match dir {
        Some(folder) => folder.clone(),
        None => match folder_of(config, streams) {
            Ok(folder) => folder,
            Err(exit) => return exit,
        },
    };
    match SigningKeys::generate(&folder) {
        Ok(kid) => {
            streams.say_line(kid);
            Exit::Ok
        }
        Err(error) => {
            streams.say_wrong_line(format_args!("error: {error}"));
            Exit::Failure
        }
    }
}

fn folder_of(config: &Path, streams: &mut Streams<'_>) -> Result<PathBuf, Exit> {
    let glance = config::glance(config).map_err(|errors| {
        streams.say_wrong_line(errors);
        Exit::InvalidConfiguration
    })?;
    glance.keys_dir.ok_or_else(|| {
        streams.say_wrong_line(format_args!(
            "error: `{}` names no folder for keys\n   = help: write keys_dir = \"..\" in [assertion], or say --dir FOLDER",
            config.display()
        ));
        Exit::InvalidConfiguration
    })
}
