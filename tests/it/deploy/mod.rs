//! `Dockerfile` and `deploy/`: each is held against the tool that knows its form, and what can be started is started.

mod calls;
mod containers;
mod image;
mod unit;

use std::process::Command;
use std::process::Output;

use crate::support::repository::text_of;

pub(super) fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; `./test` installs what is lacking"))
}

/// The tool has nothing to say.
pub(super) fn is_content(command: &mut Command) {
    let output = output(command);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
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
