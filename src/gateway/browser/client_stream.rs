//! A browser's connection that is given up when the browser stops reading: hyper has no bound for writing.
//!
//! Whoever asks for a large answer and reads none of it would hold a place at the application for ever.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::gateway::body::idle::Idle;

/// The stream of one connection.
#[derive(Debug)]
pub(super) struct ClientStream<S> {
    stream: S,
    idle: Idle,
}

impl<S> ClientStream<S> {
    /// Nothing waits yet. It is given up when nothing of what waits is taken for `write_timeout`.
    pub(super) fn new(stream: S, write_timeout: Duration) -> Self {
        Self {
            stream,
            idle: Idle::new(write_timeout),
        }
    }
}

impl<S: Unpin> ClientStream<S> {
    fn bounded<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(written) = write(Pin::new(&mut self.stream), cx) {
            self.idle.moved();
            return Poll::Ready(written);
        }
        std::task::ready!(self.idle.poll_still(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the browser reads nothing",
        )))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ClientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ClientStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.bounded(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.bounded(cx, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.bounded(cx, AsyncWrite::poll_shutdown)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.bounded(cx, |stream, cx| stream.poll_write_vectored(cx, parts))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_browser_that_reads_nothing_is_given_up() {
        let (near, mut far) = tokio::io::duplex(4);
        let mut stream = ClientStream::new(near, Duration::from_mins(1));
        stream.write_all(b"1234").await.unwrap();
        let stuck = stream.write_all(b"5").await.unwrap_err();
        assert_eq!(stuck.kind(), io::ErrorKind::TimedOut);

        let mut read = [0; 4];
        far.read_exact(&mut read).await.unwrap();
        assert!(stream.write_all(b"5").await.is_ok());
    }
}
