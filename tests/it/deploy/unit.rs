//! The unit of systemd: one that it takes, with little to be said against it.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::support::command::GUICHET;
use crate::support::command::is_content;
use crate::support::command::tool;
use crate::support::repository::in_repository;
use crate::support::repository::text_of;

pub(super) const UNIT: &str = "deploy/systemd/guichet.service";
/// What `systemd-analyze security` may find at most: 1.5 of 10.
const EXPOSURE: &str = "--threshold=15";

#[test]
fn the_unit_is_one_that_systemd_takes_and_finds_little_to_say_against() {
    let folder = TempDir::new().unwrap();
    let unit = folder.path().join("guichet.service");
    let text = text_of(UNIT);
    assert!(text.contains("\nExecStart=/usr/bin/guichet "));
    // Only the program is where it is on this machine.
    fs::write(&unit, text.replace("/usr/bin/guichet ", &format!("{GUICHET} "))).unwrap();
    is_content(
        Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(&unit),
    );
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--no-pager", "--offline=true", EXPOSURE]);
    tool(security.arg(in_repository(UNIT)), "").well();
}

#[test]
fn the_unit_gives_the_service_what_the_operators_page_says() {
    let unit = text_of(UNIT);
    let value = |name: &str| {
        let name = format!("{name}=");
        unit.lines()
            .filter_map(|line| line.strip_prefix(&name))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (value("Type"), value("WatchdogSec")),
        (vec!["notify"], vec!["30s"])
    );
    assert_eq!(
        value("ExecReload"),
        ["/usr/bin/guichet --config /etc/guichet/guichet.toml reload"]
    );
    let page = text_of("docs/operations.md");
    assert!(page.contains("`/etc/credstore/guichet.redis_url`"));
    let (_, made) = page.split_once("\nfor name in ").unwrap();
    for secret in made.split(';').next().unwrap().split(' ') {
        // Not a path: without such a file in the store the unit starts all the same.
        assert!(
            value("LoadCredential").contains(&format!("{secret}:guichet.{secret}").as_str()),
            "{secret}"
        );
    }
    assert_eq!(value("LoadCredential").len(), 4);
}
