//! One question and its answer.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedWriteHalf;

use crate::admin::control::Control;
use crate::admin::protocol::Ask;
use crate::admin::protocol::Note;
use crate::admin::protocol::Revocation;
use crate::admin::protocol::Say;
use crate::admin::protocol::SessionLine;
use crate::causes;
use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::session::key::Locator;
use crate::session::roster::Listed;
use crate::session::roster::Walk;
use crate::telemetry::audit::event::AuditEvent;
use crate::telemetry::audit::event::SignedOut;
use crate::telemetry::audit::event::Source;
use crate::wire::untrusted::Untrusted;

/// How long the one who asked may take to read a part of the answer.
const READ_WITHIN: Duration = Duration::from_secs(30);
/// Most sessions that are listed. More are not looked at one by one.
const MOST_LISTED: usize = 100_000;

/// Why something was not done, in the words of the answer.
struct Refusal(String);

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(causes::in_one_line(&error))
    }
}

/// The way back to the one who asked.
pub(super) struct Answer {
    to: OwnedWriteHalf,
}

impl Answer {
    /// Nothing is said yet.
    pub(super) fn to(to: OwnedWriteHalf) -> Self {
        Self { to }
    }

    /// Does what was asked, and says what came of it.
    pub(super) async fn give(&mut self, ask: Ask, gateway: &dyn Control) -> io::Result<()> {
        match ask {
            Ask::List { entry, host } => self.list(gateway, entry.as_deref(), host.as_deref()).await,
            Ask::Reload {} => {
                let last = match gateway.reload().await {
                    Ok(warnings) => Say::Reloaded { warnings },
                    Err(reason) => Say::Refused { reason },
                };
                self.say(&[last]).await
            }
            Ask::Show { reference } => match show(gateway, &reference).await {
                Ok(session) => self.say(&[session, Say::Done { count: 1 }]).await,
                Err(Refusal(reason)) => self.refuse(&reason).await,
            },
            Ask::Revoke(revocation) => match end(gateway, &revocation).await {
                Ok(count) => {
                    tracing::info!(by = revocation.by(), count, "sessions were ended by the operator");
                    self.say(&[Say::Done { count }]).await
                }
                Err(Refusal(reason)) => {
                    let by = revocation.by();
                    tracing::warn!(by, reason, "sessions could not be ended by the operator");
                    self.refuse(&reason).await
                }
            },
        }
    }

    /// The last line, where nothing could be done.
    pub(super) async fn refuse(&mut self, reason: &str) -> io::Result<()> {
        let reason = reason.to_owned();
        self.say(&[Say::Refused { reason }]).await
    }

    async fn list(
        &mut self,
        gateway: &dyn Control,
        entry: Option<&str>,
        host: Option<&str>,
    ) -> io::Result<()> {
        let roster = gateway.roster();
        let (mut walk, mut count) = (Walk::default(), 0);
        let is_wanted = |listed: &Listed| match &listed.note {
            Some(note) => {
                entry.is_none_or(|entry| note.entry.as_str() == entry)
                    && host.is_none_or(|host| note.host == host)
            }
            None => entry.is_none() && host.is_none(),
        };
        loop {
            let listed = match roster.more(&mut walk).await {
                Ok(Some(listed)) => listed,
                Ok(None) if count == 0 => return self.nobody(gateway, entry, host).await,
                Ok(None) => return self.say(&[Say::Done { count }]).await,
                Err(error) => return self.refuse(&Refusal::from(error).0).await,
            };
            let lines: Vec<Say> = listed.iter().filter(|one| is_wanted(one)).map(line).collect();
            count += lines.len();
            self.say(&lines).await?;
            if count >= MOST_LISTED {
                return self
                    .refuse("there are more sessions than are listed; name an entry or a host")
                    .await;
            }
        }
    }

    /// None is nothing to be calm about where what was named does not exist. What existed before may still have sessions.
    async fn nobody(
        &mut self,
        gateway: &dyn Control,
        entry: Option<&str>,
        host: Option<&str>,
    ) -> io::Result<()> {
        let unknown = match (entry.map(entry_name), host) {
            (Some(Err(Refusal(none))), _) => none,
            (Some(Ok(entry)), _) if gateway.issuer_of(&entry).is_none() => no_entry(&entry),
            (_, Some(host)) if !gateway.serves(host) => {
                let host = Untrusted::new(host);
                format!(
                    "no application is at `{host}` in the configuration in force, and no session is either"
                )
            }
            _ => return self.say(&[Say::Done { count: 0 }]).await,
        };
        self.refuse(&unknown).await
    }

    async fn say(&mut self, lines: &[Say]) -> io::Result<()> {
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        tokio::time::timeout(READ_WITHIN, self.to.write_all(&text)).await?
    }
}

