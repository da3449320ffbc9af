//! What an entry asks of a session now: the configuration may ask more, or somebody else, than at the login.

use crate::provider::acr::AcrOrder;
use crate::provider::acr::AcrValue;
use crate::provider::acr::Strength;
use crate::session::record::Record;

/// The terms of one provider entry.
#[derive(Clone, Debug)]
pub struct EntryTerms {
    /// Who vouches for people there.
    pub issuer: String,
    /// The levels of that provider.
    pub acr_values: AcrOrder,
    /// The lowest that is taken. `None`: whatever the provider says.
    pub lowest: Option<AcrValue>,
}

/// Why a session is nobody's any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outdated {
    /// From a sandbox to the real provider, perhaps: other people.
    #[error("another issuer vouched for it than the entry has now")]
    Issuer,
    /// More is asked for since.
    #[error("its level is below what the entry asks for now")]
    Level,
}

/// A record that the entry's terms of today admit. A session is made of nothing else.
#[derive(Debug)]
pub(super) struct AdmittedRecord(Record);

impl AdmittedRecord {
    /// The record.
    pub(super) fn into_record(self) -> Record {
        self.0
    }
}

impl EntryTerms {
    /// Takes the record of a login of before that would be one now.
    pub(super) fn admit(&self, record: Record) -> Result<AdmittedRecord, Outdated> {
        if self.issuer != record.identity.subject.issuer {
            return Err(Outdated::Issuer);
        }
        let Some(lowest) = &self.lowest else {
            return Ok(AdmittedRecord(record));
        };
        let reached = self.acr_values.value(&record.authentication.acr);
        match reached.map(|reached| reached.against(lowest)) {
            Some(Strength::Enough) => Ok(AdmittedRecord(record)),
            Some(Strength::TooLow) | None => Err(Outdated::Level),
        }
    }
}
