//! `guichet completions`: what a shell needs to complete the command line.

use clap::Command;
use clap_complete::Shell;

use crate::cli::exit::Exit;
use crate::cli::streams::Streams;

/// Prints it.
pub fn completions(shell: Shell, mut command: Command, streams: &mut Streams<'_>) -> Exit {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    streams.say(String::from_utf8_lossy(&script));
    Exit::Ok
}
