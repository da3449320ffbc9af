//! The ends of sessions: of one, or of all that a provider names.

use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::session::Sessions;
use crate::session::end_error::EndError;
use crate::session::indexes;
use crate::session::session::Session;
use crate::session::store::Index;
use crate::session::store::StoreError;

impl Sessions {
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

    async fn end_listed(&self, indexes: &[Index]) -> Result<usize, EndError> {
        self.store.mark_ended(indexes, self.clock.now()).await?;
        let listed = self.store.listed(indexes).await?;
        if listed.is_empty() {
            return Ok(0);
        }
        Ok(self.store.delete(&listed).await?)
    }
}
