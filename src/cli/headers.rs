//! `guichet headers`: the header fields that an application would receive about somebody, byte for byte, so that its tests
//! need no gateway.
//!
//! They are signed with a key that is made for this one answer and thrown away: nothing that runs believes it.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use http::HeaderName;
use http::HeaderValue;

use crate::access::Visitor;
use crate::access::requirement::Access;
use crate::cli::exit::Exit;
use crate::cli::person;
use crate::cli::streams::Streams;
use crate::clock::Clock as _;
use crate::clock::SystemClock;
use crate::config;
use crate::config::duration;
use crate::config::outline::Outline;
use crate::identity_headers::BUDGET;
use crate::identity_headers::assertion::Assertions;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::identity_headers::size_of_fields;
use crate::judge;
use crate::judge::Asked;
use crate::judge::Judgement;
use crate::routing::app::App;
use crate::routing::app::Route;
use crate::routing::app::SignOut;
use crate::routing::path_prefix::PathPrefix;
use crate::seal;
use crate::wire::request_id::RequestId;

/// Arguments of the command.
#[derive(Debug, Args)]
pub struct HeadersArguments {
    /// The name of the application
    #[arg(long, value_name = "APP")]
    pub app: String,
    /// Who is signed in: angela, born-abroad, longest, presumed-birthdate, usage-name, zoe; `anonymous` for nobody; or a
    /// FILE.json of claims, `sub` among them
    #[arg(long = "as", value_name = "PERSON", default_value = "angela")]
    pub person: String,
    /// The provider entry at which that person signed in; without it the first one of the application
    #[arg(long, value_name = "ENTRY")]
    pub provider: Option<String>,
    /// How long the assertion is valid, such as `1h`; without it what the configuration says
    #[arg(long, value_name = "DURATION", value_parser = lifetime)]
    pub lifetime: Option<Duration>,
    /// Write the public key that verifies the assertion to this file, as a JWK Set
    #[arg(long, value_name = "FILE")]
    pub jwks_out: Option<PathBuf>,
    /// Print the header lines and nothing else: `curl -H @FILE` reads them
    #[arg(long)]
    pub raw: bool,
}

fn lifetime(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| format!("it {error}; write `60s` or `1h`"))
}

/// Prints them.
pub fn headers(path: &Path, arguments: &HeadersArguments, streams: &mut Streams<'_>) -> Exit {
    let config = match config::outline(path) {
        Ok(outline) => outline,
        Err(errors) => return streams.say_unusable(&errors),
    };
    let said = match of(&config, arguments) {
        Ok(said) => said,
        Err(refusal) => {
            streams.say_error(refusal);
            return Exit::Usage;
        }
    };
    if let Some(file) = &arguments.jwks_out
        && let Err(error) = fs::write(file, format!("{}\n", said.jwks))
    {
        streams.say_error(format_args!("`{}` cannot be written: {error}", file.display()));
        return Exit::Failure;
    }
    say(&said, arguments, streams);
    Exit::Ok
}

struct Said {
    fields: Vec<(HeaderName, HeaderValue)>,
    jwks: String,
}

fn of(config: &Outline, arguments: &HeadersArguments) -> Result<Said, String> {
    let app = app_named(config, &arguments.app)?;
    let now = SystemClock.now();
    let sessions = person::sessions(
        &arguments.person,
        (config, app),
        arguments.provider.as_deref(),
        now,
    )?;
    // Where an application hears about both, so that nobody is turned away.
    let route = Route {
        path: PathPrefix::ROOT,
        access: Access::Optional,
        sign_out: SignOut::No,
        requirement: None,
    };
    let keys = Arc::new(SigningKeys::in_memory().map_err(|error| error.to_string())?);
    let assertions = Assertions::new(
        config.assertion.issuer.clone(),
        arguments.lifetime.unwrap_or(config.assertion.lifetime),
        Arc::clone(&keys),
        Arc::new(SystemClock),
    );
    let id = RequestId::of(seal::random().map_err(|error| error.to_string())?);
    let asked = Asked {
        app,
        route: &route,
        id: &id,
        now,
    };
    match judge::judge_visitor(asked, Visitor::Asked(sessions), &assertions) {
        Ok(Judgement::Forward(admission)) => Ok(Said {
            fields: admission.identity.fields().to_vec(),
            jwks: serde_json::to_string(&keys.jwk_set()).map_err(|error| error.to_string())?,
        }),
        Ok(Judgement::Authenticate | Judgement::Refuse(_)) => Err("nobody passes".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn app_named<'c>(config: &'c Outline, name: &str) -> Result<&'c App, String> {
    config.apps.iter().find(|app| *app.name == *name).ok_or_else(|| {
        let names: Vec<&str> = config.apps.iter().map(|app| &*app.name).collect();
        format!(
            "no application is called `{name}`; there are {}",
            names.join(", ")
        )
    })
}

fn say(said: &Said, arguments: &HeadersArguments, streams: &mut Streams<'_>) {
    if !arguments.raw {
        streams.say_line(format_args!(
            "# What `{}` receives about {}; on the wire each line ends with CR LF",
            arguments.app, arguments.person
        ));
    }
    for (name, value) in &said.fields {
        streams.say_line(format_args!("{name}: {}", value.to_str().unwrap_or_default()));
    }
    if arguments.raw {
        return;
    }
    let bytes = size_of_fields(&said.fields);
    streams.say_line(format_args!("\n# {bytes} bytes of at most {BUDGET}"));
    streams.say_line("\n# The key that verifies it: made for this answer, known to nobody else");
    streams.say_line(&said.jwks);
}
