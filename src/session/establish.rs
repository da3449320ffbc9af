//! The session of a login: listed, written, and then asked whether it was ended meanwhile ([`SessionStore::begin`]).
//!
//! [`SessionStore::begin`]: crate::session::store::SessionStore::begin

use crate::seal::SealError;
use crate::session::Sessions;
use crate::session::cookie;
use crate::session::establish_error::EstablishError;
use crate::session::indexes;
use crate::session::kept_token::KeptToken;
use crate::session::key::Locator;
use crate::session::key::SessionKey;
use crate::session::note::OperatorNote;
use crate::session::record;
use crate::session::record::Place;
use crate::session::record::Record;
use crate::session::session::NewSession;
use crate::session::store::Beginning;
use crate::session::store::Index;
use crate::session::store::Lifespan;
use crate::wire::cookies::SetCookie;

impl Sessions {
    /// Makes the session of a login, always with a new key, and ends those that it replaces.
    pub async fn establish(&self, new: NewSession) -> Result<SetCookie, EstablishError> {
        let key = SessionKey::generate()?;
        let locator = key.locator().ok_or(SealError::NotSealed)?;
        let now = self.clock.now();
        let ends_at = now.plus(self.lifetimes.absolute);
        let term = Lifespan { now, ends_at };
        let value = self.value(&new, &key, &locator, term)?;
        let beginning = Beginning {
            locator: &locator,
            value: &value,
            lives: self.lifetimes.wanted(now, ends_at),
            term,
            lists: &self.lists(&new)?,
            ended_under: &self.ended_under(&new)?,
        };
        let settled = self.settle(&new, beginning).await;
        // Nobody has the key; this only clears the list that an operator sees.
        if settled.is_err()
            && let Err(error) = self.store.delete(&[locator]).await
        {
            tracing::warn!(%error, "a session that nobody holds is left to its end");
        }
        settled.map(|()| cookie::set(self.cookies, &new.entry, &key))
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

    /// Writes the session. Was it ended before it began? If not, those that it replaces end.
    async fn settle(&self, new: &NewSession, beginning: Beginning<'_>) -> Result<(), EstablishError> {
        let ended = self.store.begin(beginning).await?;
        // Times have whole seconds. An end in the second of the claim may have come after it, so it counts.
        if ended.is_some_and(|at| at >= new.claimed_at) {
            return Err(EstablishError::EndedMeanwhile);
        }
        let replaced: Vec<Locator> = new.replaces.iter().map(|old| old.reference.clone()).collect();
        if !replaced.is_empty() {
            self.store.delete(&replaced).await?;
        }
        Ok(())
    }

    /// Under what a new session may have been ended before it began.
    fn ended_under(&self, new: &NewSession) -> Result<Vec<Index>, SealError> {
        let mut ends = indexes::of_subject(&self.keyring, &new.entry, &new.identity.subject)?;
        if let Some(provider_sid) = &new.provider_sid {
            ends.extend(indexes::of_sid(&self.keyring, &new.entry, provider_sid)?);
        }
        ends.extend(indexes::of_entry(&self.keyring, &new.entry)?);
        ends.extend(indexes::of_everybody(&self.keyring)?);
        Ok(ends)
    }

    /// The lists that a new session is put on.
    fn lists(&self, new: &NewSession) -> Result<Vec<Index>, SealError> {
        let mut current = indexes::of_subject(&self.keyring, &new.entry, &new.identity.subject)?;
        current.truncate(1);
        if let Some(provider_sid) = &new.provider_sid {
            let of_sid = indexes::of_sid(&self.keyring, &new.entry, provider_sid)?;
            current.extend(of_sid.into_iter().next());
        }
        Ok(current)
    }
}
