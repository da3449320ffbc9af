//! The gateway as it is, before one application, with somebody signed in, all on one thread.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use guichet::app::App;
use guichet::clock::Clock;
use guichet::clock::SystemClock;
use guichet::clock::Timestamp;
use guichet::config;
use guichet::gateway;
use guichet::identity::identity::Authentication;
use guichet::identity::identity::Identity;
use guichet::identity::identity::Subject;
use guichet::identity_headers::signing_keys::SigningKeys;
use guichet::provider::entry_name::EntryName;
use guichet::secret::Secret;
use guichet::session::session::NewSession;
use guichet::telemetry::audit::stream::Audit;
use guichet::telemetry::telemetry::Telemetry;
use guichet::wire::host::Host;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task;
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::application::Application;
use super::received::Defect;
use super::received::Received;

/// As requests name the gateway.
pub(super) const HOST: &str = "localhost:8100";
pub(super) const PORT: &str = "8100";
/// Who is signed in.
pub(super) const SUB: &str = "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1";
pub(super) const NAME: &str = "DURAND-LEFEVRE";
/// Stands for the cookie of the session in what a client says.
pub(super) const SESSION: &str = "{session}";

const ISSUER: &str = "http://localhost:9/none";
/// After everything that a client says: a request that ends the connection, if it is one.
const GOODBYE: &[u8] = b"GET /public/goodbye HTTP/1.1\r\nHost: localhost:8100\r\nConnection: close\r\n\r\n";
/// Turns of the runtime after which nothing happens any more: no part of what is under way needs as many.
const TURNS: usize = 100;
/// Nobody needs that long on one machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than a head may have.
const MOST: usize = 64 * 1024;

/// Gateway and application, and what is known about who is signed in.
#[derive(Debug)]
pub(super) struct Stage {
    runtime: Runtime,
    tasks: LocalSet,
    address: SocketAddr,
    application: Application,
    cookie: String,
    /// What we signed; it is the same as long as the clock stands still.
    pub(super) assertion: Option<String>,
    _folder: TempDir,
}

/// The moment of the start, for ever.
#[derive(Debug)]
struct StoppedClock(Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        // A test that came before may have done it.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (tasks, folder, application) = (LocalSet::new(), TempDir::new().unwrap(), Application::default());
        let (address, cookie) = tasks.block_on(&runtime, stands(folder.path(), application.clone()));
        let mut stage = Self {
            runtime,
            tasks,
            address,
            application,
            cookie,
            assertion: None,
            _folder: folder,
        };
        let first = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nCookie: {SESSION}\r\n\r\n");
        let received = stage.say(first.as_bytes()).remove(0).unwrap();
        assert_eq!(received.values("x-guichet-status"), ["authenticated"]);
        stage.assertion = Some(received.values("x-guichet-assertion")[0].to_owned());
        stage
    }

    /// What reaches the application when a client says this.
    pub(super) fn say(&self, data: &[u8]) -> Vec<Result<Received, Defect>> {
        let said = replaced(data, SESSION.as_bytes(), self.cookie.as_bytes());
        let said = [said.get(..MOST).unwrap_or(&said), GOODBYE].concat();
        self.tasks.block_on(&self.runtime, async {
            converse(self.address, &said).await;
            for _ in 0..TURNS {
                task::yield_now().await;
            }
        });
        self.application.received()
    }
}

/// Gateway and application begin; their address, and the cookie of who is signed in.
async fn stands(folder: &Path, application: Application) -> (SocketAddr, String) {
    let at_the_application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let text = configuration(folder, at_the_application.local_addr().unwrap());
    drop(task::spawn_local(application.listens(at_the_application)));

    let file = folder.join("guichet.toml");
    fs::write(&file, text).unwrap();
    let config = config::load(&file)
        .unwrap_or_else(|errors| panic!("{errors}"))
        .config;
    let clock = Arc::new(StoppedClock(SystemClock.now()));
    let telemetry = Arc::new(Telemetry::new(Audit::to(io::sink()).unwrap(), None));
    let app = App::start(config, clock, telemetry).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = gateway::serve(
        Arc::clone(app.live()),
        (listener, Arc::clone(app.rules())),
        Arc::clone(app.lifecycle()),
    );
    drop(task::spawn_local(served));

    let established = app.sessions().establish(login()).await.unwrap();
    let cookie = established.as_str().split(';').next().unwrap();
    (address, cookie.to_owned())
}

