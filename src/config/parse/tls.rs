//! How browsers reach the listener: whether the certificate can be served, whether they will accept it, and whether there
//! is one at all.

use std::time::Duration;

use chrono::DateTime;

use crate::clock::Timestamp;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::settings::PublicUrl;
use crate::config::settings::ServerSettings;
use crate::config::settings::TlsFiles;
use crate::config::surroundings::Surroundings;
use crate::gateway::tls::Certificate;
use crate::gateway::tls::TlsError;
use crate::gateway::tls::TlsFile;
use crate::routing::app::App;
use crate::secret_file::Exposure;
use crate::wire::host::Host;

/// Soon enough to be renewed in a working week.
const SOON: Duration = Duration::from_hours(14 * 24);

/// Looks at the listener as a browser will.
pub fn judge(
    server: &ServerSettings,
    (public_url, apps): (&PublicUrl, &[App]),
    surroundings: &Surroundings,
    findings: &mut Findings,
) {
    let Some(files) = &server.tls else {
        in_the_open(server, public_url, findings);
        return;
    };
    let key = Key::ROOT.name("server").name("tls");
    if public_url.scheme == "http" {
        findings.error(
            Code::TlsWithoutHttps,
            &key,
            format!("the listener speaks TLS, and the site is published as `{public_url}`"),
            format!("public_url = \"https://{}\", or no [server.tls]", public_url.host),
        );
    }
    if let Some(certificate) = certificate(&key, files, findings) {
        judge_validity(&key, &certificate, surroundings.now(), findings);
        judge_names(&key, &certificate, (public_url, apps), findings);
    }
}

fn certificate(key: &Key, files: &TlsFiles, findings: &mut Findings) -> Option<Certificate> {
    let (cert_key, key_key) = (key.name("cert_file"), key.name("key_file"));
    match Certificate::load(&files.cert_file, &files.key_file) {
        Ok(certificate) => {
            if certificate.exposure() == Exposure::WorldReadable {
                // No error: this is how container engines mount secrets by default.
                findings.warning(
                    Code::SecretExposed,
                    &key_key,
                    "every user of this machine can read the private key",
                    "chmod 600 if nobody else needs it",
                );
            }
            Some(certificate)
        }
        Err(error) => {
            let at = match error.file() {
                TlsFile::Certificate => cert_key,
                TlsFile::Key => key_key,
            };
            let help = match &error {
                TlsError::Unreadable { .. } => "name a file that this user can read",
                TlsError::NoCertificate(_) | TlsError::Certificate { .. } => {
                    "a PEM file: the certificate itself, then those between it and its root"
                }
                TlsError::NoKey(_) => "a PEM file: BEGIN PRIVATE KEY; the gateway can type no password",
                TlsError::Mismatch => {
                    "name the key that the certificate was requested with; the certificate itself stands first in its file"
                }
                _ => "an ECDSA key (P-256, P-384) or an RSA key of 2048 bits or more",
            };
            findings.error(Code::Certificate, &at, said(&error), help);
            None
        }
    }
}

fn said(error: &TlsError) -> String {
    match error {
        TlsError::Unreadable { cause, .. } => {
            format!("{error}: {cause}")
        }
        _ => error.to_string(),
    }
}

fn judge_validity(key: &Key, certificate: &Certificate, now: Timestamp, findings: &mut Findings) {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    let problem = if until < now {
        format!("the certificate expired on {}", day(until))
    } else if from > now {
        format!("the certificate is not valid before {}", day(from))
    } else if until < now.plus(SOON) {
        format!("the certificate expires on {}", day(until))
    } else {
        return;
    };
    let help = "put the renewed one in its place, then: guichet reload";
    findings.warning(Code::CertificateValidity, &key.name("cert_file"), problem, help);
}

fn judge_names(
    key: &Key,
    certificate: &Certificate,
    (public_url, apps): (&PublicUrl, &[App]),
    findings: &mut Findings,
) {
    let mut hosts: Vec<&Host> = vec![&public_url.host];
    hosts.extend(apps.iter().map(|app| &app.host));
    let mut names: Vec<&str> = hosts.into_iter().map(Host::name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names.into_iter().filter(|name| !certificate.names(name)) {
        findings.warning(
            Code::CertificateNames,
            &key.name("cert_file"),
            format!("the certificate is not about `{name}`"),
            "browsers will refuse it there: ask for a certificate with every host of the site",
        );
    }
}

/// Whether TLS ends in front of us cannot be seen from here, unless the proxies are listed: then whoever goes around them is
/// not served.
fn in_the_open(server: &ServerSettings, public_url: &PublicUrl, findings: &mut Findings) {
    let reachable = !server.listen.ip().is_loopback();
    if public_url.scheme == "https" && reachable && server.trusted_proxies.is_empty() {
        findings.warning(
            Code::ListenerInTheOpen,
            &Key::ROOT.name("server").name("listen"),
            format!(
                "whoever reaches `{}` is served without TLS, as if it had ended in front",
                server.listen
            ),
            "list the proxies in front in server.trusted_proxies: then nobody goes around them; or set server.tls",
        );
    }
}

/// `2026-11-25`
fn day(moment: Timestamp) -> String {
    DateTime::from_timestamp(moment.as_unix(), 0).map_or_else(
        || "a day that has no name".to_owned(),
        |moment| moment.date_naive().to_string(),
    )
}
