//! A bounded queue before a slow place: whoever has a line to write never waits for a disk, a pipe or a terminal.
//!
//! What does not fit, and what could not be written, is counted and gone. The service goes on.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;
use tracing_subscriber::fmt::MakeWriter;

/// Most lines that wait. Lines are bounded, so this bounds memory too: some MiB.
const LONGEST: usize = 8192;
/// How often, lines or none, the queue asks whether there is something to say about the lines that nobody sees.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// How long the end of the process waits for the last lines.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Lines about lines: how many were left away. It is told how many the queue has lost since its beginning.
pub type Report = Box<dyn FnMut(u64) -> Vec<Vec<u8>> + Send>;

/// The way to one sink. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Queue {
    sender: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Line(Vec<u8>),
    End(SyncSender<()>),
}

/// Whether a line waits to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Pushed {
    /// It does.
    Queued,
    /// The queue was full.
    Dropped,
}

impl Queue {
    /// Writes to `sink` on a thread of its own; now and then also what `report` says.
    pub fn start(name: &str, sink: impl Write + Send + 'static, report: Report) -> io::Result<Self> {
        let (sender, receiver) = mpsc::sync_channel(LONGEST);
        let lost = Arc::new(AtomicU64::new(0));
        let worker = Worker {
            sink,
            report,
            every: REPORT_EVERY,
            reported: Instant::now(),
            lost: Arc::clone(&lost),
            is_broken: false,
        };
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || worker.work(&receiver))?;
        Ok(Self { sender, lost })
    }

    /// Hands a line over, its end included. Never waits.
    pub fn push(&self, line: Vec<u8>) -> Pushed {
        if self.sender.try_send(Message::Line(line)).is_ok() {
            return Pushed::Queued;
        }
        self.lost.fetch_add(1, Ordering::Relaxed);
        Pushed::Dropped
    }

    /// How many lines did not fit or could not be written.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits for the lines that are queued, a second at most: a reader that stands still does not keep the process alive.
    pub fn end(&self) {
        let (said, heard) = mpsc::sync_channel(1);
        if self.sender.try_send(Message::End(said)).is_ok() && heard.recv_timeout(LAST_WORDS).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Worker<W> {
    sink: W,
    report: Report,
    every: Duration,
    /// When it was asked last.
    reported: Instant,
    lost: Arc<AtomicU64>,
    /// The last line may stand there without its end.
    is_broken: bool,
}

impl<W: Write> Worker<W> {
    fn work(mut self, receiver: &Receiver<Message>) {
        loop {
            let due = self.every.saturating_sub(self.reported.elapsed());
            match receiver.recv_timeout(due) {
                Ok(Message::Line(line)) => self.write(&line),
                Ok(Message::End(said)) => {
                    self.say_report();
                    match said.try_send(()) {
                        // Whoever waited may have given up.
                        Ok(()) | Err(_) => {}
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.say_report(),
            }
            // Also where one line follows the other: then there is most to report.
            if self.reported.elapsed() >= self.every {
                self.say_report();
            }
        }
    }

    fn say_report(&mut self) {
        self.reported = Instant::now();
        for line in (self.report)(self.lost.load(Ordering::Relaxed)) {
            self.write(&line);
        }
    }

    fn write(&mut self, line: &[u8]) {
        let begin: &[u8] = if self.is_broken { b"\n" } else { b"" };
        let written = self
            .sink
            .write_all(begin)
            .and_then(|()| self.sink.write_all(line))
            .and_then(|()| self.sink.flush());
        self.is_broken = written.is_err();
        if written.is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes one line into the queue: `tracing` hands over a whole line at once.
impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self.push(line.to_vec()) {
            // It was counted.
            Pushed::Queued | Pushed::Dropped => Ok(line.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Queue {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn nothing() -> Report {
        Box::new(|_lost| Vec::new())
    }

    #[test]
    fn what_was_handed_over_is_written_before_the_end() {
        let page = Page::default();
        let mut reports = vec![vec![b"2 lines left away\n".to_vec()]];
        let report = Box::new(move |_lost| reports.pop().unwrap_or_default());
        let queue = Queue::start("lines", page.clone(), report).unwrap();
        for line in ["one\n", "two\n"] {
            assert_eq!(queue.push(line.into()), Pushed::Queued);
        }
        queue.end();
        assert_eq!(page.text(), "one\ntwo\n2 lines left away\n");
        assert_eq!(queue.lost(), 0);
    }

    #[test]
    fn the_report_does_not_wait_for_a_pause_between_lines() {
        let page = Page::default();
        let mut number = 0;
        let worker = Worker {
            sink: page.clone(),
            report: Box::new(move |_lost| {
                number += 1;
                vec![format!("report {number}\n").into_bytes()]
            }),
            every: Duration::ZERO,
            reported: Instant::now(),
            lost: Arc::default(),
            is_broken: false,
        };
        let (sender, receiver) = mpsc::sync_channel(2);
        for line in ["one\n", "two\n"] {
            sender.send(Message::Line(line.into())).unwrap();
        }
        drop(sender);
        worker.work(&receiver);
        assert_eq!(page.text(), "one\nreport 1\ntwo\nreport 2\nreport 3\n");
    }

    /// A pipe that nobody reads.
    struct Stuck;

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            loop {
                thread::park();
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_sink_that_stands_still_and_what_does_not_fit_is_counted() {
        let queue = Queue::start("stuck", Stuck, nothing()).unwrap();
        // One line is in the worker's hand at most.
        let dropped = (0..LONGEST + 11).filter(|_| queue.push(b"x\n".to_vec()) == Pushed::Dropped);
        let dropped = u64::try_from(dropped.count()).unwrap();
        assert!((10..=11).contains(&dropped), "{dropped}");
        assert_eq!(queue.lost(), dropped);
    }

    /// A disk that is full for one line.
    struct FullOnce(bool, Page);

    impl Write for FullOnce {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if std::mem::take(&mut self.0) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_could_not_be_written_is_counted_and_the_next_begins_on_its_own() {
        let page = Page::default();
        let queue = Queue::start("full", FullOnce(true, page.clone()), nothing()).unwrap();
        for line in ["one\n", "two\n"] {
            assert_eq!(queue.push(line.into()), Pushed::Queued);
        }
        queue.end();
        assert_eq!(page.text(), "\ntwo\n");
        assert_eq!(queue.lost(), 1);
    }
}
