//! Who is logged in: finds the live sessions of a request, makes one after a login, ends them.
//!
//! No session is kept in the process: one that ended is refused everywhere at once. A value is written once and never
//! again, so nothing that comes late can bring an ended session back.

pub mod conformance;
pub mod cookie;
pub mod end_error;
pub mod establish_error;
pub mod finding;
pub mod indexes;
pub mod kept_token;
pub mod key;
pub mod memory;
pub mod metered;
pub mod note;
pub mod owner;
pub mod record;
pub mod redis;
pub mod roster;
#[expect(
    clippy::module_inception,
    reason = "the file is named after the type it holds"
)]
pub mod session;
pub mod store;
pub mod terms;
#[cfg(test)]
pub(crate) mod test_support;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::seal::Keyring;
use crate::seal::SealError;
use crate::seal::Tag;
use crate::seal::purpose::Purpose;
use crate::session::end_error::EndError;
use crate::session::establish_error::EstablishError;
use crate::session::kept_token::KeptToken;
use crate::session::key::Locator;
use crate::session::key::SessionKey;
use crate::session::note::OperatorNote;
use crate::session::record::Place;
use crate::session::record::Record;
use crate::session::session::Lifetimes;
use crate::session::session::NewSession;
use crate::session::session::Session;
use crate::session::session::is_touch_due;
use crate::session::store::Index;
use crate::session::store::Lifespan;
use crate::session::store::SessionStore;
use crate::session::store::StoreError;
use crate::session::store::Stored;
use crate::session::terms::AdmittedRecord;
use crate::session::terms::EntryTerms;
use crate::wire::cookies::CookieScheme;
use crate::wire::cookies::Cookies;
use crate::wire::cookies::SetCookie;
use crate::wire::host::Host;

/// What sessions are made with.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// The gateway's secrets.
    pub keyring: Keyring,
    /// How long sessions live.
    pub lifetimes: Lifetimes,
    /// The form of the cookies.
    pub cookies: CookieScheme,
    /// What each entry asks of a session.
    pub terms: BTreeMap<EntryName, EntryTerms>,
}

/// The sessions of all entries.
#[derive(Debug)]
pub struct Sessions {
    store: Arc<dyn SessionStore>,
    terms: BTreeMap<EntryName, EntryTerms>,
    keyring: Keyring,
    lifetimes: Lifetimes,
    cookies: CookieScheme,
    clock: Arc<dyn Clock>,
}

