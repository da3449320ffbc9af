//! The certificate that the gateway itself shows to browsers.

use std::iter;

use crate::cli::doctor::network;
use crate::cli::report::Finding;
use crate::clock::Timestamp;
use crate::config::settings::Config;
use crate::gateway::listener::certificate_flaw::CertificateFlaw;
use crate::gateway::listener::tls::ServerCertificate;
use crate::wire::scheme::Scheme;

const WHAT: &str = "TLS";

/// Whether browsers will believe it, as far as its names and its time go.
pub(super) fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let Some(tls) = &config.server.tls else {
        let seen = match config.public_url.scheme {
            Scheme::Https => "none here: whatever stands in front of the gateway ends it",
            Scheme::Http => "none: the site is for this machine alone, in plain http",
        };
        return vec![Finding::unjudged(WHAT, seen)];
    };
    let certificate = match ServerCertificate::load(&tls.cert_file, &tls.key_file) {
        Ok(certificate) => certificate,
        Err(error) => {
            let mend = "the files changed while doctor ran: run it again";
            return vec![Finding::bad(WHAT, error.to_string(), mend)];
        }
    };
    let hosts = iter::once(&config.public_url.host).chain(config.apps.iter().map(|app| &app.host));
    let flaws = CertificateFlaw::all(&certificate, hosts, now);
    let shown = network::shown(certificate.says());
    if flaws.is_empty() {
        return vec![Finding::good(WHAT, shown)];
    }
    let found = flaws.into_iter().map(|flaw| {
        let seen = format!("{flaw}: {shown}");
        match flaw {
            CertificateFlaw::EndsSoon(_) => Finding::warning(WHAT, seen, flaw.mend()),
            _ => Finding::bad(WHAT, seen, flaw.mend()),
        }
    });
    found.collect()
}
