//! What an operator may do about sessions without knowing whose they are: see when, where and how sure, and end them.
//!
//! Nothing is read that only the person's cookie opens.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::provider::entry_name::EntryName;
use crate::seal::Keyring;
use crate::session::end_error::EndError;
use crate::session::indexes;
use crate::session::key::Locator;
use crate::session::note::OperatorNote;
use crate::session::record;
use crate::session::store::Index;
use crate::session::store::SessionStore;
use crate::session::store::StoreError;
use crate::session::store::Stored;

/// How many values are fetched at once.
const AT_ONCE: usize = 100;

/// The sessions of all entries and hosts.
#[derive(Debug)]
pub struct Roster {
    store: Arc<dyn SessionStore>,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
}

/// One session, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub reference: Locator,
    /// What was noted at its login. `None` if the note does not open: it was sealed under a secret that is not listed, or is
    /// not ours; nobody can use such a session here.
    pub note: Option<OperatorNote>,
    /// When it ends if nothing more happens, from now.
    pub left: Duration,
}

/// What remains to be listed.
#[derive(Debug, Default)]
pub struct Walk {
    stands: Stands,
    waiting: Vec<Locator>,
    seen: HashSet<Locator>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stands {
    #[default]
    AtTheStart,
    At(u64),
    AtTheEnd,
}

impl Roster {
    /// The sessions in `store`.
    pub fn new(store: Arc<dyn SessionStore>, keyring: Keyring, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            keyring,
            clock,
        }
    }

    /// Some more sessions of a walk that begins with [`Walk::default`]; `None` at its end. Each comes once.
    pub async fn more(&self, walk: &mut Walk) -> Result<Option<Vec<Listed>>, StoreError> {
        while walk.waiting.is_empty() {
            let from = match walk.stands {
                Stands::AtTheStart => None,
                Stands::At(next) => Some(next),
                Stands::AtTheEnd => return Ok(None),
            };
            let page = self.store.page(from).await?;
            walk.stands = page.next.map_or(Stands::AtTheEnd, Stands::At);
            let new = page.locators.into_iter();
            let seen = &mut walk.seen;
            walk.waiting
                .extend(new.filter(|locator| seen.insert(locator.clone())));
        }
        let rest = walk.waiting.len().saturating_sub(AT_ONCE);
        let some = walk.waiting.split_off(rest);
        Ok(Some(self.look(&some).await?))
    }

    /// One session, if it lives.
    pub async fn show(&self, reference: &Locator) -> Result<Option<Listed>, StoreError> {
        let mut found = self.look(std::slice::from_ref(reference)).await?;
        Ok(found.pop())
    }

    /// Ends these sessions; says how many there were.
    pub async fn end(&self, references: &[Locator]) -> Result<usize, StoreError> {
        let mut ended = 0;
        for some in references.chunks(AT_ONCE) {
            ended += self.store.delete(some).await?;
        }
        Ok(ended)
    }

    /// Ends every session at an entry, and every login there that is under way. Says how many.
    pub async fn end_entry(&self, entry: &EntryName) -> Result<usize, EndError> {
        let is_there = |listed: &Listed| listed.note.as_ref().is_some_and(|note| note.entry == *entry);
        self.end_where(&indexes::of_entry(&self.keyring, entry)?, is_there)
            .await
    }

    /// Ends every session under this prefix, and every login that is under way. Says how many.
    pub async fn end_everything(&self) -> Result<usize, EndError> {
        self.end_where(&indexes::of_everybody(&self.keyring)?, |_| true)
            .await
    }

    /// The mark first: a login that is written while we walk sees it.
    async fn end_where(&self, marks: &[Index], ends: impl Fn(&Listed) -> bool) -> Result<usize, EndError> {
        self.store.mark_ended(marks, self.clock.now()).await?;
        let (mut walk, mut ended) = (Walk::default(), 0);
        while let Some(listed) = self.more(&mut walk).await? {
            let listed = listed.into_iter().filter(|listed| ends(listed));
            let references: Vec<Locator> = listed.map(|listed| listed.reference).collect();
            if !references.is_empty() {
                ended += self.store.delete(&references).await?;
            }
        }
        Ok(ended)
    }

    async fn look(&self, references: &[Locator]) -> Result<Vec<Listed>, StoreError> {
        let found = self.store.get(references).await?;
        let listed = |(reference, stored): (&Locator, Option<Stored>)| {
            let stored = stored?;
            Some(Listed {
                note: self.note(reference, &stored.value),
                reference: reference.clone(),
                left: stored.left,
            })
        };
        Ok(references.iter().zip(found).filter_map(listed).collect())
    }

    fn note(&self, reference: &Locator, value: &[u8]) -> Option<OperatorNote> {
        let sealed = record::sealed_note(value).ok()?;
        OperatorNote::open(&self.keyring, self.store.prefix(), reference, sealed).ok()
    }
}
