//! `guichet run`: serve until told to stop. Refuses to start on anything that `check` calls an error.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use crate::app;
use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::cli::telling;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::config;
use crate::config::settings::Config;
use crate::gateway;
use crate::monitor::listener;
use crate::telemetry::telemetry::Telemetry;

/// The monitor has no address, or no thread.
#[derive(Debug, thiserror::Error)]
#[error("the monitor cannot listen on {0}")]
struct MonitorError(SocketAddr, #[source] io::Error);

/// Serves.
pub fn run(path: &Path, streams: &mut Streams<'_>) -> Exit {
    let loaded = match config::load(path) {
        Ok(loaded) => loaded,
        Err(errors) => {
            streams.say_wrong_line(errors);
            return Exit::InvalidConfiguration;
        }
    };
    let telemetry = match telling::begin(&loaded.config.logs) {
        Ok(telemetry) => telemetry,
        Err(error) => return failed(&error, streams),
    };
    for warning in &loaded.warnings {
        let (code, place, help) = (warning.code, &warning.location, warning.help.as_str());
        tracing::warn!(%code, %place, help, "{}", warning.problem);
    }
    let ended = serve(loaded.config, &telemetry);
    telemetry.end();
    match ended {
        Ok(()) => Exit::Ok,
        Err(error) => failed(&*error, streams),
    }
}

fn serve(config: Config, telemetry: &Arc<Telemetry>) -> Result<(), Box<dyn Error>> {
    let (listen, monitor) = (config.server.listen, config.server.monitor_listen);
    tracing::info!(%listen, public_url = %config.public_url, apps = config.apps.len(), "starting");
    let clock = Arc::new(SystemClock);
    telemetry.metrics.configured(clock.now());
    let pipeline = app::build(config, clock, telemetry)?;
    if let Some(address) = monitor {
        let watched = Arc::clone(&pipeline);
        let telemetry = Arc::clone(telemetry);
        listener::bind(address)
            .and_then(|listener| listener::start(listener, watched, telemetry))
            .map_err(|error| MonitorError(address, error))?;
    }
    Ok(gateway::run(listen, &pipeline)?)
}

fn failed(error: &dyn Error, streams: &mut Streams<'_>) -> Exit {
    streams.say_wrong_line(format_args!("error: {error}"));
    let mut cause = error.source();
    while let Some(why) = cause {
        streams.say_wrong_line(format_args!("  because: {why}"));
        cause = why.source();
    }
    Exit::Failure
}
