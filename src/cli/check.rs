//! `guichet check`: everything that is wrong at once, and what to register at each provider.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use clap::Args;
use serde_json::Value;
use serde_json::json;

use crate::cli::exit::Exit;
use crate::cli::report::Format;
use crate::cli::streams::Streams;
use crate::config;
use crate::config::Loaded;
use crate::config::effective::Setting;
use crate::config::error::ConfigError;
use crate::config::error::Location;
use crate::config::error::Severity;
use crate::config::settings::Registration;
use crate::endpoints::forward_auth;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::needed_scopes;
use crate::routing::app::Mode;

/// Arguments of the command.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Print the configuration that is in force, with the source of each value; secrets as their place and length
    #[arg(long)]
    pub print: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Loads without listening, and says what was found.
pub fn check(path: &Path, arguments: &CheckArguments, streams: &mut Streams<'_>) -> Exit {
    let loaded = config::load(path);
    let exit = match &loaded {
        Ok(_) => Exit::Ok,
        Err(_) => Exit::InvalidConfiguration,
    };
    match (arguments.format, loaded) {
        (Format::Json, Ok(loaded)) => streams.say_line(format_args!("{:#}", whole(&loaded, arguments))),
        (Format::Json, Err(errors)) => {
            let answer = json!({ "valid": false, "findings": findings(&errors.0) });
            streams.say_line(format_args!("{answer:#}"));
        }
        (Format::Human, Ok(loaded)) => tell(path, &loaded, arguments, streams),
        (Format::Human, Err(errors)) => {
            streams.say_wrong_line(format_args!("{errors}\n\n{}", count(&errors.0)));
        }
    }
    exit
}

fn tell(path: &Path, loaded: &Loaded, arguments: &CheckArguments, streams: &mut Streams<'_>) {
    for warning in &loaded.warnings {
        streams.say_wrong_line(format_args!("{warning}\n"));
    }
    streams.say_line(format_args!("{}: {}", path.display(), count(&loaded.warnings)));
    if is_root() {
        streams.say_line(AS_ROOT);
    }
    for settings in &loaded.config.providers {
        let profile = &settings.profile;
        streams.say_line(format_args!(
            "\nproviders.{}: register these at {}, {}",
            settings.entry, profile.rules.button.name, profile.issuer
        ));
        tell_uris(&loaded.config.registration(&settings.entry), streams);
        tell_scopes(settings, &loaded.config.claims_used(&settings.entry), streams);
    }
    for (app, fields) in front_proxies(loaded) {
        let fields = fields.join(", ");
        streams.say_line(format_args!(
            "\napps.{app}: the front proxy sets each of these from the answer\n  {fields}"
        ));
    }
    if arguments.print {
        streams.say_line("");
        for Setting { key, value, source } in &loaded.effective {
            streams.say_line(format_args!("{key} = {value}  # {source}"));
        }
    }
}

/// Who reads every file, and finds no fault with any.
const AS_ROOT: &str = "checked as root, who may read every file: a gateway of another user may not; \
                       `sudo -u USER guichet check` knows";

/// Whose files `/proc/self` has: those of the user who is running this.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn tell_uris(registration: &Registration, streams: &mut Streams<'_>) {
    for uri in &registration.redirect_uris {
        streams.say_line(format_args!("  redirect URI     {uri}"));
    }
    for uri in &registration.post_logout_redirect_uris {
        streams.say_line(format_args!("  post-logout URI  {uri}"));
    }
    if let Some(uri) = &registration.backchannel_logout_uri {
        streams.say_line(format_args!("  back-channel logout URI  {uri}"));
    }
    if let Some(uri) = &registration.sector_identifier_uri {
        streams.say_line(format_args!(
            "  sector identifier URI  {uri}\n    register it as well: there are several hosts, and without it the provider refuses each login"
        ));
    }
    if let Some(uri) = &registration.jwks_uri {
        streams.say_line(format_args!(
            "  JWKS URI  {uri}\n    register it as well, and let the provider reach it: there are our public keys"
        ));
    }
    if registration.redirect_uris.is_empty() {
        streams.say_line("  nothing: no app offers this entry");
    }
}

