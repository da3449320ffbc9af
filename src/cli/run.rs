//! `guichet run`: serve until told to stop. Refuses to start on anything that `check` calls an error.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use crate::causes;
use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::cli::telemetry_setup;
use crate::clock::SystemClock;
use crate::config;
use crate::daemon;

/// Serves.
pub fn run(path: &Path, streams: &mut Streams<'_>) -> Exit {
    let loaded = match config::load(path) {
        Ok(loaded) => loaded,
        Err(errors) => return streams.say_unusable(&errors),
    };
    let telemetry = match telemetry_setup::start(&loaded.config.logs) {
        Ok(telemetry) => telemetry,
        Err(error) => return failed(&error, streams),
    };
    loaded.warnings.iter().for_each(daemon::say);
    let config = loaded.config;
    tracing::info!(listen = %config.server.listen, public_url = %config.public_url, apps = config.apps.len(), "starting");
    let ended = daemon::run(path, config, (Arc::new(SystemClock), Arc::clone(&telemetry)));
    telemetry.end();
    match ended {
        Ok(()) => Exit::Ok,
        Err(error) => failed(&error, streams),
    }
}

fn failed(error: &dyn Error, streams: &mut Streams<'_>) -> Exit {
    streams.say_error(causes::in_lines(error));
    Exit::Failure
}
