//! The live sessions that a request opens with its cookies.

use crate::clock::Timestamp;
use crate::provider::entry_name::EntryName;
use crate::session::Sessions;
use crate::session::cookie;
use crate::session::key::Locator;
use crate::session::key::SessionKey;
use crate::session::record;
use crate::session::record::Place;
use crate::session::session::Session;
use crate::session::session::is_touch_due;
use crate::session::store::StoreError;
use crate::session::store::Stored;
use crate::session::terms::AdmittedRecord;
use crate::wire::cookies::Cookies;
use crate::wire::host::Host;

impl Sessions {
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
