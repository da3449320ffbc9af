//! `guichet run`: serve until told to stop. Refuses to start on anything that `check` calls an error.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use crate::app;
use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::clock::SystemClock;
use crate::config;
use crate::gateway;
use crate::gateway::listener::CurrentRules;

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
    let listen = loaded.config.server.listen;
    tracing::info!(%listen, public_url = %loaded.config.public_url, apps = loaded.config.apps.len(), "starting");
    let ended = app::rules(&loaded.config)
        .and_then(|rules| Ok((rules, app::build(loaded.config, Arc::new(SystemClock))?)))
        .map_err(Box::<dyn Error>::from)
        .and_then(|(rules, pipeline)| {
            let rules = Arc::new(CurrentRules::new(rules));
            gateway::run(listen, &rules, &pipeline).map_err(Box::<dyn Error>::from)
        });
    match ended {
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
