//! One question and its answer.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedWriteHalf;

use crate::admin::office::Office;
use crate::admin::protocol::Ask;
use crate::admin::protocol::Note;
use crate::admin::protocol::Say;
use crate::admin::protocol::SessionLine;
use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::session::key::Locator;
use crate::session::roster::Listed;
use crate::session::roster::Walk;
use crate::telemetry::audit::AuditEvent;
use crate::telemetry::audit::Source;

/// How long the one who asked may take to read a part of the answer.
const READ_WITHIN: Duration = Duration::from_secs(30);
/// Most sessions that are listed. More are not looked at one by one.
const MOST_LISTED: usize = 100_000;

/// Why something was not done, in the words of the answer.
struct Refusal(String);

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        let mut reason = error.to_string();
        let mut cause = error.source();
        while let Some(why) = cause {
            reason.push_str(": ");
            reason.push_str(&why.to_string());
            cause = why.source();
        }
        Self(reason)
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
    pub(super) async fn give(&mut self, ask: Ask, office: &dyn Office) -> io::Result<()> {
        match ask {
            Ask::List { entry, host } => self.list(office, entry.as_deref(), host.as_deref()).await,
            Ask::Reload {} => {
                let last = match office.reload().await {
                    Ok(warnings) => Say::Reloaded { warnings },
                    Err(reason) => Say::Refused { reason },
                };
                self.say(&[last]).await
            }
            Ask::Show { reference } => match show(office, &reference).await {
                Ok(session) => self.say(&[session, Say::Done { count: 1 }]).await,
                Err(Refusal(reason)) => self.refuse(&reason).await,
            },
            revocation => {
                let ended = end(office, &revocation).await;
                match ended {
                    Ok(count) => {
                        tracing::info!(how = ?revocation, count, "sessions were ended by the operator");
                        self.say(&[Say::Done { count }]).await
                    }
                    Err(Refusal(reason)) => {
                        tracing::warn!(how = ?revocation, reason, "sessions could not be ended by the operator");
                        self.refuse(&reason).await
                    }
                }
            }
        }
    }

    /// The last line, where nothing could be done.
    pub(super) async fn refuse(&mut self, reason: &str) -> io::Result<()> {
        let reason = reason.to_owned();
        self.say(&[Say::Refused { reason }]).await
    }

    async fn list(&mut self, office: &dyn Office, entry: Option<&str>, host: Option<&str>) -> io::Result<()> {
        let roster = office.roster();
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

    async fn say(&mut self, lines: &[Say]) -> io::Result<()> {
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        tokio::time::timeout(READ_WITHIN, self.to.write_all(&text)).await?
    }
}

async fn show(office: &dyn Office, reference: &str) -> Result<Say, Refusal> {
    let found = office.roster().show(&locator(reference)?).await?;
    found.as_ref().map(line).ok_or_else(|| {
        Refusal(format!(
            "there is no session `{reference}`: it has ended, or never was"
        ))
    })
}

/// Ends what was asked for, and tells it.
async fn end(office: &dyn Office, how: &Ask) -> Result<usize, Refusal> {
    let count = end_chosen(office, how).await?;
    let (mut provider, mut tag) = (None, None);
    let by = match how {
        Ask::Revoke { .. } => "reference",
        Ask::RevokeSubject { entry, sub } => {
            let (entry, issuer) = of_entry(office, entry)?;
            let sub = sub.clone();
            tag = office.sessions().audit_tag(&entry, &Subject { issuer, sub });
            provider = Some(entry);
            "subject"
        }
        Ask::RevokeEntry { entry } => {
            provider = Some(entry_name(entry)?);
            "provider"
        }
        Ask::RevokeAll {} => "all",
        Ask::List { .. } | Ask::Show { .. } | Ask::Reload {} => return Ok(count),
    };
    let session = match how {
        Ask::Revoke { references } => match references.as_slice() {
            [only] => Some(only.as_str()),
            _ => None,
        },
        _ => None,
    };
    let telemetry = office.telemetry();
    let event = AuditEvent::Revoked {
        by,
        provider: provider.as_ref().map(EntryName::as_str),
        session,
        subject: tag.as_ref(),
        count,
    };
    telemetry.audit(&Source::Operator, &event);
    telemetry.metrics.logout("operator", "partial");
    Ok(count)
}

/// A provider entry of the configuration in force, with its issuer.
fn of_entry(office: &dyn Office, entry: &str) -> Result<(EntryName, String), Refusal> {
    let entry = entry_name(entry)?;
    let issuer = office.issuer_of(&entry).ok_or_else(|| {
        Refusal(format!(
            "there is no provider entry `{entry}` in the configuration in force"
        ))
    })?;
    Ok((entry, issuer))
}

async fn end_chosen(office: &dyn Office, how: &Ask) -> Result<usize, Refusal> {
    let roster = office.roster();
    match how {
        Ask::Revoke { references } => {
            let references = references.iter().map(|reference| locator(reference));
            let references: Vec<Locator> = references.collect::<Result<_, _>>()?;
            Ok(roster.end(&references).await?)
        }
        Ask::RevokeSubject { entry, sub } => {
            let (entry, issuer) = of_entry(office, entry)?;
            let subject = Subject {
                issuer,
                sub: sub.clone(),
            };
            Ok(office.sessions().end_by_subject(&entry, &subject).await?)
        }
        Ask::RevokeEntry { entry } => Ok(roster.end_entry(&entry_name(entry)?).await?),
        Ask::RevokeAll {} => Ok(roster.end_everything().await?),
        Ask::List { .. } | Ask::Show { .. } | Ask::Reload {} => Ok(0),
    }
}

fn line(listed: &Listed) -> Say {
    let note = listed.note.as_ref().map(|note| Note {
        logged_in_at: note.logged_in_at.as_unix(),
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
