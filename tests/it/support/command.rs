//! A command that is run to its end: the program, as a person at a terminal would run it, and the tools beside it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;

use serde_json::Value;

use super::process::Process;
use super::scene::Scene;

/// The program that these tests are about.
pub(crate) const GUICHET: &str = env!("CARGO_BIN_EXE_guichet");

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `guichet --config FILE ARGUMENTS..` with these variables beside its usual environment, and this on its standard
/// input. It must not take long.
pub(crate) fn guichet_with(
    config: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    input: &str,
) -> Ended {
    let mut command = Command::new(GUICHET);
    command.arg("--config").arg(config).args(arguments);
    run(command.envs(variables.iter().copied()), input, Process::ended)
}

/// The same with nothing but the arguments.
pub(crate) fn guichet_at(config: &Path, arguments: &[&str]) -> Ended {
    guichet_with(config, arguments, &[], "")
}

/// The same with the configuration of a scene.
pub(crate) fn guichet(scene: &Scene, arguments: &[&str]) -> Ended {
    guichet_at(&scene.gateway.place().file(), arguments)
}

/// Runs another program, however long it takes, with this on its standard input.
pub(crate) fn tool(command: &mut Command, input: &str) -> Ended {
    run(command, input, Process::ended_at_last)
}

/// Whether the tests may give files to other users, and run programs as them.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Runs a program that judges something; it has nothing to say.
pub(crate) fn is_content(command: &mut Command) {
    let ended = tool(command, "");
    let said = [ended.out.trim(), ended.err.trim()].concat();
    assert_eq!((ended.code, said.as_str()), (0, ""), "{command:?}");
}

fn run(command: &mut Command, input: &str, end: impl FnOnce(&mut Process) -> ExitStatus) -> Ended {
    let mut process = Process::start(command.stderr(Stdio::piped()));
    process.keep_errors();
    process.hears(input);
    let status = end(&mut process);
    Ended {
        code: status
            .code()
            .unwrap_or_else(|| panic!("{command:?} was killed: {status}")),
        out: process.output(),
        err: process.errors(),
    }
}

impl Ended {
    /// It ended well; what it wrote.
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// It refused with this code, and did nothing; why.
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        self.err
    }

    /// What it wrote, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}
