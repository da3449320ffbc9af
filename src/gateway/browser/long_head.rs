//! A head that is longer than `max_head`: its rest is read and thrown away, so that whoever sent it can be told.
//!
//! hyper answers such a head with a bare 431 in the middle of it, and closes; a browser that is still writing then shows
//! "connection reset". But the one who sends such a head is most often a person whose cookies somebody else planted, and
//! who would be locked out without a word (a "cookie bomb"). So hyper gets the beginning of the head and an end of ours, and
//! the exchange answers it ([`LongHead::is_cut`]). Nothing of the rest is kept.
//!
//! A longer head than [`LONGEST_REST_OF_HEAD`] ends where it is, and so does one that takes longer than `head_timeout`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::ReadBuf;

use crate::gateway::browser::head_clock::HeadClock;
use crate::gateway::read_through::Look;

/// Twice what 180 cookies of 4 KiB are, the most that browsers keep for one site.
const LONGEST_REST_OF_HEAD: usize = 1536 * 1024;
/// Read at once of what is thrown away, and of a head that is nearly too long.
const PART: usize = 4096;
/// More than an end of ours is long; so much more than `max_head` hyper has to bear.
pub(super) const LONGEST_END: usize = 64;

/// Cuts the heads of one HTTP/1.1 connection, above TLS.
#[derive(Debug)]
pub(super) struct HeadCutter {
    clock: Arc<HeadClock>,
    long: Arc<LongHead>,
    most: usize,
    line: Line,
    rest: Rest,
}

/// Whether the head that hyper read last was cut.
#[derive(Debug, Default)]
pub(super) struct LongHead(AtomicBool);

impl LongHead {
    /// Whether it was. Then there is no next one: its connection closes.
    pub(super) fn is_cut(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The one that hyper reads just now is.
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What becomes of the rest of a head that is too long.
#[derive(Clone, Copy, Debug)]
enum Rest {
    /// It is not too long so far.
    None,
    /// So many bytes of it were thrown away; this is its end then.
    Discarded(usize, &'static [u8]),
    /// It is over, and hyper still has to get this.
    Ended(&'static [u8]),
}

/// Where in a head its last byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// In the first line, where the target is.
    First,
    /// Inside a later one.
    Field,
    /// In a later one, after a CR.
    Return,
    /// At the beginning of a line.
    Begins,
}

/// Whether a head is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    GoesOn,
    Over,
}

impl Line {
    /// After these bytes as well.
    fn after(&mut self, bytes: &[u8]) -> Progress {
        for byte in bytes {
            *self = match (*self, byte) {
                (Self::Begins, b'\n') => return Progress::Over,
                (_, b'\n') | (Self::Begins, b'\r') => Self::Begins,
                (Self::First, _) => Self::First,
                (_, b'\r') => Self::Return,
                _ => Self::Field,
            };
        }
        Progress::GoesOn
    }

    /// The same without a look at each of them: of a head that goes on, only its last two bytes say where it stands.
    fn skim(&mut self, bytes: &[u8]) {
        if *self == Self::First && bytes.contains(&b'\n') {
            *self = Self::Field;
        }
        let last = bytes.get(bytes.len().saturating_sub(2)..).unwrap_or_default();
        self.after(last);
    }

    /// What makes a whole head of one that ends here. What was begun becomes part of a field that nobody reads.
    fn end(self) -> &'static [u8] {
        match self {
            Self::First => b" HTTP/1.1\r\n\r\n",
            Self::Field | Self::Begins => b"x:\r\n\r\n",
            Self::Return => b"\nx:\r\n\r\n",
        }
    }
}

impl HeadCutter {
    /// Cuts what is longer than `most`.
    pub(super) fn new(clock: Arc<HeadClock>, long: Arc<LongHead>, most: usize) -> Self {
        Self {
            clock,
            long,
            most,
            line: Line::First,
            rest: Rest::None,
        }
    }

    /// Reads a part of a head, up to `most` in all.
    fn poll_head<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let received = self.clock.received();
        if received == 0 {
            self.line = Line::First;
        }
        let left = self.most.saturating_sub(received);
        let before = buffer.filled().len();
        if buffer.remaining() <= left {
            std::task::ready!(Pin::new(&mut *stream).poll_read(cx, buffer))?;
        } else {
            let mut part = [0; PART];
            let mut part = ReadBuf::new(part.get_mut(..left.min(PART)).unwrap_or_default());
            std::task::ready!(Pin::new(&mut *stream).poll_read(cx, &mut part))?;
            buffer.put_slice(part.filled());
        }
        let read = buffer.filled().get(before..).unwrap_or_default();
        self.line.skim(read);
        self.clock.receive(read.len());
        Poll::Ready(Ok(()))
    }

