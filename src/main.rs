//! The program: arguments -> exit code.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use guichet::cli;
use guichet::cli::streams::Streams;
use guichet::config::surroundings;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut streams = Streams::new(&mut out, &mut err);
    // The one TLS of the process. Whoever installed another one before us does not exist.
    let tls = rustls::crypto::aws_lc_rs::default_provider();
    if tls.install_default().is_err() {
        streams.say_wrong_line("error: another TLS provider is installed");
        return cli::exit::Exit::Failure.into();
    }
    log_to_stderr();
    cli::main(std::env::args_os(), &mut streams).into()
}

/// Diagnostics as text. `GUICHET_LOG` has the form of `RUST_LOG`: `debug`, `guichet=trace,info`. Absent: `info`.
fn log_to_stderr() {
    let environment = surroundings::of_this_process(Path::new(""));
    let wanted = environment.variable("GUICHET_LOG").unwrap_or("info");
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_unreadable| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_target(true)
        .init();
}
