//! `cargo demo`: builds `guichet`, starts it between a simulated FranceConnect and a legacy application, prints one address.
//!
//! With `--self-test`: the journey and the attacks without a browser, and an exit code.

use std::io;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use simulator::demo::executable;
use simulator::demo::self_test;
use simulator::demo::self_test::SelfTest;
use simulator::demo::stage::Stage;
use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

/// Guichet between a simulated FranceConnect and a legacy application, on this computer alone.
#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Arguments {
    /// Run the whole journey and all attacks without a browser; exit 0 if everything holds, 1 otherwise.
    #[arg(long)]
    self_test: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match demonstrate(&arguments).await {
        Ok(code) => code,
        Err(error) => {
            // There is nowhere left to say that standard error is gone.
            drop(writeln!(io::stderr(), "demo: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn demonstrate(arguments: &Arguments) -> io::Result<ExitCode> {
    // Installed before anything starts: an early Ctrl-C must leave nothing behind either.
    let mut signals = StopSignals::listen()?;
    let executable = tokio::select! {
        built = executable::build() => built?,
        () = signals.came() => return Ok(ExitCode::FAILURE),
    };
    let mut stage = tokio::select! {
        stage = Stage::set(&executable) => stage?,
        () = signals.came() => return Ok(ExitCode::FAILURE),
    };
    let mut out = io::stdout();
    let ended = if arguments.self_test {
        tokio::select! {
            outcome = self_test::run(&stage, &mut out) => outcome.map(|outcome| match outcome {
                SelfTest::Passed => ExitCode::SUCCESS,
                SelfTest::Failed => ExitCode::FAILURE,
            }),
            () = signals.came() => Ok(ExitCode::FAILURE),
        }
    } else {
        invite(&stage, &mut out)?;
        tokio::select! {
            error = stage.gateway_ends() => Err(error),
            () = signals.came() => Ok(ExitCode::SUCCESS),
        }
    };
    stage.strike().await?;
    ended
}

/// The one address, how to get there from another computer, and where to look behind it.
fn invite(stage: &Stage, out: &mut impl Write) -> io::Result<()> {
    let tunnels = stage
        .ports()
        .map(|port| format!("-L {port}:127.0.0.1:{port}"))
        .join(" ");
    writeln!(
        out,
        "\n  Ouvrez  {url}\n\n  Sur une machine distante (SSH), d’abord, depuis votre poste :\n    ssh {tunnels} MACHINE\n  \
         Configuration et journal de la passerelle : {folder}\n  Ctrl-C arrête tout et efface tout.",
        url = stage.url(),
        folder = stage.folder().display(),
    )
}

/// The signals that ask a demonstration to end.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl StopSignals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn came(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
