//! The simulated FranceConnect alone, for whoever wants to point another relying party at it.

use std::io;
use std::io::Write;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use simulator::provider::Provider;
use simulator::provider::ProviderSettings;
use simulator::provider::client::Client;
use simulator::provider::client::SigningAlgorithm;

/// A strict simulated FranceConnect with invented people, on loopback alone.
#[derive(Debug, Parser)]
#[command(name = "provider")]
struct Arguments {
    /// The port on 127.0.0.1
    #[arg(long, default_value_t = 8002)]
    port: u16,
    /// The client that is registered
    #[arg(long)]
    client_id: String,
    /// Its secret
    #[arg(long)]
    client_secret: String,
    /// Its redirect URIs, exactly as they are sent
    #[arg(long = "redirect-uri", required = true)]
    redirect_uris: Vec<String>,
    /// Its post-logout redirect URIs, exactly as they are sent
    #[arg(long = "post-logout-redirect-uri")]
    post_logout_redirect_uris: Vec<String>,
    /// Sign with RS256 instead of ES256
    #[arg(long)]
    rs256: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere left to say that standard error is gone.
            drop(writeln!(io::stderr(), "provider: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> io::Result<()> {
    let client = Client {
        redirect_uris: arguments.redirect_uris,
        post_logout_redirect_uris: arguments.post_logout_redirect_uris,
        signing: if arguments.rs256 {
            SigningAlgorithm::Rs256
        } else {
            SigningAlgorithm::Es256
        },
        ..Client::sandbox(&arguments.client_id, &arguments.client_secret)
    };
    let provider = Provider::start(ProviderSettings {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port)),
        clients: vec![client],
    })
    .await?;
    writeln!(io::stdout(), "issuer: {}", provider.issuer())?;
    tokio::signal::ctrl_c().await?;
    provider.stop().await;
    Ok(())
}