    /// Throws the rest of a head away, then gives hyper its end; nothing if the browser hung up.
    fn poll_rest<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while let Rest::Discarded(so_far, end) = self.rest {
            let mut part = [0; PART];
            let mut part = ReadBuf::new(&mut part);
            std::task::ready!(Pin::new(&mut *stream).poll_read(cx, &mut part))?;
            let read = part.filled();
            if read.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let discarded = so_far.saturating_add(read.len());
            self.rest = if self.line.after(read) == Progress::Over || discarded >= LONGEST_REST_OF_HEAD {
                Rest::Ended(end)
            } else {
                Rest::Discarded(discarded, end)
            };
        }
        if let Rest::Ended(end) = self.rest {
            let (now, later) = end.split_at(end.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.rest = Rest::Ended(later);
            self.long.cut();
        }
        Poll::Ready(Ok(()))
    }
}

impl Look for HeadCutter {
    fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.clock.is_awaited() {
            return Pin::new(stream).poll_read(cx, buffer);
        }
        if matches!(self.rest, Rest::None) {
            if self.clock.received() < self.most {
                return self.poll_head(stream, cx, buffer);
            }
            self.rest = Rest::Discarded(0, self.line.end());
        }
        self.poll_rest(stream, cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::rt::Timer;
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::gateway::browser::head_clock::HeadTimer;
    use crate::gateway::listener::limits::Limits;
    use crate::gateway::read_through::ReadThrough;

    const MOST: usize = 64;

    /// What hyper reads of these bytes, and whether they were cut.
    async fn read_of(sent: &str) -> (String, bool) {
        let (near, mut far) = tokio::io::duplex(4 * LONGEST_REST_OF_HEAD);
        let (clock, long) = (Arc::new(HeadClock::default()), Arc::new(LongHead::default()));
        let _awaited = HeadTimer::new(Arc::clone(&clock), &Limits::default()).sleep(Duration::ZERO);
        let cutter = HeadCutter::new(Arc::clone(&clock), Arc::clone(&long), MOST);
        let mut stream = ReadThrough::new(near, cutter);
        far.write_all(sent.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains("\r\n\r\n") {
            assert!(stream.read_buf(&mut read).await.unwrap() > 0, "{read:?}");
        }
        (String::from_utf8(read).unwrap(), long.is_cut())
    }

    #[tokio::test]
    async fn a_head_that_fits_passes_as_it_is() {
        let head = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(MOST - 23));
        assert_eq!(head.len(), MOST);
        assert_eq!(read_of(&head).await, (head, false));
    }

    #[tokio::test]
    async fn a_head_that_does_not_fit_gets_an_end_of_ours_wherever_it_is_cut() {
        for shift in 0..MOST {
            let value = "b".repeat(shift);
            let head = format!(
                "GET / HTTP/1.1\r\nA: {value}\r\nC: d\r\nE: {}\r\n\r\nbody",
                "f".repeat(200_000)
            );
            let (read, is_cut) = read_of(&head).await;
            assert!(is_cut, "{shift}");
            let mut lines = read.strip_suffix("\r\n\r\n").unwrap().split("\r\n").skip(1);
            let is_field = |line: &str| {
                let (name, value) = line.split_once(':').unwrap_or_default();
                name.bytes().all(|byte| byte.is_ascii_alphabetic())
                    && !value.contains(['\r', '\n'])
                    && !name.is_empty()
            };
            assert!(lines.all(is_field), "{shift}: {read:?}");
        }
    }

    #[tokio::test]
    async fn a_target_that_does_not_fit_is_cut_as_well() {
        let (read, is_cut) = read_of(&format!("GET /{} HTTP/1.1\r\nA: b\r\n\r\n", "c".repeat(1000))).await;
        assert!(is_cut);
        assert!(
            read.starts_with("GET /ccc") && read.ends_with("c HTTP/1.1\r\n\r\n"),
            "{read:?}"
        );
    }

    #[tokio::test]
    async fn a_head_without_an_end_gets_one_in_the_end() {
        let (read, is_cut) = read_of(&format!(
            "GET / HTTP/1.1\r\nA: {}",
            "b".repeat(2 * LONGEST_REST_OF_HEAD)
        ))
        .await;
        assert!(is_cut && read.len() <= MOST + LONGEST_END);
    }
}
