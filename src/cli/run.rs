//! `guichet run`: the configuration becomes a gateway, until it is told to stop.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use crate::app;
use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::clock::SystemClock;
use crate::config;
use crate::gateway;

/// Starts, and comes back when the last exchange has ended. On anything that `check` calls an error nothing starts.
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
    let (listen, public_url) = (loaded.config.listen, loaded.config.public_url.clone());
    let pipeline = match app::build(loaded.config, Arc::new(SystemClock)) {
        Ok(pipeline) => pipeline,
        Err(error) => return failed(&error, streams),
    };
    tracing::info!(%listen, %public_url, "starting");
    match gateway::run(listen, &pipeline) {
        Ok(()) => Exit::Ok,
        Err(error) => failed(&error, streams),
    }
}

/// Says what failed, with every cause.
fn failed(error: &dyn Error, streams: &mut Streams<'_>) -> Exit {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    streams.say_wrong_line(format_args!("error: {}", causes.join(": ")));
    Exit::Failure
}
