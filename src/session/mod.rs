//! Who is logged in: finds the live sessions of a request, makes one after a login, ends them.
//!
//! No session is kept in the process: one that ended is refused everywhere at once. A value is written once and never
//! again, so nothing that comes late can bring an ended session back.

pub mod conformance;
pub mod cookie;
mod end;
pub mod end_error;
mod establish;
pub mod establish_error;
pub mod finding;
pub mod indexes;
pub mod kept_token;
pub mod key;
mod look_up;
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
use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::seal::Keyring;
use crate::seal::Tag;
use crate::seal::purpose::Purpose;
use crate::session::key::Locator;
use crate::session::session::Lifetimes;
use crate::session::store::SessionStore;
use crate::session::store::StoreError;
use crate::session::terms::EntryTerms;
use crate::wire::cookies::CookieScheme;
use crate::wire::cookies::Cookies;
use crate::wire::cookies::SetCookie;

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
}

#[cfg(test)]
mod tests;
