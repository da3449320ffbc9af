//! Why sessions were not ended, or not all of them.

use crate::seal::SealError;
use crate::session::store::StoreError;

/// Why the sessions of somebody were not ended, or not all of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndError {
    /// The store failed: some may live on.
    #[error("the sessions could not be ended")]
    Store(#[from] StoreError),
    /// The name of the list could not be made.
    #[error("the sessions could not be found")]
    Seal(#[from] SealError),
}
