//! A simulated provider alone, for whoever wants to point a relying party at it.

use std::io;
use std::io::Write;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use simulator::provider::Provider;
use simulator::provider::ProviderSettings;
use simulator::provider::client::Client;
use simulator::provider::profile::Profile;
use simulator::provider::profiles;
use simulator::provider::public_key;
use simulator::provider::signing_algorithm::SigningAlgorithm;

/// A strict simulated FranceConnect, or another provider, with invented people, on loopback alone.
#[derive(Debug, Parser)]
#[command(name = "provider")]
struct Arguments {
    /// Which provider: franceconnect, franceconnect-plus, proconnect, login-gov or oidc
    #[arg(long, default_value = "franceconnect", value_parser = profile)]
    profile: &'static Profile,
    /// The port on 127.0.0.1
    #[arg(long, default_value_t = 8002)]
    port: u16,
    /// The client that is registered
    #[arg(long)]
    client_id: String,
    /// Its secret
    #[arg(long, required_unless_present = "client_key")]
    client_secret: Option<String>,
    /// Instead of a secret: the file with the public key of its assertions, in PEM
    #[arg(long)]
    client_key: Option<PathBuf>,
    /// Its redirect URIs, exactly as they are sent
    #[arg(long = "redirect-uri", required = true)]
    redirect_uris: Vec<String>,
    /// Its post-logout redirect URIs, exactly as they are sent
    #[arg(long = "post-logout-redirect-uri")]
    post_logout_redirect_uris: Vec<String>,
    /// Sign with RS256 instead of ES256
    #[arg(long)]
    rs256: bool,
    /// Encrypt what is signed: ECDH-ES, RSA-OAEP or RSA-OAEP-256
    #[arg(long, requires = "jwks_uri")]
    encryption: Option<String>,
    /// Where the client publishes the keys to encrypt for
    #[arg(long)]
    jwks_uri: Option<String>,
}

fn profile(name: &str) -> Result<&'static Profile, String> {
    profiles::named(name).ok_or_else(|| {
        let names = profiles::ALL.map(|profile| profile.name);
        format!("the profiles are {}", names.join(", "))
    })
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
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let provider = Provider::start(ProviderSettings {
        profile: arguments.profile,
        address,
        clients: vec![client(arguments)?],
    })
    .await?;
    writeln!(io::stdout(), "issuer: {}", provider.issuer())?;
    tokio::signal::ctrl_c().await?;
    provider.stop().await;
    Ok(())
}

fn client(arguments: Arguments) -> io::Result<Client> {
    let secret = arguments.client_secret.unwrap_or_default();
    let mut client = Client::of(arguments.profile, &arguments.client_id, &secret);
    client.redirect_uris = arguments.redirect_uris;
    client.post_logout_redirect_uris = arguments.post_logout_redirect_uris;
    if arguments.rs256 {
        client = client.signing(SigningAlgorithm::Rs256);
    }
    if let Some(file) = arguments.client_key {
        client = client.keys(public_key::key_set(&std::fs::read_to_string(file)?)?);
    }
    if let (Some(algorithm), Some(jwks_uri)) = (arguments.encryption, arguments.jwks_uri) {
        client = client.encryption(&algorithm, jwks_uri);
    }
    Ok(client)
}
