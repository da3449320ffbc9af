//! Everything that the demonstration starts, and takes down again: nothing is left behind.

use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::process::Command;
use tokio::time::Instant;

use crate::browser::Browser;
use crate::demo::configuration::Configuration;
use crate::demo::field::Field;
use crate::demo::tour::Tour;
use crate::legacy::RunningApplication;
use crate::provider::Provider;
use crate::provider::RunningProvider;
use crate::provider::client::Client;
use crate::provider::profiles::FRANCECONNECT;
use crate::random;
use crate::site;
use crate::site::Fallback;
use crate::site::Listening;

/// The ports that are tried first: gateway, application, provider, explaining pages.
const PORTS: [u16; 4] = [8000, 8001, 8002, 8003];
/// How long the gateway may take to answer.
const READY_WITHIN: Duration = Duration::from_secs(15);

/// The running demonstration.
#[derive(Debug)]
pub struct Stage {
    field: Field,
    gateway: Child,
    provider: RunningProvider,
    application: RunningApplication,
    tour: Listening,
    folder: TempDir,
}

impl Stage {
    /// Starts provider, application and gateway, and waits until the gateway answers.
    pub async fn set(executable: &Path) -> io::Result<Self> {
        let [gateway_port, application_port, provider_port, tour_port] = PORTS;
        let provider = site::bind(loopback(provider_port), Fallback::AnyPort).await?;
        let application = site::bind(loopback(application_port), Fallback::AnyPort).await?;
        let tour = site::bind(loopback(tour_port), Fallback::AnyPort).await?;
        let gateway_port = free_port(gateway_port).await?;
        let at = format!("http://localhost:{gateway_port}");
        let application = RunningApplication::start_on(application, Some(format!("{at}/")))?;
        let client = Client::sandbox(&random::hex::<32>()?, &random::hex::<32>()?)
            .redirect_uri(format!("{at}/_guichet/callback"))
            .post_logout_redirect_uri(format!("{at}/_guichet/logged-out"));
        let (client_id, client_secret) = (client.client_id.clone(), client.client_secret.clone());
        let provider = Provider::start_on(provider, &FRANCECONNECT, vec![client])?;
        let folder = tempfile::Builder::new().prefix("guichet-demo-").tempdir()?;
        let configuration = Configuration {
            gateway_port,
            issuer: provider.issuer(),
            client_id: &client_id,
            client_secret: &client_secret,
            application: application.address(),
            tour: tour.local_addr()?,
        };
        let file = configuration.write(folder.path())?;
        let field = Field {
            gateway: at,
            gateway_address: loopback(gateway_port),
            application: application.address(),
            issuer: provider.issuer().to_owned(),
            log: application.shared_log(),
        };
        let tour = site::serve(tour, Arc::new(Tour::new(field.clone())))?;
        let gateway = Command::new(executable)
            .arg("run")
            .arg("--config")
            .arg(&file)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(output(folder.path())?)
            .stderr(output(folder.path())?)
            .kill_on_drop(true)
            // A Ctrl-C goes to the whole group of the terminal: the gateway ends when we end it, not beside us.
            .process_group(0)
            .spawn()?;
        let mut stage = Self {
            field,
            gateway,
            provider,
            application,
            tour,
            folder,
        };
        stage.wait_until_ready().await?;
        Ok(stage)
    }

    /// The one address to open.
    pub fn url(&self) -> String {
        format!("{}/", self.field.gateway)
    }

    /// Where the configuration and the log of the gateway are, until the end.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The ports that a browser is led to: gateway, application alone, provider.
    pub fn ports(&self) -> [u16; 3] {
        let (gateway, application) = (self.field.gateway_address, self.application.address());
        [gateway.port(), application.port(), self.provider.address().port()]
    }

    pub(crate) fn field(&self) -> &Field {
        &self.field
    }

    /// Waits until the gateway ends by itself, which it should not, and says how it ended.
    pub async fn gateway_ends(&mut self) -> io::Error {
        match self.gateway.wait().await {
            Ok(status) => self.ended(status),
            Err(error) => error,
        }
    }

    /// Takes everything down: the gateway's process, both servers, the folder.
    pub async fn strike(mut self) -> io::Result<()> {
        self.gateway.kill().await?;
        self.tour.stop().await;
        self.application.stop().await;
        self.provider.stop().await;
        self.folder.close()
    }

    async fn wait_until_ready(&mut self) -> io::Result<()> {
        let url = format!("{}/_guichet/jwks.json", self.field.gateway);
        let browser = Browser::new();
        let started = Instant::now();
        loop {
            if let Some(status) = self.gateway.try_wait()? {
                return Err(self.ended(status));
            }
            if browser
                .ask(&url)
                .await
                .is_ok_and(|page| page.status == StatusCode::OK)
            {
                return Ok(());
            }
            if started.elapsed() > READY_WITHIN {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("guichet does not answer at {url}\n{}", self.said()),
                ));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn ended(&self, status: std::process::ExitStatus) -> io::Error {
        io::Error::other(format!("guichet ended ({status})\n{}", self.said()))
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(OUTPUT)).unwrap_or_default()
    }
}

/// What the gateway says goes to a file: the terminal shows one address.
const OUTPUT: &str = "guichet.log";

fn output(folder: &Path) -> io::Result<Stdio> {
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join(OUTPUT))?;
    Ok(Stdio::from(file))
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The wanted port or, if somebody has it, another that is free. `localhost` must not lead elsewhere over IPv6.
async fn free_port(wanted: u16) -> io::Result<u16> {
    let over_ipv6 = TcpListener::bind((std::net::Ipv6Addr::LOCALHOST, wanted)).await;
    let taken = over_ipv6.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse);
    let wanted = if taken { 0 } else { wanted };
    let listener = site::bind(loopback(wanted), Fallback::AnyPort).await?;
    Ok(listener.local_addr()?.port())
}
