//! The gateway as it is, on a thread of its own, with a clock that the test moves and a log that the test reads.

use std::fs;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::thread::JoinHandle;

use guichet::app::App;
use guichet::config;
use guichet::config::settings::Config;
use guichet::identity_headers::signing_keys::SigningKeys;
use guichet::telemetry::audit::stream::Audit;
use guichet::telemetry::telemetry::Telemetry;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

use super::clock::TestClock;
use super::logs::Logs;
use super::ports::free_port;
use super::ports::local;

/// A running gateway; it ends when it goes out of scope.
#[derive(Debug)]
pub(crate) struct TestGateway {
    place: Place,
    configuration: String,
    clock: TestClock,
    logs: Logs,
    audit: Logs,
    telemetry: Arc<Telemetry>,
    /// What is altered in each configuration once it was read.
    adjust: fn(&mut Config),
    running: Option<Running>,
}

/// What a configuration must know before it can be written: the port is chosen by the system.
#[derive(Debug)]
pub(crate) struct Place {
    address: SocketAddr,
    folder: TempDir,
}

#[derive(Debug)]
struct Running {
    app: Arc<App>,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl TestGateway {
    /// Starts with the text that `configure` writes.
    pub(crate) fn start(configure: impl FnOnce(&Place) -> String) -> Self {
        Self::try_start(configure).unwrap_or_else(|refusal| panic!("the gateway did not start: {refusal}"))
    }

    /// Starts with a provider that has other rules than its preset says.
    pub(crate) fn start_adjusted(configure: impl FnOnce(&Place) -> String, adjust: fn(&mut Config)) -> Self {
        Self::try_start_adjusted(configure, adjust)
            .unwrap_or_else(|refusal| panic!("the gateway did not start: {refusal}"))
    }

    /// Starts, or says why not, in the words that an operator would read.
    pub(crate) fn try_start(configure: impl FnOnce(&Place) -> String) -> Result<Self, String> {
        Self::try_start_adjusted(configure, |_| {})
    }

    fn try_start_adjusted(
        configure: impl FnOnce(&Place) -> String,
        adjust: fn(&mut Config),
    ) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = Place::at(listener.local_addr().unwrap());
        let configuration = configure(&place);
        let (clock, logs, audit) = (TestClock::start(), Logs::default(), Logs::default());
        let telemetry = Arc::new(Telemetry::new(Audit::to(audit.clone()).unwrap(), None));
        let config = load(&place, &configuration, adjust)?;
        let running = Some(run(config, listener, (&clock, &logs, &telemetry))?);
        Ok(Self {
            place,
            configuration,
            clock,
            logs,
            audit,
            telemetry,
            adjust,
            running,
        })
    }

    /// Ends, and starts again at the same address with another configuration; the clock goes on where it was.
    pub(crate) fn restart(&mut self, edit: impl FnOnce(&str) -> String) {
        self.stop();
        self.configuration = edit(&self.configuration);
        let listener = TcpListener::bind(self.place.address).unwrap();
        let config = load(&self.place, &self.configuration, self.adjust);
        let watched = (&self.clock, &self.logs, &self.telemetry);
        let running = config.and_then(|config| run(config, listener, watched));
        self.running = Some(running.unwrap_or_else(|refusal| panic!("the gateway did not start: {refusal}")));
    }

    /// Reads another configuration while it runs, or says why it was refused, in the words of the log.
    pub(crate) fn reload(&mut self, edit: impl FnOnce(&str) -> String) -> Result<(), String> {
        let text = edit(&self.configuration);
        let config = load(&self.place, &text, self.adjust)?;
        let app = self.app();
        tracing::dispatcher::with_default(&self.logs.dispatch(), || app.reload(config))
            .map_err(|refusal| refusal.to_string())?;
        self.configuration = text;
        Ok(())
    }

    pub(crate) fn app(&self) -> Arc<App> {
        Arc::clone(&self.running.as_ref().expect("it is not running").app)
    }

