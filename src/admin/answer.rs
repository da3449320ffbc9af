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
use crate::causes;
use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::session::key::Locator;
use crate::session::roster::Listed;
use crate::session::roster::Walk;
use crate::telemetry::audit::event::AuditEvent;
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
                Ok(None) if count == 0 => return self.nobody(office, entry, host).await,
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
        office: &dyn Office,
        entry: Option<&str>,
        host: Option<&str>,
    ) -> io::Result<()> {
        let unknown = match (entry.map(entry_name), host) {
            (Some(Err(Refusal(none))), _) => none,
            (Some(Ok(entry)), _) if office.issuer_of(&entry).is_none() => no_entry(&entry),
            (_, Some(host)) if !office.serves(host) => {
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

async fn show(office: &dyn Office, reference: &str) -> Result<Say, Refusal> {
    let found = office.roster().show(&locator(reference)?).await?;
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
async fn end(office: &dyn Office, how: &Ask) -> Result<usize, Refusal> {
    let Some(chosen) = choose(office, how)? else {
        return Ok(0);
    };
    let ended = end_chosen(office, &chosen).await;
    let (mut provider, mut session, mut tag) = (None, None, None);
    let by = match &chosen {
        Chosen::References(references) => {
            if let [only] = references.as_slice() {
                session = Some(only.to_string());
            }
            "reference"
        }
        Chosen::Person(entry, subject) => {
            tag = office.sessions().audit_tag(entry, subject);
            provider = Some(entry);
            "subject"
        }
        Chosen::Entry(entry) => {
            provider = Some(entry);
            "provider"
        }
        Chosen::All => "all",
    };
    let telemetry = office.telemetry();
    let event = AuditEvent::Revoked {
        by,
        provider: provider.map(EntryName::as_str),
        session: session.as_deref(),
        subject: tag.as_ref(),
        count: ended.as_ref().ok().copied(),
    };
    telemetry.audit(&Source::Operator, &event);
    let count = ended?;
    telemetry.metrics.logouts("operator", "partial", count);
    match chosen {
        Chosen::Entry(entry) if count == 0 && office.issuer_of(&entry).is_none() => {
            Err(Refusal(no_entry(&entry)))
        }
        _ => Ok(count),
    }
}

fn no_entry(entry: &EntryName) -> String {
    format!("there is no provider entry `{entry}` in the configuration in force, and no session of one")
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

/// Nothing is done yet: what is refused here is no event.
fn choose(office: &dyn Office, how: &Ask) -> Result<Option<Chosen>, Refusal> {
    Ok(Some(match how {
        Ask::Revoke { references } => {
            let references = references.iter().map(|reference| locator(reference));
            Chosen::References(references.collect::<Result<_, _>>()?)
        }
        Ask::RevokeSubject { entry, sub } => {
            let (entry, issuer) = of_entry(office, entry)?;
            let sub = sub.clone();
            Chosen::Person(entry, Subject { issuer, sub })
        }
        Ask::RevokeEntry { entry } => Chosen::Entry(entry_name(entry)?),
        Ask::RevokeAll {} => Chosen::All,
        Ask::List { .. } | Ask::Show { .. } | Ask::Reload {} => return Ok(None),
    }))
}

async fn end_chosen(office: &dyn Office, chosen: &Chosen) -> Result<usize, Refusal> {
    let roster = office.roster();
    Ok(match chosen {
        Chosen::References(references) => roster.end(references).await?,
        Chosen::Person(entry, subject) => office.sessions().end_by_subject(entry, subject).await?,
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
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::*;
    use crate::admin::office::Reloading;
    use crate::clock::SystemClock;
    use crate::clock::Timestamp;
    use crate::seal::Keyring;
    use crate::secret::Secret;
    use crate::session::Sessions;
    use crate::session::roster::Roster;
    use crate::session::store::Index;
    use crate::session::store::Page;
    use crate::session::store::Reply;
    use crate::session::store::SessionStore;
    use crate::session::store::StoreError;
    use crate::session::store::Stored;
    use crate::session::store::Term;
    use crate::telemetry::audit::stream::Audit;
    use crate::telemetry::telemetry::Telemetry;

    /// One session on the first page; then no answer any more.
    #[derive(Debug, Default)]
    struct AwayHalfway {
        deleted: Mutex<usize>,
    }

    fn says<T: Send + 'static>(answer: Result<T, StoreError>) -> Reply<'static, T> {
        Box::pin(std::future::ready(answer))
    }

    impl SessionStore for AwayHalfway {
        fn prefix(&self) -> &'static str {
            ""
        }

        fn get<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, Vec<Option<Stored>>> {
            let stored = Stored {
                value: Vec::new(),
                left: Duration::from_mins(1),
            };
            says(Ok(vec![Some(stored); locators.len()]))
        }

        fn put<'a>(&'a self, _: &'a Locator, _: Vec<u8>, _: Duration) -> Reply<'a, ()> {
            says(Err(StoreError::Timeout))
        }

        fn touch(&self, _: &Locator, _: Duration) {}

        fn delete<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, usize> {
            *self.deleted.lock().unwrap() += locators.len();
            says(Ok(locators.len()))
        }

        fn list<'a>(&'a self, _: &'a Index, _: &'a Locator, _: Term) -> Reply<'a, ()> {
            says(Err(StoreError::Timeout))
        }

        fn listed<'a>(&'a self, _: &'a [Index]) -> Reply<'a, Vec<Locator>> {
            says(Err(StoreError::Timeout))
        }

        fn mark_ended<'a>(&'a self, _: &'a [Index], _: Timestamp) -> Reply<'a, ()> {
            says(Ok(()))
        }

        fn last_ended<'a>(&'a self, _: &'a [Index]) -> Reply<'a, Option<Timestamp>> {
            says(Ok(None))
        }

        fn page(&self, from: Option<u64>) -> Reply<'_, Page> {
            says(match from {
                None => Ok(Page {
                    locators: vec![Locator::parse(&"A".repeat(43)).unwrap()],
                    next: Some(1),
                }),
                Some(_) => Err(StoreError::Timeout),
            })
        }

        fn ping(&self) -> Reply<'_, ()> {
            says(Ok(()))
        }
    }

    struct Desk {
        telemetry: Telemetry,
        store: Arc<AwayHalfway>,
    }

    impl Office for Desk {
        fn telemetry(&self) -> &Telemetry {
            &self.telemetry
        }

        fn roster(&self) -> Arc<Roster> {
            let secret = Secret::new(b"the-session-secret-of-the-tests-0123456789abcdef".to_vec());
            let keyring = Keyring::new(&[secret]).unwrap();
            let store = Arc::clone(&self.store);
            Arc::new(Roster::new(store, keyring, Arc::new(SystemClock)))
        }

        fn sessions(&self) -> Arc<Sessions> {
            panic!("nobody is named")
        }

        fn issuer_of(&self, _: &EntryName) -> Option<String> {
            None
        }

        fn serves(&self, _: &str) -> bool {
            false
        }

        fn reload(&self) -> Reloading<'_> {
            Box::pin(std::future::ready(Ok(Vec::new())))
        }
    }

    #[tokio::test]
    async fn sessions_that_ended_before_the_store_failed_are_in_the_audit_stream() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.log");
        let desk = Desk {
            telemetry: Telemetry::new(Audit::to_file(file.clone()).unwrap(), None),
            store: Arc::default(),
        };
        assert!(end(&desk, &Ask::RevokeAll {}).await.is_err());
        assert_eq!(*desk.store.deleted.lock().unwrap(), 1);
        let unknown = Ask::RevokeEntry {
            entry: "FC!".to_owned(),
        };
        assert!(end(&desk, &unknown).await.is_err());
        desk.telemetry.end();
        let written = std::fs::read_to_string(file).unwrap();
        assert_eq!(written.lines().count(), 1, "{written}");
        let event: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(event["event.action"], "sessions_revoked");
        assert_eq!(event["event.outcome"], "failure");
        assert_eq!(event["labels"], serde_json::json!({ "by": "all" }));
    }
}
