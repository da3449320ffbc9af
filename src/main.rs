//! The program: arguments -> exit code.

use std::io;
use std::process::ExitCode;

use guichet::cli;
use guichet::cli::streams::Streams;
use mimalloc::MiMalloc;

/// A request allocates some fifty times, and this one is quicker at it than the system's (docs/performance.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut streams = Streams::new(&mut out, &mut err);
    // The one TLS of the process. Whoever installed another one before us does not exist.
    let tls = rustls::crypto::aws_lc_rs::default_provider();
    if tls.install_default().is_err() {
        streams.say_wrong_line("error: another TLS provider is installed");
        return cli::exit::Exit::Failure.into();
    }
    cli::main(std::env::args_os(), &mut streams).into()
}
