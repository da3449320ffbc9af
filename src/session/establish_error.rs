//! Why a login became no session.

use crate::seal::RandomError;
use crate::seal::SealError;
use crate::session::record::RecordError;
use crate::session::store::StoreError;

/// Why a login became no session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EstablishError {
    /// The store failed. The session, if it was written, has no cookie.
    #[error("the session could not be stored")]
    Store(#[from] StoreError),
    /// The subject's sessions were ended while this login was under way.
    #[error("the sessions of this subject were ended during the login")]
    EndedMeanwhile,
    /// The system gave no random bytes.
    #[error("no session key could be made")]
    Random(#[from] RandomError),
    /// The record could not be sealed.
    #[error("the session could not be sealed")]
    Record(#[from] RecordError),
}

impl From<SealError> for EstablishError {
    fn from(cause: SealError) -> Self {
        Self::Record(RecordError::Seal(cause))
    }
}