/// The union of what the apps need, for the request for access at the provider, and what is asked for in vain.
fn tell_scopes(settings: &ClientSettings, used: &BTreeSet<&str>, streams: &mut Streams<'_>) {
    let scopes = &settings.profile.rules.scopes;
    let needed = needed_scopes::leading_to(scopes, used).join(" ");
    streams.say_line(format_args!("  scopes needed    {needed}"));
    let idle = needed_scopes::idle(scopes, &settings.scopes, used);
    if !idle.is_empty() {
        streams.say_line(format_args!(
            "    asked for, and no app uses what they lead to: {}",
            idle.join(" ")
        ));
    }
}

/// The apps that a front proxy asks about, and what it has to set.
fn front_proxies(loaded: &Loaded) -> impl Iterator<Item = (&str, Vec<String>)> {
    let apps = loaded.config.apps.iter();
    let asked_about = apps.filter(|app| matches!(app.mode, Mode::ForwardAuth));
    asked_about.map(|app| {
        let names = forward_auth::names(&app.told);
        (&*app.name, names.map(|name| name.to_string()).collect())
    })
}

fn whole(loaded: &Loaded, arguments: &CheckArguments) -> Value {
    let providers: Vec<Value> = loaded
        .config
        .providers
        .iter()
        .map(|settings| {
            let registration = loaded.config.registration(&settings.entry);
            json!({
                "entry": settings.entry.as_str(),
                "redirect_uris": registration.redirect_uris,
                "post_logout_redirect_uris": registration.post_logout_redirect_uris,
                "backchannel_logout_uri": registration.backchannel_logout_uri,
                "sector_identifier_uri": registration.sector_identifier_uri,
                "jwks_uri": registration.jwks_uri,
                "scopes": scopes(settings, &loaded.config.claims_used(&settings.entry)),
            })
        })
        .collect();
    let settings = loaded.effective.iter().map(
        |Setting { key, value, source }| json!({ "key": key.to_string(), "value": value, "source": source }),
    );
    let settings = arguments.print.then(|| settings.collect::<Vec<_>>());
    json!({
        "valid": true,
        "findings": findings(&loaded.warnings),
        "providers": providers,
        "front_proxies": front_proxies(loaded)
            .map(|(app, fields)| json!({ "app": app, "fields": fields }))
            .collect::<Vec<_>>(),
        "configuration": settings,
    })
}

fn scopes(settings: &ClientSettings, used: &BTreeSet<&str>) -> Value {
    let known = &settings.profile.rules.scopes;
    json!({
        "asked_for": settings.scopes,
        "needed": needed_scopes::leading_to(known, used),
        "idle": needed_scopes::idle(known, &settings.scopes, used),
    })
}

fn findings(found: &[ConfigError]) -> Vec<Value> {
    let one = |error: &ConfigError| {
        let (file, variable) = match &error.location {
            Location::File { path, line, column } => (
                json!({ "path": path, "line": line, "column": column }),
                Value::Null,
            ),
            Location::Environment { variable } => (Value::Null, json!(variable)),
        };
        json!({
            "severity": error.severity.as_str(),
            "code": error.code.to_string(),
            "file": file,
            "environment_variable": variable,
            "key": error.key.to_string(),
            "problem": error.problem,
            "help": error.help,
        })
    };
    found.iter().map(one).collect()
}

/// `2 errors, 1 warning`
fn count(found: &[ConfigError]) -> String {
    let of = |severity| found.iter().filter(|error| error.severity == severity).count();
    let words = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let words: Vec<String> = words
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}{}", if *number == 1 { "" } else { "s" }))
        .collect();
    if words.is_empty() {
        "nothing is wrong".to_owned()
    } else {
        words.join(", ")
    }
}
