//! Who follows "Install: Debian and systemd" of `docs/operations.md` arrives.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::machine::CLIENT_SECRET;
use super::machine::Machine;
use super::machine::scripts;

/// A provider that is not there: the tests ask nobody outside.
const NOBODY: &str = "issuer = \"https://127.0.0.1:9/api/v2\"\nenvironment = \"sandbox\"";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn who_follows_the_page_has_a_gateway_that_is_well_and_secrets_that_nobody_else_reads() {
    let machine = Machine::new("http", NOBODY);
    let _redis = machine.installed("http://127.0.0.1:8081");
    let last = scripts().pop().unwrap();
    let (before, after) = last.split_once("guichet healthcheck\n").unwrap();
    machine.says(before);
    let _service = machine.service();
    machine.says("guichet healthcheck");
    assert_eq!(after, "guichet doctor");
    let found = machine.says("guichet doctor || test $? = 4").out;
    let (_, store) = found.split_once("\nsession store\n").unwrap();
    let store = store.split("\n\n").next().unwrap();
    assert!(store.lines().all(|line| line.starts_with("  ✔ ")), "{found}");
    for (path, expected) in [
        ("/etc/guichet/secrets", 0o700),
        ("/etc/guichet/secrets/session_secret", 0o600),
        ("/etc/guichet/secrets/session_secret_spare", 0o600),
        ("/etc/guichet/secrets/redis_url", 0o600),
        ("/etc/guichet/secrets/fc_client_secret", 0o600),
        ("/etc/guichet/redis_operator", 0o600),
        ("/etc/redis/users.acl", 0o640),
        ("/var/lib/guichet/keys", 0o700),
        ("/var/lib/guichet/keys/current.pem", 0o600),
        ("/etc/systemd/system/guichet.service", 0o644),
    ] {
        assert_eq!(mode(&machine.path(path)), expected, "{path}");
    }
    let typed = fs::read_to_string(machine.path("/etc/guichet/secrets/fc_client_secret")).unwrap();
    assert_eq!(typed, CLIENT_SECRET.trim());
    // Redis has the password that Guichet was given, and takes nobody without one.
    let url = fs::read_to_string(machine.path("/etc/guichet/secrets/redis_url")).unwrap();
    assert!(machine.redis_answers(&["-u", &url]));
    assert!(!machine.redis_answers(&[]));
}
