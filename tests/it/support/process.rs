//! A program that a test started: it ends with the test.

use std::io::BufRead;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

/// A running program.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts it and waits for the first line of its output that begins with `announcement`; returns the rest of it.
    pub(crate) fn start(command: &mut Command, announcement: &str) -> (Self, String) {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let child =
            child.unwrap_or_else(|error| panic!("{command:?}: {error}; `./test` installs what is lacking"));
        let mut process = Self(child);
        let mut output = BufReader::new(process.0.stdout.take().unwrap());
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            let length = output.read_line(&mut line).unwrap();
            assert!(
                length > 0,
                "{command:?} ended before it said {announcement:?}:\n{seen}"
            );
            if let Some((_, rest)) = line.split_once(announcement) {
                // Whatever it says later must not fill the pipe.
                std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
                return (process, rest.trim().to_owned());
            }
            seen.push_str(&line);
        }
    }

    /// Sends a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        let status = Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status()
            .unwrap();
        assert!(status.success(), "kill -{name} {id}");
    }

    /// Ends it at once, without a chance to tidy up.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A file or folder of this repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}
