//! `guichet assets`: what the operator brings along for our pages.

use std::path::Path;
use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::button_package;
use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::config;

/// What to do with them.
#[derive(Debug, Subcommand)]
pub enum AssetsCommand {
    /// Take the provider's official button out of the design system's npm package, into `assets_dir`
    ImportButton {
        /// The package, as `npm pack @gouvfr/dsfr@1.15.3` fetches it
        file: PathBuf,
        /// The folder, instead of the one that the configuration names
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

/// Does it.
pub fn assets(config: &Path, command: &AssetsCommand, streams: &mut Streams<'_>) -> Exit {
    let AssetsCommand::ImportButton { file, dir } = command;
    let folder = match dir {
        Some(folder) => folder.clone(),
        None => match folder_of(config, streams) {
            Ok(folder) => folder,
            Err(exit) => return exit,
        },
    };
    let imported = button_package::read(file).and_then(|button| button.write(&folder));
    match imported {
        Ok(written) => {
            for path in written {
                streams.say_line(path.display());
            }
            streams.say_line(
                "The State restricts who may show its design system; read doc/legal/cgu.md in the package before you go live.",
            );
            Exit::Ok
        }
        Err(error) => {
            streams.say_error_with_help(&error, error.help());
            Exit::Failure
        }
    }
}

fn folder_of(config: &Path, streams: &mut Streams<'_>) -> Result<PathBuf, Exit> {
    let glance = config::glance(config).map_err(|errors| streams.say_unusable(&errors))?;
    glance.assets_dir.ok_or_else(|| {
        streams.say_error_with_help(
            format_args!("`{}` names no folder for assets", config.display()),
            "write assets_dir = \"..\" at its head, or say --dir FOLDER",
        );
        Exit::InvalidConfiguration
    })
}
