//! The bytes of a browser's HTTP/1.1 connection, looked at before hyper reads them: every head, and every line between
//! chunks.
//!
//! hyper repairs: it takes a bare line feed for the end of a line, skips empty lines, overlooks blanks and control characters
//! beside the size of a chunk. What passes here is spelled as RFC 9112 says. The [`Scanner`] follows the framing by itself
//! and lets nothing pass that has a second reading, so hyper cannot find the next head anywhere else. And where hyper has a
//! bound of its own, this one comes first: so whoever reaches it is told why.

mod chunks;
mod scanner;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::ReadBuf;

use crate::gateway::body::idle::Idle;
use crate::gateway::browser::head_clock::HeadClock;
use crate::gateway::browser::long_head::LongHead;
use crate::gateway::browser::request_bytes::scanner::Reason;
use crate::gateway::browser::request_bytes::scanner::Scanner;
use crate::gateway::read_through::Look;

/// What hyper reads instead of the rest of a malformed head: a byte that is refused at every place of a head, and the end
/// of the head, for which it may be waiting.
const NO_HEAD: &[u8] = b"\0\r\n\r\n";

/// What hyper reads after a field that makes the framing ambiguous: hyper drops a second length, and one beside chunks,
/// without a word. This one it keeps, and whoever reads the head refuses it.
const AMBIGUOUS: &[u8] = b"Content_Length: ambiguous\r\n\r\n";
/// What hyper reads after as many fields as there may be: the end of the head.
const END_OF_HEAD: &[u8] = b"\r\n";
/// Most that is thrown away after a refusal, how long the browser may send none of it, and how long all of it may take.
const LONGEST_AFTER_REFUSAL: usize = 256 * 1024;
const LONGEST_SILENCE: Duration = Duration::from_secs(1);
const LONGEST_FAREWELL: Duration = Duration::from_secs(5);

/// Looks at those of one connection, above TLS.
#[derive(Debug)]
pub(super) struct RequestBytes {
    scanner: Scanner,
    end: Option<End>,
    around: SharedState,
    discarded: usize,
    idle: Idle,
    farewell: Idle,
}

/// What hyper reads after the last byte that passed.
#[derive(Debug)]
enum End {
    /// This, and nothing ever after it.
    Bytes(&'static [u8]),
    /// The end of a head that was cut, and nothing ever after it.
    Cut(&'static [u8]),
    /// An error: what follows is nothing.
    Broken(Reason),
}

/// What the parts of one connection know of each other.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedState {
    pub(super) opaque: Opaque,
    /// Which head is waited for.
    pub(super) clock: Arc<HeadClock>,
    /// Whether it was cut.
    pub(super) long: Arc<LongHead>,
}

/// Whether a connection belongs to another protocol from here on, whose bytes are nobody's business.
#[derive(Clone, Debug, Default)]
pub(super) struct Opaque(Arc<AtomicBool>);

impl Opaque {
    /// It does: the browser is about to be told so.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl RequestBytes {
    /// Before the first head. One that is longer than `longest_head` is refused by hyper; of more than `max_fields` fields no
    /// more are read.
    pub(super) fn new(around: SharedState, bounds: (usize, usize)) -> Self {
        Self {
            scanner: Scanner::new(bounds),
            end: None,
            around,
            discarded: 0,
            idle: Idle::new(LONGEST_SILENCE),
            farewell: Idle::new(LONGEST_FAREWELL),
        }
    }

    /// How many of these bytes pass, which are at the front then; after them may come an end.
    fn judge(&mut self, bytes: &mut [u8]) -> usize {
        let (passes, reason) = self.scanner.scan(bytes);
        if let Some(reason) = reason {
            tracing::debug!(?reason, "nothing more is read from a browser");
            self.end = Some(match reason {
                Reason::MalformedHead => End::Bytes(NO_HEAD),
                Reason::Ambiguous => End::Bytes(AMBIGUOUS),
                Reason::TooManyFields => End::Cut(END_OF_HEAD),
                Reason::MalformedContent | Reason::TooEarly => End::Broken(reason),
            });
        }
        passes
    }

    /// Until the browser closes, sends nothing for a while, or has sent enough.
    fn poll_discard<S: AsyncRead + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<()> {
        if self.farewell.poll_still(cx).is_ready() {
            return Poll::Ready(());
        }
        let mut block = [0; 4096];
        while self.discarded < LONGEST_AFTER_REFUSAL {
            let mut buffer = ReadBuf::new(&mut block);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.idle.moved();
                    self.discarded += buffer.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return self.idle.poll_still(cx),
            }
        }
        Poll::Ready(())
    }
}

impl End {
    fn poll_read(&mut self, buffer: &mut ReadBuf<'_>, long: &LongHead) -> Poll<io::Result<()>> {
        match self {
            Self::Bytes([]) | Self::Cut([]) => Poll::Pending,
            Self::Bytes(left) => {
                give(left, buffer);
                Poll::Ready(Ok(()))
            }
            Self::Cut(left) => {
                give(left, buffer);
                long.cut();
                Poll::Ready(Ok(()))
            }
            Self::Broken(reason) => {
                let error = io::Error::new(io::ErrorKind::InvalidData, format!("{reason:?}"));
                Poll::Ready(Err(error))
            }
        }
    }
}

fn give(left: &mut &'static [u8], buffer: &mut ReadBuf<'_>) {
    let (now, later) = left.split_at(left.len().min(buffer.remaining()));
    buffer.put_slice(now);
    *left = later;
}

impl Look for RequestBytes {
    fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(end) = &mut self.end {
            return end.poll_read(buffer, &self.around.long);
        }
        if self.around.opaque.has_begun() {
            return Pin::new(&mut *stream).poll_read(cx, buffer);
        }
        if self.around.clock.is_awaited() {
            self.scanner.answered();
        }
        let before = buffer.filled().len();
        loop {
            std::task::ready!(Pin::new(&mut *stream).poll_read(cx, buffer))?;
            if buffer.filled().len() == before {
                return Poll::Ready(Ok(()));
            }
            let passes = self.judge(buffer.filled_mut().get_mut(before..).unwrap_or_default());
            buffer.set_filled(before + passes);
            match &mut self.end {
                // No byte passed, which would be the end of the connection.
                Some(end) if passes == 0 => return end.poll_read(buffer, &self.around.long),
                None if passes == 0 => {}
                _ => return Poll::Ready(Ok(())),
            }
        }
    }

    /// What was refused may still be coming. Closed over it, the connection would be reset, and our answer lost on its way.
    fn poll_leave<S: AsyncRead + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<()> {
        match self.end {
            Some(_) => self.poll_discard(stream, cx),
            None => Poll::Ready(()),
        }
    }
}

#[cfg(test)]
mod tests;
