//! A running process: signals, the service manager, the newer configuration, the end.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::process::DumpableBehavior;
use rustix::process::set_dumpable_behavior;
use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::Mutex;

use crate::app::App;
use crate::app::ReloadError;
use crate::app::StartError;
use crate::clock::Clock;
use crate::config;
use crate::config::settings::Config;
use crate::gateway::process;
use crate::gateway::process::Cores;
use crate::gateway::process::ListenError;
use crate::gateway::process::Process;
use crate::lifecycle::Lifecycle;
use crate::lifecycle::Phase;
use crate::monitor;
use crate::monitor::readiness::Check;
use crate::monitor::readiness::Watched;
use crate::supervisor;
use crate::telemetry::audit::AuditEvent;
use crate::telemetry::audit::Source;
use crate::telemetry::telemetry::Telemetry;

/// Why the process did not serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The configuration cannot be put into force.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The monitor's address cannot be listened on.
    #[error("the monitor cannot listen on {0}")]
    Monitor(SocketAddr, #[source] io::Error),
}

/// Serves what the configuration at `path` says until SIGTERM or SIGINT, then lets the last exchanges end.
pub fn run(
    path: &Path,
    config: Config,
    (clock, telemetry): (Arc<dyn Clock>, Arc<Telemetry>),
) -> Result<(), RunError> {
    keep_memory_private();
    let (listen, monitor) = (config.server.listen, config.server.monitor_listen);
    let app = App::start(config, clock, telemetry)?;
    let listener = process::bind(listen)?;
    if let Some(address) = monitor {
        let (watched, telemetry) = (Running(Arc::clone(&app)), Arc::clone(app.telemetry()));
        monitor::listener::bind(address)
            .and_then(|listener| monitor::listener::start(listener, watched, telemetry))
            .map_err(|error| RunError::Monitor(address, error))?;
    }
    let cores = Arc::new(Cores::default());
    let operator = Operator {
        app: Arc::clone(&app),
        path: path.to_owned(),
        one_at_a_time: Mutex::new(()),
    };
    let process = Process {
        listener,
        live: Arc::clone(app.live()),
        lifecycle: Arc::clone(app.lifecycle()),
        cores: Arc::clone(&cores),
        beside: Box::pin(operate(Arc::new(operator), cores)),
    };
    Ok(process.run()?)
}

/// No core dump, and no look into our memory by other processes of the same user: it holds secrets and people.
fn keep_memory_private() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "the memory of the process is not private");
    }
}

/// What readiness depends on.
#[derive(Debug)]
struct Running(Arc<App>);

impl Watched for Running {
    fn is_leaving(&self) -> bool {
        self.0.lifecycle().phase() != Phase::Serving
    }

    async fn store_answers(&self) -> Check {
        match self.0.live().load().ping().await {
            Ok(()) => Check::Ok,
            Err(_) => Check::Failed,
        }
    }
}

/// Who puts newer configurations into force.
struct Operator {
    app: Arc<App>,
    path: PathBuf,
    one_at_a_time: Mutex<()>,
}

impl Operator {
    /// Reads the configuration again; says in the log what came of it.
    async fn reload(&self) -> Result<(), ReloadError> {
        let _turn = self.one_at_a_time.lock().await;
        supervisor::reloading();
        let (app, path) = (Arc::clone(&self.app), self.path.clone());
        let read = tokio::task::spawn_blocking(move || {
            let loaded = config::load(&path)?;
            app.reload(loaded.config)?;
            Ok(loaded.warnings)
        });
        let reloaded = match read.await {
            Ok(reloaded) => reloaded,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        supervisor::ready();
        match reloaded {
            Ok(warnings) => {
                tracing::info!("the new configuration is in force");
                for warning in warnings {
                    tracing::warn!("{warning}");
                }
                Ok(())
            }
            Err(refused) => {
                let telemetry = self.app.telemetry();
                telemetry.metrics.configuration_refused();
                telemetry.audit(&Source::Operator, &AuditEvent::ReloadRefused);
                tracing::error!(
                    "the new configuration was refused, the one before stays in force\n{refused}"
                );
                Err(refused)
            }
        }
    }
}

/// Everything that is not a request.
async fn operate(operator: Arc<Operator>, cores: Arc<Cores>) {
    let lifecycle = Arc::clone(operator.app.lifecycle());
    let signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            tracing::error!(%error, "no signal can be received; ending");
            return lifecycle.end_at_once();
        }
    };
    supervisor::ready();
    let Signals { ends, mut hangup } = signals;
    let reloads = async {
        while hangup.recv().await.is_some() {
            // Said in the log.
            drop(operator.reload().await);
        }
    };
    let watched = async {
        if let Some(interval) = supervisor::watchdog_interval() {
            supervisor::watch(interval, || cores.answer()).await;
        }
    };
    tokio::join!(ends.obey(&lifecycle), reloads, watched);
}

struct Signals {
    ends: Ends,
    hangup: Signal,
}

struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            ends: Ends {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            },
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

impl Ends {
    /// The first one begins the end; a second one does not wait for it.
    async fn obey(mut self, lifecycle: &Arc<Lifecycle>) {
        self.next().await;
        supervisor::stopping();
        let ends = Arc::clone(lifecycle);
        drop(tokio::spawn(async move { ends.end().await }));
        tokio::select! {
            () = self.next() => {
                tracing::warn!("told to end once more: ending at once");
                lifecycle.end_at_once();
            }
            () = lifecycle.reached(Phase::Ended) => {}
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
