//! The certificate that the gateway itself shows to browsers.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::back_channel::certificate::Certificate;
use crate::cli::doctor::network;
use crate::cli::moment::Moment;
use crate::cli::report::Finding;
use crate::clock::Timestamp;
use crate::config::settings::Config;
use crate::wire::host::Host;

const WHAT: &str = "TLS";
const MEND: &str = "renew the certificate, then `guichet reload`";

/// Whether browsers will believe it, as far as its names and its time go.
pub(super) fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let Some(tls) = &config.server.tls else {
        let seen = "none: whatever stands in front of the gateway ends it";
        return vec![Finding::unjudged(WHAT, seen)];
    };
    let certificate = CertificateDer::from_pem_file(&tls.cert_file).ok();
    let Some(certificate) = certificate.and_then(|der| Certificate::read(&der)) else {
        let seen = format!("`{}` begins with no certificate", tls.cert_file.display());
        return vec![Finding::bad(
            WHAT,
            seen,
            "name the chain, the certificate itself first, in server.tls.cert_file",
        )];
    };
    let mut findings = vec![time(&certificate, now)];
    let mut hosts: Vec<&Host> = config.apps.iter().map(|app| &app.host).collect();
    hosts.sort();
    hosts.dedup();
    for host in hosts {
        let name = host.name().trim_matches(['[', ']']);
        if !certificate
            .names
            .iter()
            .any(|pattern| covers(pattern.as_str(), name))
        {
            let seen = format!("the certificate is not for {name}, at which an application is reached");
            findings.push(Finding::bad(WHAT, seen, "have one made that names every host"));
        }
    }
    findings
}

fn time(certificate: &Certificate, now: Timestamp) -> Finding {
    let seen = network::shown(certificate);
    if certificate.not_after <= now {
        Finding::bad(WHAT, format!("the certificate has expired: {seen}"), MEND)
    } else if certificate.not_before > now {
        let from = Moment(certificate.not_before);
        let mend = "compare this machine's clock, or wait";
        Finding::bad(
            WHAT,
            format!("the certificate is not valid before {from}: {seen}"),
            mend,
        )
    } else if certificate.not_after < now.plus(network::SOON) {
        Finding::warning(WHAT, seen, MEND)
    } else {
        Finding::good(WHAT, seen)
    }
}

/// A star stands for one whole label, the first (RFC 9525, section 6.3).
fn covers(pattern: &str, name: &str) -> bool {
    if pattern.eq_ignore_ascii_case(name) {
        return true;
    }
    match (pattern.strip_prefix("*."), name.split_once('.')) {
        (Some(domain), Some((label, rest))) => !label.is_empty() && domain.eq_ignore_ascii_case(rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_one_label() {
        assert!(covers("demarches.ville.example", "Demarches.ville.example"));
        assert!(covers("*.ville.example", "demarches.ville.example"));
        for (pattern, name) in [
            ("*.ville.example", "ville.example"),
            ("*.ville.example", "a.b.ville.example"),
            ("ville.example", "demarches.ville.example"),
            ("d*.ville.example", "demarches.ville.example"),
        ] {
            assert!(!covers(pattern, name), "{pattern} {name}");
        }
    }
}
