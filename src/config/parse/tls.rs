//! How browsers reach the listener: whether the certificate can be served, whether they will accept it, and whether there
//! is one at all.

use std::iter;

use crate::bounded_file::Exposure;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::settings::PublicUrl;
use crate::config::settings::ServerSettings;
use crate::config::settings::TlsFiles;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::gateway::listener::certificate_flaw::CertificateFlaw;
use crate::gateway::listener::tls::ServerCertificate;
use crate::gateway::listener::tls::TlsError;
use crate::gateway::listener::tls::TlsFile;
use crate::routing::app::App;
use crate::wire::scheme::Scheme;

/// Looks at the listener as a browser will.
pub fn report_listener(
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
    if public_url.scheme == Scheme::Http {
        findings.error(
            Code::TlsWithoutHttps,
            &key,
            format!("the listener speaks TLS, and the site is published as `{public_url}`"),
            format!("public_url = \"https://{}\", or no [server.tls]", public_url.host),
        );
    }
    if surroundings.reach() == Reach::Everything
        && let Some(certificate) = certificate(&key, files, findings)
    {
        let hosts = iter::once(&public_url.host).chain(apps.iter().map(|app| &app.host));
        for flaw in CertificateFlaw::all(&certificate, hosts, surroundings.now()) {
            let code = match flaw {
                CertificateFlaw::OtherName(_) => Code::CertificateNames,
                _ => Code::CertificateValidity,
            };
            findings.warning(code, &key.name("cert_file"), flaw.to_string(), flaw.mend());
        }
    }
}

fn certificate(key: &Key, files: &TlsFiles, findings: &mut Findings) -> Option<ServerCertificate> {
    let (cert_key, key_key) = (key.name("cert_file"), key.name("key_file"));
    match ServerCertificate::load(&files.cert_file, &files.key_file) {
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

/// Whether TLS ends in front of us cannot be seen from here, unless the proxies are listed: then whoever goes around them is
/// not served.
fn in_the_open(server: &ServerSettings, public_url: &PublicUrl, findings: &mut Findings) {
    let reachable = !server.listen.ip().is_loopback();
    if public_url.scheme == Scheme::Https && reachable && server.trusted_proxies.is_empty() {
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
