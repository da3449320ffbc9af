//! A stream of which what comes is looked at on its way, and what is written passes as it is.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// Whoever looks at what comes.
pub(super) trait Look {
    /// As [`AsyncRead::poll_read`] of the stream.
    fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>>;

    /// Asked when everything was written and said to be the end: ready when the stream may go.
    fn poll_leave<S: AsyncRead + Unpin>(&mut self, _stream: &mut S, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

/// The stream, behind the one who looks.
#[derive(Debug)]
pub(super) struct ReadThrough<S, L> {
    stream: S,
    look: L,
}

impl<S, L> ReadThrough<S, L> {
    /// Whatever comes from `stream` passes by `look`.
    pub(super) fn new(stream: S, look: L) -> Self {
        Self { stream, look }
    }

    /// Who looks.
    #[cfg(test)]
    pub(super) fn look(&self) -> &L {
        &self.look
    }
}

impl<S: AsyncRead + Unpin, L: Look + Unpin> AsyncRead for ReadThrough<S, L> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.look.poll_read(&mut this.stream, cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, L: Look + Unpin> AsyncWrite for ReadThrough<S, L> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        std::task::ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        this.look.poll_leave(&mut this.stream, cx).map(Ok)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
