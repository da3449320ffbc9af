//! Those who may vouch for a server: certificates of a file, in the place of those that the machine believes.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// At least one authority. Two are the same when they vouch for the same servers.
#[derive(Clone)]
pub struct Authorities(Arc<RootCertStore>);

impl Authorities {
    /// Certificates in PEM, each of them readable, at least one.
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.ok()?).ok()?;
        }
        (!roots.is_empty()).then(|| Self(Arc::new(roots)))
    }

    /// For TLS.
    pub fn roots(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.0)
    }
}

impl PartialEq for Authorities {
    fn eq(&self, other: &Self) -> bool {
        self.0.roots == other.0.roots
    }
}

impl Eq for Authorities {}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.0.len())
    }
}
