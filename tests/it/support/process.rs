//! A program that a test started: what it says is kept, and it ends with the test.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::thread::JoinHandle;

use super::wait::eventually;

/// A running program.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    output: Kept,
    errors: Kept,
    readers: Vec<JoinHandle<()>>,
}

/// What it said so far, in whole lines.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<String>>);

impl Process {
    /// Starts it. Its standard output is kept; its standard error goes where the command says.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child =
            child.unwrap_or_else(|error| panic!("{command:?}: {error}; `./test` installs what is lacking"));
        let output = Kept::default();
        let reader = output.reads(child.stdout.take().unwrap());
        Self {
            child,
            output,
            errors: Kept::default(),
            readers: vec![reader],
        }
    }

    /// Starts it and waits for a line of its output that contains `announcement`; returns what follows there.
    pub(crate) fn announced(command: &mut Command, announcement: &str) -> (Self, String) {
        let process = Self::start(command);
        let rest = eventually(|| {
            let has_ended = process.readers.iter().all(JoinHandle::is_finished);
            let output = process.output();
            let mut lines = output.lines();
            let rest = lines.find_map(|line| Some(line.split_once(announcement)?.1.trim().to_owned()));
            assert!(
                rest.is_some() || !has_ended,
                "{command:?} ended before it said {announcement:?}:\n{output}"
            );
            rest
        });
        let rest = rest.unwrap_or_else(|| panic!("{command:?} never says {announcement:?}"));
        (process, rest)
    }

    /// From now on its standard error is kept, too; the command must have piped it.
    pub(crate) fn keep_errors(&mut self) {
        let errors = self.child.stderr.take().unwrap();
        self.readers.push(self.errors.reads(errors));
    }

    /// Nobody reads its standard error any more: whoever writes there is told so.
    pub(crate) fn hang_up(&mut self) {
        drop(self.child.stderr.take());
    }

    /// This on its standard input, and the end of it.
    pub(crate) fn hears(&mut self, input: &str) {
        // Whoever does not listen to the end has ended, or will say why.
        drop(self.child.stdin.take().unwrap().write_all(input.as_bytes()));
    }

    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    pub(crate) fn errors(&self) -> String {
        self.errors.text()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let status = Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status()
            .unwrap();
        assert!(status.success(), "kill -{name} {id}");
    }

    /// How it ended, once it did and everything that it said is kept.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let status = eventually(|| self.child.try_wait().unwrap());
        assert!(status.is_some(), "it does not end\n{}", self.errors());
        self.ended_at_last()
    }

    /// The same, however long it takes.
    pub(crate) fn ended_at_last(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        status
    }

    /// Whether it has ended already.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Ends it at once, without a chance to tidy up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Kept {
    /// To the end of the stream, so that it never fills.
    fn reads(&self, stream: impl Read + Send + 'static) -> JoinHandle<()> {
        let kept = self.clone();
        thread::spawn(move || {
            let (mut stream, mut line) = (BufReader::new(stream), Vec::new());
            while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                kept.0.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        })
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}
