//! `guichet doctor`: everything that a login needs, tried one after the other, each with the mend if it fails.
//!
//! Nothing changes by it, nobody is signed in, no claim of anybody is read. Every step has a time bound.

mod authorization;
mod client_keys;
mod listener;
mod network;
mod patient;
mod provider;
mod scopes;
mod store;
mod upstream;

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::back_channel::BackChannel;
use crate::causes;
use crate::cli::doctor::patient::Patient;
use crate::cli::exit::Exit;
use crate::cli::report::Finding;
use crate::cli::report::Format;
use crate::cli::report::Report;
use crate::cli::report::Verdict;
use crate::cli::streams::Streams;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::config;
use crate::config::Loaded;
use crate::config::code::Code;
use crate::config::settings::Config;

/// Arguments of the command.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Look at this provider entry only, and not at the session store and the applications
    #[arg(long, value_name = "ENTRY")]
    pub provider: Option<String>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Looks at everything.
pub fn doctor(path: &Path, arguments: &DoctorArguments, streams: &mut Streams<'_>) -> Exit {
    let loaded = match config::load(path) {
        Ok(loaded) => loaded,
        Err(errors) => return streams.say_unusable(&errors),
    };
    if let Some(entry) = &arguments.provider
        && !loaded
            .config
            .providers
            .iter()
            .any(|known| known.entry.as_str() == entry)
    {
        streams.say_error(format_args!("no provider entry is called `{entry}`"));
        return Exit::Usage;
    }
    // Everything happens on one thread, so that a finding is printed when it is known.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let roads =
        BackChannel::over(&loaded.config.outbound).and_then(|outbound| Ok((outbound, BackChannel::new()?)));
    let (runtime, (outbound, straight)) = match (runtime, roads) {
        (Ok(runtime), Ok(roads)) => (runtime, roads),
        (Err(error), _) => return failed(&error, streams),
        (_, Err(error)) => return failed(&error, streams),
    };
    let mut report = Report::new(arguments.format, streams);
    configuration(path, &loaded, &mut report);
    let visit = Visit {
        config: &loaded.config,
        outbound: &outbound,
        straight: &straight,
        clock: Arc::new(SystemClock),
    };
    runtime.block_on(Box::pin(
        visit.everything(arguments.provider.as_deref(), &mut report),
    ));
    match report.finish() {
        Verdict::Bad => Exit::NotReady,
        _ => Exit::Ok,
    }
}

fn failed(error: &dyn std::error::Error, streams: &mut Streams<'_>) -> Exit {
    streams.say_error(causes::in_one_line(error));
    Exit::Failure
}

fn configuration(path: &Path, loaded: &Loaded, report: &mut Report<'_, '_>) {
    report.section("configuration");
    report.add(Finding::good("file", path.display().to_string()));
    for warning in loaded
        .warnings
        .iter()
        .filter(|warning| !is_of_the_listener(warning.code))
    {
        let seen = format!("{}: {} ({})", warning.code, warning.problem, warning.key);
        report.add(Finding::warning("file", seen, warning.help.clone()));
    }
}

/// What [`listener::examine`] says with its own sign.
fn is_of_the_listener(code: Code) -> bool {
    matches!(code, Code::CertificateValidity | Code::CertificateNames)
}

/// What is looked at, and with what.
struct Visit<'a> {
    config: &'a Config,
    /// To providers.
    outbound: &'a BackChannel,
    /// To applications.
    straight: &'a BackChannel,
    clock: Arc<dyn Clock>,
}

impl Visit<'_> {
    async fn everything(&self, only: Option<&str>, report: &mut Report<'_, '_>) {
        for settings in &self.config.providers {
            if only.is_some_and(|only| only != settings.entry.as_str()) {
                continue;
            }
            let patient = Patient {
                settings,
                registration: self.config.registration(&settings.entry),
                config: self.config,
                back_channel: self.outbound,
                straight: self.straight,
            };
            provider::examine(&patient, self.clock.as_ref(), report).await;
        }
        if only.is_some() {
            return;
        }
        report.section(format_args!("listener: {}", self.config.public_url));
        report.extend(listener::examine(self.config, self.clock.now()));
        report.section("session store");
        report.extend(store::examine(&self.config.session.store).await);
        for app in &self.config.apps {
            for server in app.upstreams() {
                report.section(format_args!("apps.{}: {}", app.name, server.address));
                report.extend(upstream::examine((app, server), self.straight, self.clock.now()).await);
            }
        }
    }
}
