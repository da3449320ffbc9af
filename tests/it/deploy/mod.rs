//! `Dockerfile` and `deploy/`: each is held against the tool that knows its form, and what can be started is started.

mod calls;
mod containers;
pub(crate) mod dependencies;
mod image;
mod unit;

use std::process::Command;

use crate::support::command::tool;
use crate::support::repository::text_of;

/// The tool has nothing to say.
pub(super) fn is_content(command: &mut Command) {
    let ended = tool(command, "");
    let said = [ended.out.trim(), ended.err.trim()].concat();
    assert_eq!((ended.code, said.as_str()), (0, ""), "{command:?}");
}

#[test]
fn each_says_on_its_first_line_how_it_was_checked() {
    for path in [
        "Dockerfile",
        "deploy/docker-compose.yml",
        "deploy/systemd/guichet.service",
    ] {
        let text = text_of(path);
        assert!(text.starts_with("# Checked by tests/it/deploy: "), "{path}");
    }
}
