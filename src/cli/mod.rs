//! The command line: one file a command, each of which writes where it is told to and says how it ended.

pub mod assets;
pub mod button_package;
pub mod check;
pub mod completions;
pub mod doctor;
pub mod exit;
pub mod explain;
pub mod headers;
pub mod healthcheck;
pub mod keys;
pub mod operator;
pub mod person;
pub mod reload;
pub mod report;
pub mod run;
pub mod schema;
pub mod sessions;
pub mod streams;
pub mod telemetry_setup;
mod typed_url;
pub mod verify;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;
use clap_complete::Shell;

use crate::cli::assets::AssetsCommand;
use crate::cli::check::CheckArguments;
use crate::cli::doctor::DoctorArguments;
use crate::cli::exit::Exit;
use crate::cli::explain::ExplainArguments;
use crate::cli::headers::HeadersArguments;
use crate::cli::keys::KeysCommand;
use crate::cli::sessions::SessionsCommand;
use crate::cli::streams::Streams;
use crate::cli::verify::VerifyArguments;

/// What `--help` says below the commands. See [`Exit`].
const EXIT_CODES: &str = "Exit codes: 0 well, 1 failed while running, 2 a wrong command line, 3 a wrong configuration,\n4 \
                          something around the gateway is not as it has to be (doctor), or no gateway answers (sessions,\nreload), 5 \
                          an assertion does not hold (verify)";

/// FranceConnect in front of applications that cannot be changed.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, after_help = EXIT_CODES)]
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
    /// Try everything that a login needs, and say what is wrong and what mends it
    Doctor(DoctorArguments),
    /// Say what becomes of a request, and what the application is told about its visitor; no network
    Explain(ExplainArguments),
    /// Print the header fields that an application receives about a sample person, and the key that verifies them
    Headers(HeadersArguments),
    /// Say why an application takes an assertion, or why not
    Verify(VerifyArguments),
    /// The keys that sign assertions
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// The live sessions of the running gateway
    Sessions {
        #[command(subcommand)]
        command: SessionsCommand,
    },
    /// Let the running gateway read its configuration again, whole or not at all
    Reload,
    /// What the operator brings along for the pages
    Assets {
        #[command(subcommand)]
        command: AssetsCommand,
    },
    /// Print the JSON schema of the configuration file
    Schema,
    /// Ask the running gateway whether it answers
    Healthcheck,
    /// Print what a shell needs to complete this command line
    ///
    /// For example: `guichet completions bash > /etc/bash_completion.d/guichet`
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
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
        Command::Doctor(arguments) => doctor::doctor(config, &arguments, streams),
        Command::Explain(arguments) => explain::explain(config, &arguments, streams),
        Command::Headers(arguments) => headers::headers(config, &arguments, streams),
        Command::Verify(arguments) => verify::verify(config, &arguments, streams),
        Command::Keys { command } => keys::keys(config, &command, streams),
        Command::Sessions { command } => sessions::sessions(config, command, streams),
        Command::Reload => reload::reload(config, streams),
        Command::Assets { command } => assets::assets(config, &command, streams),
        Command::Schema => schema::schema(streams),
        Command::Healthcheck => healthcheck::healthcheck(config, streams),
        Command::Completions { shell } => completions::completions(shell, Arguments::command(), streams),
        Command::Version => {
            streams.say_line(concat!("guichet ", env!("CARGO_PKG_VERSION")));
            Exit::Ok
        }
    }
}

#[cfg(test)]
mod tests;
