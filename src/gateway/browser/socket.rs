//! A browser's socket, and whoever wants to know whether the browser is still there.
//!
//! hyper reads nothing of a connection while bytes wait that belong to the next request, or to a body that nobody reads: a
//! browser that sent one byte more and hung up would not be noticed, and its request would go on for nobody. The system tells
//! of the end of a connection beside everything that waits to be read.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use rustix::net::Shutdown;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::Interest;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::tcp::OwnedWriteHalf;

/// How long a connection goes on after the browser ended its side: an answer of ours that does not wait for anybody still
/// goes out, to whoever ended only the one side.
const GRACE: Duration = Duration::from_secs(1);

/// What is read and written.
#[derive(Debug)]
pub(super) struct Socket {
    incoming: OwnedReadHalf,
    outgoing: Arc<OwnedWriteHalf>,
}

/// Whether the browser is there.
#[derive(Debug)]
pub(super) struct Presence(Arc<OwnedWriteHalf>);

impl Socket {
    /// Both ends of the knowledge about one connection.
    pub(super) fn watched(stream: TcpStream) -> (Self, Presence) {
        let (incoming, outgoing) = stream.into_split();
        let outgoing = Arc::new(outgoing);
        let presence = Presence(Arc::clone(&outgoing));
        (Self { incoming, outgoing }, presence)
    }

    fn poll_out(
        &self,
        cx: &mut Context<'_>,
        write: impl Fn(&OwnedWriteHalf) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let stream: &TcpStream = OwnedWriteHalf::as_ref(&self.outgoing);
        loop {
            ready!(stream.poll_write_ready(cx))?;
            match write(&self.outgoing) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }
}

impl Presence {
    /// Ready when the browser has ended its side of the connection, and a moment went by in which it could end by itself.
    pub(super) async fn gone(&self) {
        // What is urgent in TCP is never asked for: this wakes for the end alone, and not for every byte.
        match self.0.ready(Interest::PRIORITY).await {
            Ok(_) | Err(_) => tokio::time::sleep(GRACE).await,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.incoming).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_out(cx, |stream| stream.try_write(bytes))
    }

    /// The system holds nothing back.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream: &TcpStream = OwnedWriteHalf::as_ref(&self.outgoing);
        Poll::Ready(Ok(rustix::net::shutdown(stream, Shutdown::Write)?))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_out(cx, |stream| stream.try_write_vectored(parts))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Socket, Presence, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let browser = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, presence) = Socket::watched(listener.accept().await.unwrap().0);
        (socket, presence, browser)
    }

    async fn is_gone(presence: &Presence) -> bool {
        tokio::time::timeout(3 * GRACE, presence.gone()).await.is_ok()
    }

    #[tokio::test]
    async fn an_end_is_noticed_behind_what_nobody_reads() {
        let (mut socket, presence, mut browser) = pair().await;
        browser.write_all(b"one").await.unwrap();
        let mut read = [0; 2];
        socket.read_exact(&mut read).await.unwrap();
        assert!(!is_gone(&presence).await);
        drop(browser);
        assert!(is_gone(&presence).await);
    }

    #[tokio::test]
    async fn what_is_written_comes_and_then_the_end() {
        let (mut socket, _presence, mut browser) = pair().await;
        // More than the system takes at once.
        let many = vec![b'x'; 8 * 1024 * 1024];
        let length = many.len();
        let writing = tokio::spawn(async move {
            socket.write_all(&many).await.unwrap();
            let parts = [IoSlice::new(b"a"), IoSlice::new(b"b")];
            assert_eq!(socket.write_vectored(&parts).await.unwrap(), 2);
            socket.shutdown().await.unwrap();
            socket
        });
        let mut read = Vec::new();
        browser.read_to_end(&mut read).await.unwrap();
        assert_eq!((read.len(), read.ends_with(b"xab")), (length + 2, true));
        drop(writing.await.unwrap());
    }
}
