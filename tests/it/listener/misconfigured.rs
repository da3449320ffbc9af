//! What an operator reads about a certificate that cannot be served, or that browsers will refuse, and about a listener
//! in the open.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use guichet::clock::Timestamp;
use guichet::config;
use guichet::config::error::ConfigErrors;
use guichet::config::surroundings::Surroundings;

use crate::support::authority::Authority;
use crate::support::authority::EXPIRED;
use crate::support::authority::LONG;
use crate::support::authority::Pair;
use crate::support::gateway::has_cryptography;

/// 2026-11-25
const NOW: i64 = 1_795_564_800;

fn configuration(public_url: &str, server: &str) -> String {
    format!(
        r#"public_url = "{public_url}"
organisation = {{ name = "Ville" }}
[server]
{server}
[providers.fc]
preset = "franceconnect"
environment = "sandbox"
client_id = "0000000000000000000000000000000000000000000000000000000000000000"
client_secret = {{ env = "SECRET" }}
[[apps]]
name = "urbanisme"
providers = ["fc"]
upstreams = ["http://127.0.0.1:1"]
"#
    )
}

/// Code, key and problem of everything that was found.
fn found(public_url: &str, server: &str) -> Vec<String> {
    has_cryptography();
    let variables = BTreeMap::from([("SECRET".to_owned(), "a-client-secret-of-some-length".to_owned())]);
    let path = Path::new("guichet.toml");
    let surroundings = Surroundings::new(path, variables).at(Timestamp::from_unix(NOW));
    let found = match config::load_text(path, &configuration(public_url, server), &surroundings) {
        Ok(loaded) => loaded.warnings,
        Err(ConfigErrors(found)) => found,
    };
    for finding in &found {
        assert!(!finding.problem.is_empty() && !finding.help.is_empty());
        assert!(
            finding.location.to_string().contains("guichet.toml:"),
            "{finding}"
        );
    }
    let words = found.iter().map(|finding| {
        format!(
            "{} {} {}: {}",
            finding.severity.as_str(),
            finding.code,
            finding.key,
            finding.problem
        )
    });
    words.collect()
}

fn with(pair: &Pair) -> Vec<String> {
    found("https://ville.test", &pair.configured())
}

/// One finding with these words.
fn says(found: &[String], words: &str) {
    assert!(
        found.len() == 1 && found[0].contains(words),
        "{words:?}: {found:#?}"
    );
}

#[test]
fn a_certificate_that_browsers_will_take_is_right() {
    let authority = Authority::new();
    let wildcard = authority.issue("wildcard", "DNS:ville.test,DNS:*.ville.test,IP:192.0.2.7", LONG);
    assert_eq!(with(&wildcard), [""; 0]);
    for public_url in ["https://192.0.2.7", "https://demarches.ville.test:8443"] {
        assert_eq!(found(public_url, &wildcard.configured()), [""; 0]);
    }
}

/// In PEM, five bytes of something else.
fn armoured(kind: &str) -> String {
    format!("-----BEGIN {kind}-----\naGVsbG8=\n-----END {kind}-----\n")
}

#[test]
fn a_certificate_that_cannot_be_served_is_an_error_at_the_file_that_is_wrong() {
    let authority = Authority::new();
    let right = authority.issue("right", "DNS:ville.test", LONG);
    authority.issue("other", "DNS:ville.test", LONG);
    authority.openssl("pkey -in right.key -aes256 -passout pass:x -out locked.key");
    authority.openssl(
        "req -x509 -newkey rsa:1024 -nodes -config configuration -subj /CN=x -keyout short.key -out short.pem",
    );
    for (file, text) in [
        ("empty.pem", String::new()),
        ("broken.pem", armoured("CERTIFICATE")),
        ("odd.key", armoured("PRIVATE KEY")),
        ("odder.key", "-----BEGIN hunter2-----\nhunter2\n".to_owned()),
    ] {
        let path = authority.path(file);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let (cert, key) = ("server.tls.cert_file", "server.tls.key_file");
    for (cert_file, key_file, at, words) in [
        ("nowhere.pem", "right.key", cert, "there is no such file"),
        ("right.pem", "nowhere.key", key, "there is no such file"),
        ("right.key", "right.key", cert, "there is no certificate in PEM"),
        ("right.pem", "right.pem", key, "there is no private key in PEM"),
        (
            "right.pem",
            "other.key",
            key,
            "does not belong to the certificate",
        ),
        ("empty.pem", "right.key", cert, "there is no certificate in PEM"),
        ("broken.pem", "right.key", cert, "certificate 1 of"),
        ("right.pem", "odd.key", key, "the private key cannot be used"),
        ("right.pem", "odder.key", key, "there is no private key in PEM"),
        ("right.pem", "locked.key", key, "a password protects it"),
        ("short.pem", "short.key", key, "the private key cannot be used"),
    ] {
        let found = with(&Pair {
            cert_file: authority.path(cert_file),
            key_file: authority.path(key_file),
        });
        says(&found, &format!("error C090 {at}: "));
        says(&found, words);
        // A line of the key is never quoted.
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
    assert_eq!(with(&right), [""; 0]);
}

#[test]
fn a_certificate_that_browsers_will_refuse_is_a_warning() {
    let authority = Authority::new();
    let issued = |names: &str, times| with(&authority.issue("each", names, times));
    let names = "DNS:ville.test";
    let at = "warning C091 server.tls.cert_file: the certificate ";
    says(&issued(names, EXPIRED), &format!("{at}expired on 2021-01-01"));
    says(
        &issued(names, ("20200101000000Z", "20261208000000Z")),
        &format!("{at}expires on 2026-12-08"),
    );
    says(
        &issued(names, ("20270101000000Z", "20280101000000Z")),
        &format!("{at}is not valid before 2027-01-01"),
    );
    assert_eq!(issued(names, ("20200101000000Z", "20261220000000Z")), [""; 0]);
    let found = issued("DNS:autre.test,DNS:*.ville.test", LONG);
    says(
        &found,
        "warning C092 server.tls.cert_file: the certificate is not for `ville.test`",
    );

    let pair = authority.issue("readable", names, LONG);
    fs::set_permissions(&pair.key_file, fs::Permissions::from_mode(0o644)).unwrap();
    says(&with(&pair), "warning C055 server.tls.key_file: ");
}

#[test]
fn tls_and_the_published_address_agree() {
    let authority = Authority::new();
    let pair = authority.issue("each", "DNS:localhost", LONG);
    says(
        &found("http://localhost:8080", &pair.configured()),
        "error C094 server.tls: ",
    );
    let open = "listen = \"0.0.0.0:8080\"";
    says(&found("https://ville.test", open), "warning C093 server.listen: ");
    let proxies = format!("{open}\ntrusted_proxies = [\"10.0.0.5\"]");
    assert_eq!(found("https://ville.test", &proxies), [""; 0]);
    assert_eq!(
        found("https://ville.test", "listen = \"127.0.0.1:8080\""),
        [""; 0]
    );
    says(&found("https://ville.test", "hsts = \"on\""), "server.hsts");
}
