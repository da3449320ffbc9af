//! Why browsers refuse the certificate of the gateway, or soon will, and the mend: said by `check` and by `doctor`.

use crate::clock::Timestamp;
use crate::gateway::listener::tls::ServerCertificate;
use crate::wire::certificate::Validity;
use crate::wire::host::Host;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFlaw {
    /// Its time is over.
    #[error("the certificate expired on {0}")]
    Expired(Timestamp),
    /// Its time has not come.
    #[error("the certificate is not valid before {0}")]
    NotYetValid(Timestamp),
    /// Nothing yet: its time is over in two weeks or less.
    #[error("the certificate expires on {0}")]
    EndsSoon(Timestamp),
    /// It is not for this host of the site.
    #[error("the certificate is not for `{0}`")]
    OtherName(String),
}

impl CertificateFlaw {
    /// All of them, at the hosts of a site.
    pub fn all<'h>(
        certificate: &ServerCertificate,
        hosts: impl IntoIterator<Item = &'h Host>,
        now: Timestamp,
    ) -> Vec<Self> {
        let said = certificate.says();
        let time = match said.validity(now) {
            Validity::Valid => None,
            Validity::EndsSoon => Some(Self::EndsSoon(said.not_after)),
            Validity::Expired => Some(Self::Expired(said.not_after)),
            Validity::NotYet => Some(Self::NotYetValid(said.not_before)),
        };
        let mut names: Vec<&str> = hosts.into_iter().map(Host::name).collect();
        names.sort_unstable();
        names.dedup();
        let names = names.into_iter().filter(|name| !certificate.is_for(name));
        let names = names.map(|name| Self::OtherName(name.to_owned()));
        time.into_iter().chain(names).collect()
    }

    /// What to do.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::Expired(_) | Self::EndsSoon(_) => "put the renewed one in its place, then: guichet reload",
            Self::NotYetValid(_) => "compare this machine's clock, or wait",
            Self::OtherName(_) => "ask for a certificate that names every host of the site",
        }
    }
}
