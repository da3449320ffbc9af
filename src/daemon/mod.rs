//! A running process: what it opens, the newer configuration, the operator's questions, the end.

mod signals;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::process::DumpableBehavior;
use rustix::process::set_dumpable_behavior;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::admin;
use crate::admin::control::Control;
use crate::admin::control::Reloading;
use crate::admin::socket::Questions;
use crate::admin::socket::Socket;
use crate::admin::socket::SocketError;
use crate::app::App;
use crate::app::ReloadError;
use crate::app::build::StartError;
use crate::clock::Clock;
use crate::config;
use crate::config::error::ConfigError;
use crate::config::error::Severity;
use crate::config::settings::Config;
use crate::daemon::signals::Signals;
use crate::gateway::process;
use crate::gateway::process::Cores;
use crate::gateway::process::ListenError;
use crate::gateway::process::Process;
use crate::lifecycle::Phase;
use crate::monitor;
use crate::monitor::readiness::Store;
use crate::monitor::readiness::Watched;
use crate::provider::entry_name::EntryName;
use crate::session::Sessions;
use crate::session::roster::Roster;
use crate::session::store::StoreError;
use crate::supervisor;
use crate::telemetry::audit::event::AuditEvent;
use crate::telemetry::audit::event::Source;
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
    /// Nobody could tell the process to end.
    #[error("no signal can be received")]
    Signals(#[source] io::Error),
    /// The operator's socket cannot be made.
    #[error(transparent)]
    Socket(#[from] SocketError),
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
    let signals = Signals::listen().map_err(RunError::Signals)?;
    let (listen, admin_socket) = (config.server.listen, config.server.admin_socket.clone());
    let monitor = config.server.monitor_listen;
    let app = App::start(config, clock, telemetry)?;
    let listener = process::bind(listen)?;
    if let Some(address) = monitor {
        watch(address, &app)?;
    }
    // Until the end of this function: its file goes with it.
    let socket = admin_socket.as_deref().map(Socket::bind).transpose()?;
    let questions = socket.as_ref().map(Socket::questions).transpose()?;
    let cores = Arc::new(Cores::default());
    let one_at_a_time = Arc::default();
    let operator = Operator {
        app: Arc::clone(&app),
        path: path.to_owned(),
        one_at_a_time: Arc::clone(&one_at_a_time),
    };
    let process = Process {
        listener,
        live: Arc::clone(app.live()),
        rules: Arc::clone(app.rules()),
        lifecycle: Arc::clone(app.lifecycle()),
        cores: Arc::clone(&cores),
        beside: Box::pin(operate(Arc::new(operator), signals, cores, questions)),
    };
    let ended = process.run();
    let_go(&one_at_a_time);
    Ok(ended?)
}

/// Waits for a reload that the end did not wait for: it would go on while the process takes away what it uses, the random
/// numbers first, and that would abort the process.
fn let_go(one_at_a_time: &Mutex<()>) {
    let end = Instant::now() + LAST_RELOAD;
    while one_at_a_time.try_lock().is_err() && Instant::now() < end {
        thread::sleep(LOOK);
    }
}

/// No core dump, and no look into our memory by other processes of the same user: it holds secrets and people.
fn keep_memory_private() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "the memory of the process is not private");
    }
}

/// What was found about a configuration, in the log: one line each, with what `check` says.
pub fn say(found: &ConfigError) {
    let (code, place, help) = (found.code, &found.location, found.help.as_str());
    match found.severity {
        Severity::Error => tracing::error!(%code, %place, help, "{}", found.problem),
        Severity::Warning => tracing::warn!(%code, %place, help, "{}", found.problem),
    }
}

/// Answers probes at an address of their own.
fn watch(address: SocketAddr, app: &Arc<App>) -> Result<(), RunError> {
    let (watched, telemetry) = (Running(Arc::clone(app)), Arc::clone(app.telemetry()));
    monitor::listener::bind(address)
        .and_then(|listener| monitor::listener::start(listener, watched, telemetry))
        .map_err(|error| RunError::Monitor(address, error))
}