fn configuration(folder: &Path, application: SocketAddr) -> String {
    let private = fs::Permissions::from_mode(0o700);
    let keys = folder.join("keys");
    fs::create_dir(&keys).unwrap();
    fs::set_permissions(&keys, private).unwrap();
    SigningKeys::generate(&keys).unwrap();
    let secret = folder.join("secret");
    fs::write(&secret, "a-secret-that-nobody-asks-for-0123456789").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let (keys, secret) = (keys.display(), secret.display());
    format!(
        r#"public_url = "http://{HOST}"

[organisation]
name = "Ville d'Exemple"
contact_url = "https://ville.example/contact"

[server]
listen = "127.0.0.1:{PORT}"

[assertion]
keys_dir = "{keys}"

[providers.fc]
preset = "franceconnect"
environment = "simulated"
issuer = "{ISSUER}"
client_id = "tests"
client_secret = {{ file = "{secret}" }}
scopes = ["openid", "identite_pivot"]
signing_alg = "ES256"

[[apps]]
name = "urbanisme"
title = "Urbanisme"
path = "/"
providers = ["fc"]
upstreams = ["http://{application}"]
claims = ["sub", "family_name"]
plain_headers = ["sub", "family_name"]

  [[apps.routes]]
  path = "/public"
  access = "public"

  [[apps.routes]]
  path = "/optional"
  access = "optional"
"#
    )
}

fn login() -> NewSession {
    let claims = json!({ "family_name": NAME });
    NewSession {
        entry: EntryName::parse("fc").unwrap(),
        host: Host::parse(HOST).unwrap(),
        identity: Identity {
            subject: Subject {
                issuer: ISSUER.to_owned(),
                sub: SUB.to_owned(),
            },
            claims: claims.as_object().unwrap().clone(),
        },
        authentication: Authentication {
            acr: "eidas1".to_owned(),
            amr: Vec::new(),
            auth_time: None,
        },
        id_token: Secret::new("e30.e30.AA"),
        claimed_at: SystemClock.now(),
        provider_sid: None,
        replaces: Vec::new(),
    }
}

/// Says this, hears what is answered, and goes when nothing more happens.
async fn converse(address: SocketAddr, said: &[u8]) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whoever was refused is not read to the end.
    drop(timeout(PATIENCE, stream.write_all(said)).await);
    if !hears_the_end(&stream).await {
        drop(stream.shutdown().await);
        let ended = async { while !hears_the_end(&stream).await {} };
        let ended = timeout(PATIENCE, ended).await;
        assert!(
            ended.is_ok(),
            "the gateway holds the connection of a client that went"
        );
    }
}

/// Whether the other side ended the connection before nothing more happened.
async fn hears_the_end(stream: &TcpStream) -> bool {
    let (mut heard, mut still) = ([0; 4096], 0);
    while still < TURNS {
        match stream.try_read(&mut heard) {
            Ok(0) => return true,
            Ok(_) => still = 0,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                still += 1;
                task::yield_now().await;
            }
            Err(_) => return true,
        }
    }
    false
}

fn replaced(data: &[u8], what: &[u8], by: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(data.len());
    let mut rest = data;
    while let Some(at) = rest.windows(what.len()).position(|window| window == what) {
        let (before, after) = rest.split_at(at);
        replaced.extend_from_slice(before);
        replaced.extend_from_slice(by);
        rest = &after[what.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}
