//! Starts the log, the audit stream and the metrics of a process, as `[logs]` and `GUICHET_LOG` want them.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::settings::LogSettings;
use crate::config::surroundings;
use crate::telemetry::audit::stream::Audit;
use crate::telemetry::logging::Logging;
use crate::telemetry::panics;
use crate::telemetry::telemetry::Telemetry;

/// Why one of them cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetrySetupError {
    /// No thread for the lines.
    #[error("the log cannot be written")]
    Log(#[source] io::Error),
    /// No thread for the events.
    #[error("the audit events cannot be written to standard output")]
    Stdout(#[source] io::Error),
    /// The file cannot be opened.
    #[error("the audit events cannot be written to `{}`", .0.display())]
    File(PathBuf, #[source] io::Error),
}

/// Starts them. `GUICHET_LOG` has the form of `RUST_LOG`: `debug`, `guichet=trace,info`. Absent: `info`.
pub fn start(settings: &LogSettings) -> Result<Arc<Telemetry>, TelemetrySetupError> {
    let environment = surroundings::of_this_process(Path::new(""));
    let filter = environment.variable("GUICHET_LOG").unwrap_or("info");
    let logging = Logging::start(filter, settings.format).map_err(TelemetrySetupError::Log)?;
    panics::to_the_log();
    let audit = match settings.audit_file.clone() {
        Some(path) => Audit::to_file(path.clone()).map_err(|error| TelemetrySetupError::File(path, error))?,
        None => Audit::to_stdout().map_err(TelemetrySetupError::Stdout)?,
    };
    Ok(Arc::new(Telemetry::new(audit, Some(logging))))
}
