//! Commands that serve nobody need nothing but the text: no secret, no key, no certificate, no folder. Its mistakes still count.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::support::command::GUICHET;
use crate::support::command::guichet_at;
use crate::support::command::tool;
use crate::support::repository::in_repository;

/// A text that names everything that a configuration can refer to. Nothing of it is there.
const TEXT: &str = r#"public_url = "https://ville.example"
assets_dir = "nowhere/assets"
[organisation]
name = "Ville d'Exemple"
[server]
listen = "127.0.0.1:8443"
tls = { cert_file = "nowhere/cert.pem", key_file = "nowhere/key.pem" }
[logs]
audit_file = "nowhere/audit.log"
[outbound]
proxy = "http://proxy.example:3128"
proxy_login = { file = "nowhere/login" }
ca_file = "nowhere/ca.pem"
[session]
store = "redis"
secret = [{ file = "nowhere/secret" }, { env = "NOWHERE" }]
[session.redis]
url = { credential = "redis_url" }
ca_file = "nowhere/ca.pem"
cert_file = "nowhere/cert.pem"
key_file = "nowhere/key.pem"
[assertion]
keys_dir = "nowhere/keys"
[providers.fc]
preset = "franceconnect"
environment = "production"
client_id = "client"
client_secret = { file = "nowhere/client_secret" }
[[apps]]
name = "urbanisme"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9000"]
"#;

/// The text in a folder of its own.
fn written(text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("guichet.toml");
    fs::write(&file, text).unwrap();
    (folder, file)
}

/// How the three commands end: `headers`, `explain`, `verify` with the keys that `headers` wrote.
fn codes(config: &Path) -> [i32; 3] {
    let folder = TempDir::new().unwrap();
    let jwks = folder.path().join("jwks.json");
    let jwks = jwks.to_str().unwrap();
    let lines = guichet_at(
        config,
        &["headers", "--app", "urbanisme", "--raw", "--jwks-out", jwks],
    );
    let assertion = lines.out.lines().find(|line| line.contains("assertion"));
    let verified = guichet_at(config, &["verify", assertion.unwrap_or("none"), "--jwks", jwks]);
    let explained = guichet_at(config, &["explain", "/x", "--as", "zoe"]);
    assert!(!explained.out.contains("this-secret-was-not-read"));
    [lines.code, explained.code, verified.code]
}

#[test]
fn the_files_of_a_container_are_enough_for_an_application_s_developer() {
    assert_eq!(codes(&in_repository("deploy/guichet.toml")), [0, 0, 0]);
}

#[test]
fn nothing_that_a_configuration_refers_to_is_needed_to_explain_it() {
    let (_folder, file) = written(TEXT);
    assert_eq!(codes(&file), [0, 0, 0]);
    for command in ["check", "run", "doctor"] {
        let refused = guichet_at(&file, &[command]).refused(3);
        for code in ["C052", "C060", "C090", "C100", "C106", "C116"] {
            assert!(
                refused.contains(&format!("error[{code}]")),
                "{command}: {code}\n{refused}"
            );
        }
    }
    let without_keys = guichet_at(&file, &["verify", "x"]).refused(3);
    assert!(
        without_keys.contains("name the keys with --jwks"),
        "{without_keys}"
    );
}

#[test]
fn no_file_beside_the_text_is_opened_to_explain_it() {
    let (folder, file) = written(TEXT);
    let nowhere = folder.path().join("nowhere");
    fs::create_dir(&nowhere).unwrap();
    fs::write(nowhere.join("client_secret"), "hunter2").unwrap();
    let trace = folder.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=file", "-o"]).arg(&trace);
    strace.arg(GUICHET).arg("--config").arg(&file);
    tool(strace.args(["headers", "--app", "urbanisme"]), "").well();
    let calls = fs::read_to_string(trace).unwrap();
    assert!(calls.contains("guichet.toml"), "{calls}");
    assert!(!calls.contains("nowhere"), "{calls}");
}

/// What stands in the text, what stands there instead, and what is said about it.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("assets_dir", "asset_dir", "C003 asset_dir"),
    ("https://ville", "http://ville", "C013 public_url"),
    ("https://ville.example", "http://localhost", "C094 server.tls"),
    (
        "key_file = \"nowhere/key.pem\" }",
        "}",
        "C005 server.tls.key_file",
    ),
    ("http://proxy", "proxy", "C115 outbound.proxy"),
    (
        "proxy = \"http://proxy.example:3128\"\n",
        "",
        "C115 outbound.proxy_login",
    ),
    (
        "{ file = \"nowhere/login\" }",
        "\"user:hunter2\"",
        "C050 outbound.proxy_login",
    ),
    (
        "[{ file = \"nowhere/secret\" }, { env = \"NOWHERE\" }]",
        "[]",
        "C051 session.secret",
    ),
    (
        "{ env = \"NOWHERE\" }",
        "{ env = \"NOWHERE\", file = \"x\" }",
        "C051 session.secret[1]",
    ),
    ("\"redis_url\"", "\"../redis_url\"", "C051 session.redis.url"),
    (
        "url = { credential = \"redis_url\" }\n",
        "",
        "C005 session.redis.url",
    ),
    (
        "key_file = \"nowhere/key.pem\"\n[assertion]",
        "[assertion]",
        "C117 session.redis.cert_file",
    ),
    ("keys_dir = \"nowhere/keys\"\n", "", "C005 assertion.keys_dir"),
    (
        "client_secret = { file = \"nowhere/client_secret\" }\n",
        "",
        "C005 providers.fc.client_secret",
    ),
    (
        "providers = [\"fc\"]",
        "providers = [\"agents\"]",
        "C030 apps[0].providers[0]",
    ),
];

#[test]
fn every_mistake_of_the_text_still_counts_where_nothing_is_read() {
    for (line, instead, expected) in MISTAKES {
        assert!(TEXT.contains(line), "{line}");
        let (_folder, file) = written(&TEXT.replacen(line, instead, 1));
        let said = guichet_at(&file, &["explain", "/x"]).refused(3);
        let (code, key) = expected.split_once(' ').unwrap();
        assert!(said.contains(&format!("error[{code}]")), "{expected}\n{said}");
        assert!(said.contains(&format!("key: {key}\n")), "{expected}\n{said}");
        assert_eq!(said.matches("error[").count(), 1, "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
