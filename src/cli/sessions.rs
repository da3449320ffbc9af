//! `guichet sessions`: who is logged in, as far as an operator may know, and the end of it. Never a claim, never a name.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use clap::Subcommand;

use crate::admin::protocol;
use crate::admin::protocol::Ask;
use crate::admin::protocol::Say;
use crate::admin::protocol::SessionLine;
use crate::cli::exit::Exit;
use crate::cli::operator;
use crate::cli::streams::Streams;

/// What clap makes of the rules below offers `--sub` alone.
const REVOKE: &str =
    "guichet sessions revoke <REFERENCE>...\n       guichet sessions revoke --entry <ENTRY> [--sub <SUB>]";

/// What to do about sessions.
#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// List the live sessions, the oldest login first: when, at which entry, at which level, at which host
    List {
        /// Those of this provider entry
        #[arg(long, value_name = "ENTRY")]
        entry: Option<String>,
        /// Those of this host
        #[arg(long, value_name = "HOST")]
        host: Option<String>,
        /// How it is written down
        #[command(flatten)]
        form: FormArgument,
    },
    /// Show one session
    Show {
        /// Its reference, as `list` shows it
        #[arg(allow_hyphen_values = true)]
        reference: String,
        /// How it is written down
        #[command(flatten)]
        form: FormArgument,
    },
    /// End sessions: those with these references, those of a person, or those of a provider entry
    #[command(override_usage = REVOKE)]
    Revoke(Revocation),
    /// End every session, and every login that is under way
    RevokeAll {
        /// Mean it
        #[arg(long)]
        yes: bool,
    },
}

/// Whose sessions end.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct Revocation {
    /// References, as `list` shows them
    #[arg(allow_hyphen_values = true, conflicts_with_all = ["sub", "entry"])]
    references: Vec<String>,
    /// The person's `sub` at the entry
    #[arg(long, value_name = "SUB", requires = "entry", allow_hyphen_values = true)]
    sub: Option<String>,
    /// The provider entry; without `--sub`, every session of it
    #[arg(long, value_name = "ENTRY")]
    entry: Option<String>,
}

/// Not the `sub`: it is somebody.
impl std::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revocation")
            .field("references", &self.references)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

/// How sessions are written down.
#[derive(Debug, Args)]
pub struct FormArgument {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl FormArgument {
    fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Human }
    }
}

/// Does it.
pub fn sessions(config: &Path, command: SessionsCommand, streams: &mut Streams<'_>) -> Exit {
    match command {
        SessionsCommand::List { entry, host, form } => {
            list(config, &Ask::List { entry, host }, form.form(), streams)
        }
        SessionsCommand::Show { reference, form } => {
            show(config, &Ask::Show { reference }, form.form(), streams)
        }
        SessionsCommand::Revoke(revocation) => revoke(config, revocation.chosen(), streams),
        SessionsCommand::RevokeAll { yes: true } => revoke(config, protocol::Revocation::All {}, streams),
        SessionsCommand::RevokeAll { yes: false } => {
            streams.say_error_with_help(
                "this logs everybody out, on every instance",
                "say `guichet sessions revoke-all --yes`",
            );
            Exit::Usage
        }
    }
}

impl Revocation {
    fn chosen(self) -> protocol::Revocation {
        match (self.entry, self.sub) {
            (Some(entry), Some(sub)) => protocol::Revocation::Subject { entry, sub },
            (Some(entry), None) => protocol::Revocation::Provider { entry },
            (None, _) => protocol::Revocation::Reference {
                references: self.references,
            },
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Human,
    Json,
}

/// The gateway tells them as it finds them, so they are put in order here.
fn list(config: &Path, question: &Ask, form: Form, streams: &mut Streams<'_>) -> Exit {
    let (mut lines, mut counted) = (Vec::new(), None);
    let exit = operator::ask(config, question, streams, |said, _| match said {
        Say::Session(line) => lines.push(line),
        Say::Done { count } => counted = Some(count),
        _ => {}
    });
    for line in &in_order(lines) {
        match form {
            Form::Json => say_json(line, streams),
            Form::Human => streams.say_line(format_args!("{}  {}", line.reference, in_words(line))),
        }
    }
    match (form, counted) {
        (Form::Human, Some(1)) => streams.say_line("1 session"),
        (Form::Human, Some(count)) => streams.say_line(format_args!("{count} sessions")),
        _ => {}
    }
    exit
}

/// The oldest login first; those whose note does not open last.
fn in_order(mut lines: Vec<SessionLine>) -> Vec<SessionLine> {
    lines.sort_by_cached_key(|line| {
        let login = line.note.as_ref().map(|note| note.logged_in_at);
        (login.is_none(), login, line.reference.clone())
    });
    lines
}

fn show(config: &Path, question: &Ask, form: Form, streams: &mut Streams<'_>) -> Exit {
    operator::ask(config, question, streams, |said, streams| match said {
        Say::Session(line) if form == Form::Json => say_json(&line, streams),
        Say::Session(line) => {
            streams.say_line(format_args!("reference  {}", line.reference));
            if let Some(note) = &line.note {
                streams.say_line(format_args!("login      {}", note.logged_in_at));
                streams.say_line(format_args!("entry      {}", note.entry));
                streams.say_line(format_args!("level      {}", note.acr));
                streams.say_line(format_args!("host       {}", note.host));
            } else {
                streams.say_line(format_args!("login      {UNREADABLE}"));
            }
            streams.say_line(format_args!("lapses in  {}", lapse(line.lapses_in_seconds)));
        }
        _ => {}
    })
}

fn revoke(config: &Path, which: protocol::Revocation, streams: &mut Streams<'_>) -> Exit {
    operator::ask(config, &Ask::Revoke(which), streams, |said, streams| match said {
        Say::Done { count: 0 } => streams.say_line("no session ended: there was none"),
        Say::Done { count: 1 } => streams.say_line("1 session ended"),
        Say::Done { count } => streams.say_line(format_args!("{count} sessions ended")),
        _ => {}
    })
}

const UNREADABLE: &str = "unknown: its note does not open under any secret of session.secret";

fn in_words(line: &SessionLine) -> String {
    let lapses = lapse(line.lapses_in_seconds);
    match &line.note {
        Some(note) => format!(
            "{}  {}  {}  {}  lapses in {lapses}",
            note.logged_in_at, note.entry, note.acr, note.host
        ),
        None => format!("{UNREADABLE}; lapses in {lapses}"),
    }
}

fn lapse(seconds: u64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(seconds))
}

fn say_json(line: &SessionLine, streams: &mut Streams<'_>) {
    match serde_json::to_string(line) {
        Ok(text) => streams.say_line(text),
        Err(error) => streams.say_error(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::protocol::Note;
    use crate::clock::Timestamp;

    #[test]
    fn sessions_are_listed_by_login_and_those_without_one_come_last() {
        let line = |reference: &str, at: Option<i64>| SessionLine {
            reference: reference.to_owned(),
            note: at.map(|at| Note {
                logged_in_at: Timestamp::from_unix(at),
                entry: "fc".to_owned(),
                acr: "eidas1".to_owned(),
                host: "a.example".to_owned(),
            }),
            lapses_in_seconds: 60,
        };
        let lines = vec![
            line("n", None),
            line("b", Some(2)),
            line("c", Some(1)),
            line("a", Some(2)),
        ];
        let order: String = in_order(lines).into_iter().map(|line| line.reference).collect();
        assert_eq!(order, "cabn");
    }
}
