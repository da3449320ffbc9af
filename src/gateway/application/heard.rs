//! How much an application said on a connection, counted below HTTP and above TLS. hyper reports a connection that died before
//! the answer and one that died in its first line alike; only the first may be tried again. And it skips interim answers for
//! as long as they come.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// Most bytes of interim answers and of the head after them; more than hyper holds of one head and of what came with it.
const MOST_BEFORE_AN_ANSWER: u64 = 256 * 1024;

/// The count of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    bytes: AtomicU64,
    /// How many there may be before an answer begins; 0 once it did.
    most: AtomicU64,
}

impl Heard {
    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Acquire)
    }

    /// A request is about to be sent. Bytes so far.
    pub(super) fn expect_answer(&self) -> u64 {
        let bytes = self.bytes();
        self.0
            .most
            .store(bytes + MOST_BEFORE_AN_ANSWER, Ordering::Release);
        bytes
    }

    /// The head of the answer is there.
    pub(super) fn answer_begins(&self) {
        self.0.most.store(0, Ordering::Release);
    }

    /// Whether an answer should have begun by now.
    pub(super) fn is_too_much(&self) -> bool {
        let most = self.0.most.load(Ordering::Acquire);
        most > 0 && self.bytes() > most
    }
}

/// A stream of which what comes is counted.
pub(super) struct Listening<S> {
    stream: S,
    heard: Heard,
}

impl<S> Listening<S> {
    /// Counted there.
    pub(super) fn new(stream: S, heard: Heard) -> Self {
        Self { stream, heard }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Listening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let came = buffer.filled().len().saturating_sub(before);
        if came > 0 {
            self.heard.0.bytes.fetch_add(came as u64, Ordering::Release);
            if self.heard.is_too_much() {
                return Poll::Ready(Err(std::io::ErrorKind::InvalidData.into()));
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
