//! What an entry asks of a session now: the configuration may ask more, or somebody else, than at the login.

use crate::provider::acr::AcrOrder;
use crate::provider::acr::AcrValue;
use crate::provider::acr::Strength;
use crate::session::record::Record;

/// The terms of one provider entry.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Who vouches for people there.
    pub issuer: String,
    /// The levels of that provider.
    pub acr_values: AcrOrder,
    /// The lowest that is taken.
    pub lowest: AcrValue,
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

impl Terms {
    /// Whether a login of before would be one now.
    pub(super) fn holds(&self, record: &Record) -> Result<(), Outdated> {
        if self.issuer != record.identity.subject.issuer {
            return Err(Outdated::Issuer);
        }
        let reached = self.acr_values.value(&record.authentication.acr);
        match reached.map(|reached| reached.against(&self.lowest)) {
            Some(Strength::Enough) => Ok(()),
            Some(Strength::TooLow) | None => Err(Outdated::Level),
        }
    }
}
