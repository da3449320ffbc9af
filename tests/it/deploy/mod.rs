//! `Dockerfile` and `deploy/`: each is held against the tool that knows its form, and what can be started is started.

mod calls;
mod containers;
pub(crate) mod dependencies;
mod image;
mod release;
mod unit;

use crate::support::repository::text_of;

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
