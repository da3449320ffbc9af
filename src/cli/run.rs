//! `guichet run`: serve until told to stop. Refuses to start on anything that `check` calls an error.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::clock::SystemClock;
use crate::config;
use crate::daemon;

/// Serves.
pub fn run(path: &Path, streams: &mut Streams<'_>) -> Exit {
    let loaded = match config::load(path) {
        Ok(loaded) => loaded,
        Err(errors) => {
            streams.say_wrong_line(errors);
            return Exit::InvalidConfiguration;
        }
    };
    for warning in &loaded.warnings {
        streams.say_wrong_line(format_args!("{warning}\n"));
    }
    let config = loaded.config;
    tracing::info!(listen = %config.server.listen, public_url = %config.public_url, apps = config.apps.len(), "starting");
    match daemon::run(path, config, Arc::new(SystemClock)) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            streams.say_wrong_line(format_args!("error: {error}"));
            let mut cause = error.source();
            while let Some(why) = cause {
                streams.say_wrong_line(format_args!("  because: {why}"));
                cause = why.source();
            }
            Exit::Failure
        }
    }
}
