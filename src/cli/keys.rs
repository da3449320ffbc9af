//! `guichet keys`: the keys that sign assertions, and our own keys at a provider.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use crate::causes;
use crate::cli::exit::Exit;
use crate::cli::streams::Streams;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::config;
use crate::config::glance::Glance;
use crate::identity_headers::key_pace::PACE;
use crate::key_folder::files;
use crate::key_folder::held;
use crate::key_folder::rotation;
use crate::key_folder::rotation::Pace;
use crate::key_folder::rotation::RotationError;
use crate::key_folder::rotation::Step;
use crate::oidc::client_keys;

/// What to do with them.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make the first key, in `keys_dir`, readable by this user only, and print its name (`kid`)
    Generate(Which),
    /// Print each key: its name, what it is for, since when, its file
    List(Which),
    /// Do the next step of a rotation: publish a next key, let it be used, remove the previous one; refuses a step that is too
    /// early
    Rotate {
        /// After a leak: replace every key by a new one at once; what the old ones signed is soon refused
        #[arg(long)]
        now: bool,
        /// Which keys
        #[command(flatten)]
        which: Which,
    },
}

/// Which keys are meant.
#[derive(Debug, Args)]
pub struct Which {
    /// Our own keys at this provider entry, with which it encrypts for us, instead of those that sign assertions
    #[arg(long, value_name = "ENTRY")]
    provider: Option<String>,
    /// The folder, instead of the one that the configuration names
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// Keys in their folder.
struct Keys<'a> {
    folder: PathBuf,
    pace: Pace,
    /// The entry whose they are; absent, they sign assertions.
    provider: Option<&'a str>,
}

/// Does it.
pub fn keys(config: &Path, command: &KeysCommand, streams: &mut Streams<'_>) -> Exit {
    let (KeysCommand::Generate(which) | KeysCommand::List(which) | KeysCommand::Rotate { which, .. }) =
        command;
    let keys = match Keys::meant(config, which, streams) {
        Ok(keys) => keys,
        Err(exit) => return exit,
    };
    let now = SystemClock.now();
    match command {
        KeysCommand::Generate(_) => match files::generate(&keys.folder, keys.pace.key_type) {
            Ok(kid) => {
                streams.say_line(kid);
                Exit::Ok
            }
            Err(error) => failed(&error, None, streams),
        },
        KeysCommand::List(_) => keys.list(streams),
        KeysCommand::Rotate { now: true, .. } => {
            let replaced = rotation::replace(&keys.folder, keys.pace.key_type, now);
            keys.tell(replaced.map_err(RotationError::from), streams)
        }
        KeysCommand::Rotate { now: false, .. } => {
            keys.tell(rotation::rotate(&keys.folder, keys.pace, now), streams)
        }
    }
}

impl<'a> Keys<'a> {
    fn meant(config: &Path, which: &'a Which, streams: &mut Streams<'_>) -> Result<Self, Exit> {
        match (&which.provider, &which.dir) {
            (None, Some(folder)) => Ok(Self::of_assertions(folder.clone())),
            (None, None) => {
                let folder = glance(config, streams)?.keys_dir;
                folder.map(Self::of_assertions).ok_or_else(|| {
                    no_folder(
                        config,
                        "write keys_dir = \"..\" in [assertion], or say --dir FOLDER",
                        streams,
                    )
                })
            }
            (Some(entry), dir) => {
                let mut glance = glance(config, streams)?;
                let Some(known) = glance.providers.remove(entry) else {
                    streams.say_error(format_args!("no provider entry is called `{entry}`"));
                    return Err(Exit::Usage);
                };
                let Some(alg) = known.encryption_alg else {
                    streams.say_error_with_help(
                        format_args!(
                            "the provider of `{entry}` encrypts nothing for us, so there are no keys"
                        ),
                        "if it does, say how it was registered: `encryption_alg` of the entry",
                    );
                    return Err(Exit::InvalidConfiguration);
                };
                let folder = dir.clone().or(known.keys_dir).ok_or_else(|| {
                    let help = format!("write keys_dir = \"..\" in [providers.{entry}], or say --dir FOLDER");
                    no_folder(config, &help, streams)
                })?;
                Ok(Self {
                    folder: client_keys::decryption_folder(&folder),
                    pace: client_keys::decryption_pace(alg),
                    provider: Some(entry),
                })
            }
        }
    }