    pub(crate) fn stop(&mut self) {
        if let Some(Running { stop, thread, .. }) = self.running.take() {
            stop.send_replace(true);
            let ended = thread.join();
            assert!(
                ended.is_ok() || thread::panicking(),
                "the gateway panicked:\n{}",
                self.logs.text()
            );
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.place.address
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn clock(&self) -> &TestClock {
        &self.clock
    }

    pub(crate) fn logs(&self) -> &Logs {
        &self.logs
    }

    /// What is asked for at `/metrics`.
    pub(crate) fn metrics(&self) -> String {
        self.telemetry.metrics_text()
    }

    /// The audit stream so far, one event a line.
    pub(crate) fn audit(&self) -> String {
        self.telemetry.end();
        self.audit.text()
    }

    /// The events of this action so far.
    pub(crate) fn audited(&self, action: &str) -> Vec<Value> {
        let events = self.audit();
        let events = events
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        events.filter(|event| event["event.action"] == action).collect()
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Place {
    /// At a port that was free a moment ago.
    pub(crate) fn new() -> Self {
        Self::at(local(free_port()))
    }

    fn at(address: SocketAddr) -> Self {
        Self {
            address,
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the configuration is.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder().join("guichet.toml")
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The host that requests name: browsers hold it for secure, and cookies for one host.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.port())
    }

    pub(crate) fn public_url(&self) -> String {
        format!("http://{}", self.host())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps a secret in a file that only we may read, and says so in the configuration's words.
    pub(crate) fn secret(&self, name: &str, value: &str) -> String {
        let path = self.folder().join(name);
        fs::write(&path, value).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        format!("{{ file = {:?} }}", path.display().to_string())
    }

    /// A folder with a signing key.
    pub(crate) fn keys(&self) -> String {
        let folder = self.folder().join("keys");
        if !folder.exists() {
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
            SigningKeys::generate(&folder).unwrap();
        }
        folder.display().to_string()
    }
}

fn run(
    config: Config,
    listener: TcpListener,
    (clock, logs, telemetry): (&TestClock, &Logs, &Arc<Telemetry>),
) -> Result<Running, String> {
    listener.set_nonblocking(true).unwrap();
    let (stop, stopped) = watch::channel(false);
    let (say, heard) = mpsc::channel();
    let (clock, dispatch, telemetry) = (Arc::new(clock.clone()), logs.dispatch(), Arc::clone(telemetry));
    let thread = thread::spawn(move || {
        // One thread, so that everything the gateway logs goes to its own log.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        tracing::dispatcher::with_default(&dispatch, || {
            runtime.block_on(async {
                match App::start(config, clock, telemetry) {
                    Ok(app) => {
                        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                        say.send(Ok(Arc::clone(&app))).unwrap();
                        until_told(&app, listener, stopped).await;
                    }
                    Err(refusal) => say.send(Err(refusal.to_string())).unwrap(),
                }
            });
        });
    });
    match heard.recv() {
        Ok(Ok(app)) => Ok(Running { app, stop, thread }),
        Ok(Err(refusal)) => Err(refusal),
        Err(_) => Err("it panicked while it was built".to_owned()),
    }
}

async fn until_told(app: &App, listener: tokio::net::TcpListener, mut stopped: watch::Receiver<bool>) {
    let listener = (listener, Arc::clone(app.rules()));
    let serving = guichet::gateway::serve(Arc::clone(app.live()), listener, Arc::clone(app.lifecycle()));
    let ending = async {
        // A gateway that went out of scope is told to end, too.
        drop(stopped.wait_for(|told| *told).await);
        app.lifecycle().end().await;
    };
    tokio::join!(serving, ending);
}

/// As the program does first thing; a test that came before may have done it.
pub(crate) fn has_cryptography() {
    let installed = aws_lc_rs::default_provider().install_default();
    assert!(installed.is_ok() || CryptoProvider::get_default().is_some());
}

/// What the configuration says; it is a file like any other.
fn load(place: &Place, text: &str, adjust: fn(&mut Config)) -> Result<Config, String> {
    has_cryptography();
    let file = place.file();
    fs::write(&file, text).unwrap();
    config::load(&file)
        .map(|mut loaded| {
            adjust(&mut loaded.config);
            loaded.config
        })
        .map_err(|errors| errors.to_string())
}