impl Sessions {
    /// The sessions in `store`.
    pub fn new(store: Arc<dyn SessionStore>, settings: SessionSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            terms: settings.terms,
            keyring: settings.keyring,
            lifetimes: settings.lifetimes,
            cookies: settings.cookies,
            clock,
        }
    }

    /// The live sessions that the cookies open at `host`, of these entries only; the most recent login first.
    ///
    /// One round trip whatever their number, none without a cookie of ours. What is found is prolonged when due.
    pub async fn load(
        &self,
        host: &Host,
        cookies: &Cookies,
        entries: &[EntryName],
    ) -> Result<Vec<Session>, StoreError> {
        let mut sessions = self.look(host, cookies, entries).await?;
        let now = self.clock.now();
        for session in &mut sessions {
            self.prolong(session, now);
        }
        Ok(sessions)
    }

    /// The same, and nothing is prolonged: to look is not activity.
    pub async fn look(
        &self,
        host: &Host,
        cookies: &Cookies,
        entries: &[EntryName],
    ) -> Result<Vec<Session>, StoreError> {
        let claims: Vec<Claimed<'_>> = entries
            .iter()
            .filter_map(|entry| Claimed::of(entry, cookie::read(self.cookies, cookies, entry)?))
            .collect();
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let locators: Vec<Locator> = claims.iter().map(|claimed| claimed.locator.clone()).collect();
        let found = self.store.get(&locators).await?;
        let now = self.clock.now();
        let mut sessions: Vec<Session> = claims
            .iter()
            .zip(found)
            .filter_map(|(claimed, stored)| self.revive(claimed, host, &stored?, now))
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.logged_in_at));
        Ok(sessions)
    }

    /// Makes the session of a login, always with a new key, and ends those that it replaces.
    ///
    /// First the lists, then the session, then the question whether the subject's sessions were ended meanwhile: whoever
    /// ends them writes that mark first and reads the lists after it, so one of the two sees the other.
    pub async fn establish(&self, new: NewSession) -> Result<SetCookie, EstablishError> {
        let key = SessionKey::generate()?;
        let locator = key.locator().ok_or(SealError::NotSealed)?;
        let now = self.clock.now();
        let ends_at = now.plus(self.lifetimes.absolute);
        let value = self.value(&new, &key, &locator, Lifespan { now, ends_at })?;
        for index in self.current_indexes(&new)? {
            self.store
                .list(&index, &locator, Lifespan { now, ends_at })
                .await?;
        }
        let lives = self.lifetimes.wanted(now, ends_at);
        self.store.put(&locator, value, lives).await?;
        let settled = self.settle(&new).await;
        if settled.is_err() {
            // Nobody has the key; this only clears the list that an operator sees.
            if let Err(error) = self.store.delete(&[locator]).await {
                tracing::warn!(%error, "a session that nobody holds is left to its end");
            }
        }
        settled.map(|()| cookie::set(self.cookies, &new.entry, &key))
    }

    /// Ends one session.
    pub async fn end(&self, session: &Session) -> Result<(), StoreError> {
        self.store
            .delete(std::slice::from_ref(&session.reference))
            .await
            .map(|_deleted| ())
    }

    /// Ends every session of the subject at the entry, and every login of theirs that is under way. Says how many.
    pub async fn end_by_subject(&self, entry: &EntryName, subject: &Subject) -> Result<usize, EndError> {
        self.end_listed(&indexes::of_subject(&self.keyring, entry, subject)?)
            .await
    }

    /// Ends every session of the provider's `sid` at the entry, and every login of theirs that is under way. Says how many.
    ///
    /// For a logout token, which may name a session and no person (OpenID Connect Back-Channel Logout 1.0, section 2.4).
    pub async fn end_by_sid(&self, entry: &EntryName, provider_sid: &str) -> Result<usize, EndError> {
        self.end_listed(&indexes::of_sid(&self.keyring, entry, provider_sid)?)
            .await
    }

    /// The sessions that the cookies claim, of these entries: their references. Whether there are any is not asked.
    pub fn claimed(&self, cookies: &Cookies, entries: &[EntryName]) -> Vec<(EntryName, Locator)> {
        let claimed = entries.iter().filter_map(|entry| {
            let key = cookie::read(self.cookies, cookies, entry)?;
            Some((entry.clone(), key.locator()?))
        });
        claimed.collect()
    }

    /// The reference of the session whose cookie this is.
    pub fn reference(&self, cookie: &SetCookie) -> Option<Locator> {
        cookie::key_of(cookie)?.locator()
    }

    /// The person in the audit stream: the same at every login at this entry, and nobody without the gateway's secret.
    pub fn audit_tag(&self, entry: &EntryName, subject: &Subject) -> Option<Tag> {
        let name = [
            entry.as_str().as_bytes(),
            subject.issuer.as_bytes(),
            subject.sub.as_bytes(),
        ];
        self.keyring.tag(Purpose::AuditTag, &name).ok()
    }

    /// Whether the store answers at all.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// Takes the entry's cookie from the browser.
    pub fn clear(&self, entry: &EntryName) -> SetCookie {
        cookie::clear(self.cookies, entry)
    }

    /// The session in a value of the store. None if the value is not what we wrote there, or the session is over.
    fn revive(&self, claimed: &Claimed<'_>, host: &Host, stored: &Stored, now: Timestamp) -> Option<Session> {
        let place = Place {
            prefix: self.store.prefix(),
            host,
            locator: &claimed.locator,
        };
        let record = match record::read(&self.keyring, &claimed.key, place, &stored.value) {
            Ok(record) if record.entry == *claimed.entry => record,
            Ok(_other_entry) => {
                tracing::warn!(reference = %claimed.locator, "a session came in the cookie of another entry");
                return None;
            }
            Err(error) => {
                tracing::warn!(reference = %claimed.locator, %error, "a session was not opened");
                return None;
            }
        };
        match self.terms.get(claimed.entry)?.admit(record) {
            Ok(admitted) => session_of(admitted, claimed, (host, stored, now)),
            Err(outdated) => {
                tracing::warn!(reference = %claimed.locator, reason = %outdated, "a session was made under other terms and was not opened");
                None
            }
        }
    }

    fn prolong(&self, session: &mut Session, now: Timestamp) {
        let wanted = self.lifetimes.wanted(now, session.ends_at);
        if is_touch_due(session.lapses_at.since(now), wanted) {
            self.store.touch(&session.reference, wanted);
            session.lapses_at = now.plus(wanted);
        }
    }

    /// The value that the store keeps.
    fn value(
        &self,
        new: &NewSession,
        key: &SessionKey,
        locator: &Locator,
        term: Lifespan,
    ) -> Result<Vec<u8>, EstablishError> {
        let prefix = self.store.prefix();
        let note = OperatorNote {
            logged_in_at: term.now,
            entry: new.entry.clone(),
            acr: new.authentication.acr.clone(),
            host: new.host.as_str().to_owned(),
        };
        let record = Record {
            entry: new.entry.clone(),
            identity: new.identity.clone(),
            authentication: new.authentication.clone(),
            logged_in_at: term.now,
            ends_at: term.ends_at,
            id_token: KeptToken::of(&new.id_token),
        };
        let place = Place {
            prefix,
            host: &new.host,
            locator,
        };
        let note = note.seal(&self.keyring, prefix, locator)?;
        Ok(record::write(&self.keyring, key, place, &record, &note)?)
    }

    /// What comes after the session was written: was it ended before it began? If not, those that it replaces end.
    async fn settle(&self, new: &NewSession) -> Result<(), EstablishError> {
        let mut ends = indexes::of_subject(&self.keyring, &new.entry, &new.identity.subject)?;
        if let Some(provider_sid) = &new.provider_sid {
            ends.extend(indexes::of_sid(&self.keyring, &new.entry, provider_sid)?);
        }
        ends.extend(indexes::of_entry(&self.keyring, &new.entry)?);
        ends.extend(indexes::of_everybody(&self.keyring)?);
        // Times have whole seconds. An end in the second of the claim may have come after it, so it counts.
        if self
            .store
            .last_ended(&ends)
            .await?
            .is_some_and(|at| at >= new.claimed_at)
        {
            return Err(EstablishError::EndedMeanwhile);
        }
        let replaced: Vec<Locator> = new.replaces.iter().map(|old| old.reference.clone()).collect();
        if !replaced.is_empty() {
            self.store.delete(&replaced).await?;
        }
        Ok(())
    }

    async fn end_listed(&self, indexes: &[Index]) -> Result<usize, EndError> {
        self.store.mark_ended(indexes, self.clock.now()).await?;
        let listed = self.store.listed(indexes).await?;
        if listed.is_empty() {
            return Ok(0);
        }
        Ok(self.store.delete(&listed).await?)
    }

    /// The lists that a new session is put on.
    fn current_indexes(&self, new: &NewSession) -> Result<Vec<Index>, SealError> {
        let mut current = indexes::of_subject(&self.keyring, &new.entry, &new.identity.subject)?;
        current.truncate(1);
        if let Some(provider_sid) = &new.provider_sid {
            let of_sid = indexes::of_sid(&self.keyring, &new.entry, provider_sid)?;
            current.extend(of_sid.into_iter().next());
        }
        Ok(current)
    }
}

/// What a cookie claims: nothing is known about it yet.
struct Claimed<'a> {
    entry: &'a EntryName,
    key: SessionKey,
    locator: Locator,
}

impl<'a> Claimed<'a> {
    fn of(entry: &'a EntryName, key: SessionKey) -> Option<Self> {
        let locator = key.locator()?;
        Some(Self { entry, key, locator })
    }
}

/// None if it is over.
fn session_of(
    admitted: AdmittedRecord,
    claimed: &Claimed<'_>,
    (host, stored, now): (&Host, &Stored, Timestamp),
) -> Option<Session> {
    let record = admitted.into_record();
    let left = stored.left.min(record.ends_at.since(now));
    (record.ends_at > now).then(|| Session {
        entry: record.entry,
        host: host.clone(),
        identity: record.identity,
        authentication: record.authentication,
        logged_in_at: record.logged_in_at,
        ends_at: record.ends_at,
        lapses_at: now.plus(left),
        id_token: record.id_token,
        reference: claimed.locator.clone(),
    })
}

#[cfg(test)]
mod tests;
