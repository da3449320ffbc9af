//! What the unit forbids the program, the program does not do: its system calls are written down and compared.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::containers::Containers;
use super::unit::UNIT;
use crate::support::command::GUICHET;
use crate::support::command::tool;
use crate::support::raw::exchange;
use crate::support::repository::text_of;
use crate::support::wait::until;

/// The sets of system calls that systemd knows: `@name`, and what it holds, sets among it.
fn sets() -> BTreeMap<String, Vec<String>> {
    let mut filters = Command::new("systemd-analyze");
    let said = tool(filters.args(["syscall-filter", "--no-pager"]), "").well();
    let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in said.lines() {
        match line.strip_prefix(' ').map(str::trim) {
            None => line.clone_into(&mut current),
            Some(member) if member.starts_with('#') => {}
            Some(member) => sets.entry(current.clone()).or_default().push(member.to_owned()),
        }
    }
    sets
}

/// Every call of a set.
fn calls(sets: &BTreeMap<String, Vec<String>>, name: &str) -> BTreeSet<String> {
    let members = sets.get(name).unwrap_or_else(|| panic!("no {name}")).iter();
    let calls = members.flat_map(|member| {
        if member.starts_with('@') {
            calls(sets, member)
        } else {
            BTreeSet::from([member.clone()])
        }
    });
    calls.collect()
}

/// What the unit leaves: the first filter, without the second, which begins with `~`.
fn allowed() -> BTreeSet<String> {
    let (sets, unit) = (sets(), text_of(UNIT));
    let filters = unit
        .lines()
        .filter_map(|line| line.strip_prefix("SystemCallFilter="));
    let filters: Vec<&str> = filters.collect();
    let [only, without] = filters[..] else {
        panic!("two filters: {filters:?}");
    };
    let without = without.strip_prefix('~').unwrap().split(' ');
    let without: BTreeSet<String> = without.flat_map(|name| calls(&sets, name)).collect();
    calls(&sets, only).difference(&without).cloned().collect()
}

#[test]
fn the_program_makes_no_system_call_that_its_unit_forbids() {
    let containers = Containers::new();
    containers.guichet(&["keys", "generate"]).well();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    // It watches from outside, so that the process is the gateway.
    let mut watched = Command::new("strace");
    watched.args(["-D", "-f", "-qqq", "-o"]).arg(&log).arg(GUICHET);
    let gateway = containers.gateway(&mut watched);
    let host = "demarches.ville.example";
    for (path, status) in [
        ("/_guichet/jwks.json", 200),
        ("/", 303),
        ("/_guichet/login/fc", 503),
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(exchange(containers.address(), request).status, status, "{path}");
    }
    let written = || fs::read_to_string(&log).unwrap();
    let readings = || written().matches("guichet.toml").count();
    let before = readings();
    gateway.signal("HUP");
    until("the configuration is read again", || readings() > before);
    gateway.signal("TERM");
    until("it ends", || written().contains(" exit_group("));
    let written = written();
    let made = written
        .lines()
        .filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('('));
    let made = made.map(|(name, _)| name).filter(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    let made: BTreeSet<String> = made.map(str::to_owned).collect();
    assert!(
        ["listen", "accept4", "connect", "openat"]
            .iter()
            .all(|call| made.contains(*call)),
        "{made:?}"
    );
    let allowed = allowed();
    let forbidden: Vec<&String> = made.difference(&allowed).collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    // MemoryDenyWriteExecute=yes
    assert!(text_of(UNIT).contains("\nMemoryDenyWriteExecute=yes\n"));
    assert!(!written.contains("PROT_WRITE|PROT_EXEC"));
}
