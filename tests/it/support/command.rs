//! The executable, run to its end with a configuration, as a person at a terminal would.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;

use super::executable::GUICHET;
use super::scene::Scene;

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `guichet --config FILE ARGUMENTS..` with these variables beside its usual environment, and this on its standard input.
pub(crate) fn guichet_with(
    config: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    input: &str,
) -> Ended {
    let mut child = Command::new(GUICHET)
        .arg("--config")
        .arg(config)
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().expect("it was not killed"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The same with the configuration of a scene.
pub(crate) fn guichet(scene: &Scene, arguments: &[&str]) -> Ended {
    guichet_with(
        &scene.gateway.place().folder().join("guichet.toml"),
        arguments,
        &[],
        "",
    )
}

impl Ended {
    /// It ended well; what it wrote.
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// What it wrote, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}
