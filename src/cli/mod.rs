//! The command line: one file a command, each of which writes where it is told to and says how it ended.

pub mod check;
pub mod exit;
pub mod healthcheck;
pub mod keys;
pub mod run;
pub mod schema;
pub mod streams;
pub mod telling;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;
use clap::Subcommand;

use crate::cli::check::CheckArguments;
use crate::cli::exit::Exit;
use crate::cli::keys::KeysCommand;
use crate::cli::streams::Streams;

/// FranceConnect in front of applications that cannot be changed.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, disable_help_subcommand = true)]
struct Arguments {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", default_value = "guichet.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start; refuses to start on anything that `check` calls an error
    Run,
    /// Say everything that is wrong with the configuration, and which addresses to register at each provider
    Check(CheckArguments),
    /// The keys that sign assertions
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Print the JSON schema of the configuration file
    Schema,
    /// Ask the running gateway whether it answers
    Healthcheck,
    /// Print the version
    Version,
}

/// Does what the arguments say; the first one is the program itself.
pub fn main(arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams<'_>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(refused) if refused.use_stderr() => {
            streams.say_wrong(refused);
            return Exit::Usage;
        }
        Err(help) => {
            streams.say(help);
            return Exit::Ok;
        }
    };
    let config = arguments.config.as_path();
    match arguments.command {
        Command::Run => run::run(config, streams),
        Command::Check(arguments) => check::check(config, &arguments, streams),
        Command::Keys { command } => keys::keys(config, &command, streams),
        Command::Schema => schema::schema(streams),
        Command::Healthcheck => healthcheck::healthcheck(config, streams),
        Command::Version => {
            streams.say_line(concat!("guichet ", env!("CARGO_PKG_VERSION")));
            Exit::Ok
        }
    }
}

#[cfg(test)]
mod tests;