async fn show(gateway: &dyn Control, reference: &str) -> Result<Say, Refusal> {
    let found = gateway.roster().show(&locator(reference)?).await?;
    found.as_ref().map(line).ok_or_else(|| {
        Refusal(format!(
            "there is no session `{reference}`: it has ended, or never was"
        ))
    })
}

/// The sessions that an operator wants to end.
enum Chosen {
    References(Vec<Locator>),
    Person(EntryName, Subject),
    Entry(EntryName),
    All,
}

/// Ends what was asked for, and tells it: also where the store fails on the way, since some sessions may have ended then.
async fn end(gateway: &dyn Control, which: &Revocation) -> Result<usize, Refusal> {
    let chosen = choose(gateway, which)?;
    let ended = end_chosen(gateway, &chosen).await;
    let (mut provider, mut session, mut tag) = (None, None, None);
    match &chosen {
        Chosen::References(references) => {
            if let [only] = references.as_slice() {
                session = Some(only.to_string());
            }
        }
        Chosen::Person(entry, subject) => {
            tag = gateway.sessions().audit_tag(entry, subject);
            provider = Some(entry);
        }
        Chosen::Entry(entry) => provider = Some(entry),
        Chosen::All => {}
    }
    let telemetry = gateway.telemetry();
    let event = AuditEvent::Revoked {
        by: which.by(),
        provider: provider.map(EntryName::as_str),
        session: session.as_deref(),
        subject: tag.as_ref(),
        count: ended.as_ref().ok().copied(),
    };
    telemetry.audit(&Source::Operator, &event);
    let count = ended?;
    telemetry
        .metrics
        .logouts("operator", SignedOut::HereOnly.word(), count);
    match chosen {
        Chosen::Entry(entry) if count == 0 && gateway.issuer_of(&entry).is_none() => {
            Err(Refusal(no_entry(&entry)))
        }
        _ => Ok(count),
    }
}

fn no_entry(entry: &EntryName) -> String {
    format!("there is no provider entry `{entry}` in the configuration in force, and no session of one")
}

/// A provider entry of the configuration in force, with its issuer.
fn of_entry(gateway: &dyn Control, entry: &str) -> Result<(EntryName, String), Refusal> {
    let entry = entry_name(entry)?;
    let issuer = gateway.issuer_of(&entry).ok_or_else(|| {
        Refusal(format!(
            "there is no provider entry `{entry}` in the configuration in force"
        ))
    })?;
    Ok((entry, issuer))
}

/// Nothing is done yet: what is refused here is no event.
fn choose(gateway: &dyn Control, which: &Revocation) -> Result<Chosen, Refusal> {
    Ok(match which {
        Revocation::Reference { references } => {
            let references = references.iter().map(|reference| locator(reference));
            Chosen::References(references.collect::<Result<_, _>>()?)
        }
        Revocation::Subject { entry, sub } => {
            let (entry, issuer) = of_entry(gateway, entry)?;
            let sub = sub.clone();
            Chosen::Person(entry, Subject { issuer, sub })
        }
        Revocation::Provider { entry } => Chosen::Entry(entry_name(entry)?),
        Revocation::All {} => Chosen::All,
    })
}

async fn end_chosen(gateway: &dyn Control, chosen: &Chosen) -> Result<usize, Refusal> {
    let roster = gateway.roster();
    Ok(match chosen {
        Chosen::References(references) => roster.end(references).await?,
        Chosen::Person(entry, subject) => gateway.sessions().end_by_subject(entry, subject).await?,
        Chosen::Entry(entry) => roster.end_entry(entry).await?,
        Chosen::All => roster.end_everything().await?,
    })
}

fn line(listed: &Listed) -> Say {
    let note = listed.note.as_ref().map(|note| Note {
        logged_in_at: note.logged_in_at,
        entry: note.entry.as_str().to_owned(),
        acr: note.acr.clone(),
        host: note.host.clone(),
    });
    Say::Session(SessionLine {
        reference: listed.reference.to_string(),
        note,
        lapses_in_seconds: listed.left.as_secs(),
    })
}

fn locator(reference: &str) -> Result<Locator, Refusal> {
    Locator::parse(reference).ok_or_else(|| {
        Refusal(
            "a reference has 43 characters, as `guichet sessions list` shows them; nothing was done"
                .to_owned(),
        )
    })
}

fn entry_name(entry: &str) -> Result<EntryName, Refusal> {
    EntryName::parse(entry)
        .ok_or_else(|| Refusal("that is not the name of a provider entry; nothing was done".to_owned()))
}

#[cfg(test)]
mod tests;
