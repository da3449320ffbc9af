//! Under which names sessions are listed, and their ends remembered: keyed tags, so that the names tell nobody who it is.
//!
//! Each is made under every listed secret, the current one first: an end reaches the sessions of before a rotation.

use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::seal::Keyring;
use crate::seal::SealError;
use crate::seal::purpose::Purpose;
use crate::session::store::Index;

/// The subject's, at an entry.
pub fn of_subject(keyring: &Keyring, entry: &EntryName, subject: &Subject) -> Result<Vec<Index>, SealError> {
    let name = [
        entry.as_str().as_bytes(),
        subject.issuer.as_bytes(),
        subject.sub.as_bytes(),
    ];
    let tags = keyring.tags(Purpose::SubjectTag, &name)?;
    Ok(tags.into_iter().map(Index::Subject).collect())
}

/// Those of the provider's `sid`, at an entry.
pub fn of_sid(keyring: &Keyring, entry: &EntryName, provider_sid: &str) -> Result<Vec<Index>, SealError> {
    let name = [entry.as_str().as_bytes(), provider_sid.as_bytes()];
    let tags = keyring.tags(Purpose::ProviderSidTag, &name)?;
    Ok(tags.into_iter().map(Index::ProviderSid).collect())
}

/// Everybody's, at an entry.
pub fn of_entry(keyring: &Keyring, entry: &EntryName) -> Result<Vec<Index>, SealError> {
    let tags = keyring.tags(Purpose::EndTag, &[entry.as_str().as_bytes()])?;
    Ok(tags.into_iter().map(Index::Entry).collect())
}

/// Everybody's.
pub fn of_everybody(keyring: &Keyring) -> Result<Vec<Index>, SealError> {
    let tags = keyring.tags(Purpose::EndTag, &[])?;
    Ok(tags.into_iter().map(Index::Everybody).collect())
}