    fn of_assertions(folder: PathBuf) -> Self {
        Self {
            folder,
            pace: PACE,
            provider: None,
        }
    }

    /// A command about these keys, as it is typed.
    fn command(&self, command: &str) -> String {
        let entry = self.provider.map(|entry| format!(" --provider {entry}"));
        format!("guichet keys {command}{}", entry.unwrap_or_default())
    }

    fn list(&self, streams: &mut Streams<'_>) -> Exit {
        match held::list(&self.folder, self.pace.key_type) {
            Ok(keys) if keys.is_empty() => {
                streams.say_error_with_help(
                    format_args!("there is no key in `{}`", self.folder.display()),
                    format_args!(
                        "{} makes the first one; is it this folder?",
                        self.command("generate")
                    ),
                );
                Exit::Failure
            }
            Ok(keys) => {
                for key in keys {
                    streams.say_line(format_args!(
                        "{}  {:8}  {}  {}",
                        key.kid,
                        key.role.as_str(),
                        key.since,
                        key.file.display()
                    ));
                }
                Exit::Ok
            }
            Err(error) => failed(&error, None, streams),
        }
    }

    /// What was done, and what comes next.
    fn tell(&self, done: Result<Step, RotationError>, streams: &mut Streams<'_>) -> Exit {
        let rotate = self.command("rotate");
        let step = match done {
            Ok(step) => step,
            Err(error) => {
                let help = match &error {
                    RotationError::NextTooYoung { until } | RotationError::PreviousNeeded { until } => Some(
                        format!("do this step at {until} or later; after a leak: {rotate} --now"),
                    ),
                    _ => None,
                };
                return failed(&error, help.as_deref(), streams);
            }
        };
        match step {
            Step::Published { kid, used_from } => streams.say_line(format_args!(
                "{kid} is the next key\n1. now, for every process: guichet reload\n2. at {used_from} or later: {rotate}"
            )),
            Step::Promoted { kid, previous_until } => streams.say_line(format_args!(
                "{kid} is the current key\n1. now, for every process: guichet reload\n2. at {previous_until} or later: {rotate}"
            )),
            Step::Removed { kid } => streams.say_line(format_args!(
                "{kid} was the previous key and is removed\nnow, for every process: guichet reload"
            )),
            Step::Replaced { kid } => {
                let meanwhile = match self.provider {
                    None => "applications that keep the published keys may refuse requests for five minutes",
                    Some(_) => "logins fail until the provider has fetched the published keys again",
                };
                streams.say_line(format_args!(
                    "{kid} is the only key\nnow, for every process: guichet reload\n{meanwhile}"
                ));
            }
        }
        Exit::Ok
    }
}

fn failed(error: &dyn std::error::Error, help: Option<&str>, streams: &mut Streams<'_>) -> Exit {
    let problem = causes::in_lines(error);
    match help {
        Some(help) => streams.say_error_with_help(problem, help),
        None => streams.say_error(problem),
    }
    Exit::Failure
}

fn glance(config: &Path, streams: &mut Streams<'_>) -> Result<Glance, Exit> {
    config::glance(config).map_err(|errors| streams.say_unusable(&errors))
}

fn no_folder(config: &Path, help: &str, streams: &mut Streams<'_>) -> Exit {
    streams.say_error_with_help(
        format_args!("`{}` names no folder for keys", config.display()),
        help,
    );
    Exit::InvalidConfiguration
}