/// What readiness depends on.
#[derive(Debug)]
struct Running(Arc<App>);

impl Watched for Running {
    fn is_leaving(&self) -> bool {
        self.0.lifecycle().phase() != Phase::Serving
    }

    async fn store_answers(&self) -> Store {
        match self.0.live().load().ping().await {
            Ok(()) => Store::Answers,
            Err(error) => Store::Fails {
                reason: error.reason(),
                refused: match error {
                    StoreError::Refused { command, .. } => Some(command),
                    _ => None,
                },
            },
        }
    }
}

/// Longest that a reload is waited for where nothing else is, and how often it is looked at.
const LAST_RELOAD: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(5);

const REFUSED: &str = "the new configuration was refused, the one before stays in force";

/// Who puts newer configurations into force.
struct Operator {
    app: Arc<App>,
    path: PathBuf,
    /// Held by the reload itself, not by whoever waits for it.
    one_at_a_time: Arc<Mutex<()>>,
}

impl Operator {
    /// Reads the configuration again; says in the log what came of it. One at a time.
    async fn read_again(&self) -> Result<Vec<ConfigError>, ReloadError> {
        let turn = Arc::clone(&self.one_at_a_time).lock_owned().await;
        supervisor::reloading();
        let (app, path) = (Arc::clone(&self.app), self.path.clone());
        let held = (app.lifecycle().begin(), turn);
        let read = tokio::task::spawn_blocking(move || {
            // To the end of this: the end of the process waits for it.
            let _held = held;
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
                warnings.iter().for_each(say);
                Ok(warnings)
            }
            Err(refused) => {
                let telemetry = self.app.telemetry();
                telemetry.metrics.configuration_refused();
                telemetry.audit(&Source::Operator, &AuditEvent::ReloadRefused);
                match &refused {
                    ReloadError::Configuration(errors) => {
                        tracing::error!("{REFUSED}");
                        errors.0.iter().for_each(say);
                    }
                    other => tracing::error!(error = %other, "{REFUSED}"),
                }
                Err(refused)
            }
        }
    }
}

impl Control for Operator {
    fn telemetry(&self) -> &Telemetry {
        self.app.telemetry()
    }

    fn roster(&self) -> Arc<Roster> {
        self.app.roster()
    }

    fn sessions(&self) -> Arc<Sessions> {
        self.app.sessions()
    }

    fn issuer_of(&self, entry: &EntryName) -> Option<String> {
        self.app.issuer_of(entry)
    }

    fn serves(&self, host: &str) -> bool {
        self.app.serves(host)
    }

    fn reload(&self) -> Reloading<'_> {
        Box::pin(async move {
            let warnings = self.read_again().await.map_err(in_words)?;
            Ok(warnings.iter().map(ToString::to_string).collect())
        })
    }
}

/// Each mistake says itself what it is; in front of them stands what came of them.
fn in_words(refused: ReloadError) -> String {
    match refused {
        ReloadError::Configuration(errors) => format!("{REFUSED}\n\n{errors}"),
        other => other.to_string(),
    }
}

/// Everything that is not a request.
async fn operate(operator: Arc<Operator>, signals: Signals, cores: Arc<Cores>, questions: Option<Questions>) {
    let lifecycle = Arc::clone(operator.app.lifecycle());
    supervisor::ready();
    let Signals { ends, mut hangup } = signals;
    let reloads = async {
        while hangup.recv().await.is_some() {
            // Said in the log.
            drop(operator.read_again().await);
        }
    };
    let watched = async {
        if let Some(interval) = supervisor::watchdog_interval() {
            supervisor::watch(interval, || cores.answer()).await;
        }
    };
    let asked = async {
        if let Some(questions) = questions {
            admin::serve(questions, Arc::<Operator>::clone(&operator)).await;
        }
    };
    let examined = async {
        if let Some(redis) = operator.app.redis() {
            redis.report().await;
        }
    };
    tokio::join!(ends.obey(&lifecycle), reloads, watched, asked, examined);
}
