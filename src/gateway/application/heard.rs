//! How much an application said on a connection, counted below HTTP and above TLS. hyper reports a connection that died before
//! the answer and one that died in its first line alike; only the first may be tried again. And it skips interim answers for
//! as long as they come.
//!
//! Who asked may go away before the answer. The application hears of it by the end of our side, and may work on all the same:
//! what was held for the question is held until it says something, ends its side, or would not be waited for any longer.

use std::any::Any;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;
use tokio::time::Sleep;

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
    left: Mutex<Option<Left>>,
}

/// What somebody left who went away before the answer.
#[derive(Debug)]
struct Left {
    until: Instant,
    _held: Box<dyn Any + Send>,
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

    /// Nobody waits for the answer any more. This is held for as long as the application may be at work on it, and no longer
    /// than until then.
    pub(super) fn leave(&self, held: impl Any + Send, until: Instant) {
        let left = Left {
            until,
            _held: Box::new(held),
        };
        *self.0.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }

    fn left_until(&self) -> Option<Instant> {
        let left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.as_ref().map(|left| left.until)
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
    /// Runs once nobody waits for the answer.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> Listening<S> {
    /// Counted there.
    pub(super) fn new(stream: S, heard: Heard) -> Self {
        Self {
            stream,
            heard,
            timer: None,
        }
    }

    /// Ready when nobody waits for the answer, and it would not be waited for any longer.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.heard.left_until() else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        timer.as_mut().poll(cx)
    }

    /// An application that takes nothing more is not waited for without an end.
    fn bounded<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_pending() {
            ready!(self.poll_over(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Listening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let came = buffer.filled().len().saturating_sub(before);
        if came > 0 {
            self.heard.0.bytes.fetch_add(came as u64, Ordering::Release);
            if self.heard.is_too_much() {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.bounded(cx, flushed)
    }

    /// Our side ends at once; the whole connection, where a question was left, when the application is done with it.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let ended = Pin::new(&mut this.stream).poll_shutdown(cx);
        if this.heard.left_until().is_none() {
            return ended;
        }
        ready!(this.bounded(cx, ended))?;
        let mut byte = [0];
        match Pin::new(&mut this.stream).poll_read(cx, &mut ReadBuf::new(&mut byte)) {
            // An answer that nobody reads, or the end.
            Poll::Ready(_) => Poll::Ready(Ok(())),
            Poll::Pending => this.poll_over(cx).map(Ok),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.bounded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::io::DuplexStream;

    use super::*;

    /// Somebody left a question for a minute; whether it is held is whether this has another owner.
    fn left() -> (Listening<DuplexStream>, DuplexStream, Arc<()>) {
        let (near, far) = tokio::io::duplex(4);
        let (heard, held) = (Heard::default(), Arc::new(()));
        heard.leave(Arc::clone(&held), Instant::now() + Duration::from_mins(1));
        (Listening::new(near, heard), far, held)
    }

    async fn is_over(stream: &mut Listening<DuplexStream>, seconds: u64) -> bool {
        let ending = tokio::time::timeout(Duration::from_secs(seconds), stream.shutdown());
        ending.await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_was_left_is_held_until_the_application_says_something_or_ends() {
        let (mut stream, mut application, held) = left();
        assert!(!is_over(&mut stream, 59).await);
        let heard = application.read(&mut [0]).await;
        assert_eq!(heard.unwrap(), 0, "it hears that nobody waits");
        assert_eq!(Arc::strong_count(&held), 2);
        application.write_all(b"H").await.unwrap();
        assert!(is_over(&mut stream, 0).await);
        drop(stream);
        assert_eq!(Arc::strong_count(&held), 1);

        let (mut stream, application, _held) = left();
        assert!(!is_over(&mut stream, 1).await);
        drop(application);
        assert!(is_over(&mut stream, 0).await);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_held_no_longer_than_anybody_would_have_waited() {
        let (mut stream, _application, _held) = left();
        assert!(!is_over(&mut stream, 59).await);
        assert!(is_over(&mut stream, 2).await);

        let (mut stream, _application, _held) = left();
        let stuck = stream.write_all(b"more than it takes").await.unwrap_err();
        assert_eq!(stuck.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_question_ends_at_once() {
        let (near, _application) = tokio::io::duplex(4);
        let mut stream = Listening::new(near, Heard::default());
        assert!(is_over(&mut stream, 0).await);
    }
}
