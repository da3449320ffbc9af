//! What a browser says in HTTP/2 that is about no request, bounded: each such frame costs us more than it costs whoever sends
//! it (CVE-2019-9512, CVE-2019-9515, CVE-2019-9518), and hyper answers them without an end.
//!
//! Only the head of each frame is looked at (RFC 9113, section 4.1). What a frame means is hyper's affair.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;

/// Most such frames in so long. A browser sends one with a request, when it changes its mind about what is urgent.
const MOST: u32 = 1000;
const WITHIN: Duration = Duration::from_secs(10);

/// Length of what a client begins with (section 3.4), and of the head of a frame.
const PREFACE: usize = 24;
const HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;

/// The stream of one connection.
#[derive(Debug)]
pub(super) struct FrameMeter<S> {
    stream: S,
    meter: Meter,
}

#[derive(Debug)]
struct Meter {
    /// Bytes before the next head of a frame.
    ahead: usize,
    /// What came of that head.
    head: Vec<u8>,
    since: Instant,
    about_nothing: u32,
}

impl<S> FrameMeter<S> {
    /// Nothing was said yet.
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            meter: Meter::new(),
        }
    }
}

impl Meter {
    fn new() -> Self {
        Self {
            ahead: PREFACE,
            head: Vec::with_capacity(HEAD),
            since: Instant::now(),
            about_nothing: 0,
        }
    }

    /// Looks through what came. An error: it was too much that is about nothing.
    fn read(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let skipped = self.ahead.min(bytes.len());
            self.ahead -= skipped;
            bytes = bytes.get(skipped..).unwrap_or_default();
            let missing = (HEAD - self.head.len()).min(bytes.len());
            let (head, rest) = bytes.split_at_checked(missing).unwrap_or_default();
            self.head.extend_from_slice(head);
            bytes = rest;
            if let [high, middle, low, kind, flags, ..] = *self.head.as_slice()
                && self.head.len() == HEAD
            {
                self.head.clear();
                self.ahead = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                self.count(kind, flags)?;
            }
        }
        Ok(())
    }

    fn count(&mut self, kind: u8, flags: u8) -> io::Result<()> {
        let is_about_a_request = match kind {
            DATA => self.ahead > 0 || flags & END_STREAM != 0,
            HEADERS | RST_STREAM | WINDOW_UPDATE | CONTINUATION => true,
            _ => false,
        };
        if is_about_a_request {
            return Ok(());
        }
        let now = Instant::now();
        if now.duration_since(self.since) >= WITHIN {
            (self.since, self.about_nothing) = (now, 0);
        }
        self.about_nothing += 1;
        if self.about_nothing > MOST {
            return Err(io::Error::other("too many frames that are about no request"));
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FrameMeter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let came = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(self.meter.read(came))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FrameMeter<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
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

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const PRIORITY_UPDATE: u8 = 16;

    fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
        let head = [0, 0, length, kind, flags, 0, 0, 0, 1];
        [&head[..], &vec![kind; usize::from(length)]].concat()
    }

    fn begun() -> Meter {
        let mut meter = Meter::new();
        meter.read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        meter
    }

    /// How many of these frames are let through, in pieces of so many bytes.
    fn passing(frame: &[u8], piece: usize) -> u32 {
        let mut meter = begun();
        let all = frame.repeat(3000);
        let frames = all.chunks(piece).take_while(|piece| meter.read(piece).is_ok());
        u32::try_from(frames.count() * piece / frame.len()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn frames_about_no_request_are_bounded_however_they_come() {
        for (kind, length) in [
            (PING, 8),
            (SETTINGS, 0),
            (SETTINGS, 6),
            (PRIORITY_UPDATE, 5),
            (DATA, 0),
        ] {
            let frame = frame(kind, 0, length);
            for piece in [1, 7, 16 * 1024] {
                let passing = passing(&frame, piece);
                assert!(passing <= MOST, "{kind} {piece}: {passing}");
            }
            assert_eq!(passing(&frame, frame.len()), MOST, "{kind}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn frames_of_requests_are_not_counted() {
        for (kind, flags, length) in [
            (HEADERS, 0, 20),
            (CONTINUATION, 0, 0),
            (DATA, 0, 1),
            (DATA, END_STREAM, 0),
            (RST_STREAM, 0, 4),
            (WINDOW_UPDATE, 0, 4),
        ] {
            let frame = frame(kind, flags, length);
            assert_eq!(passing(&frame, frame.len()), 3000, "{kind}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_pings_now_and_then_may_go_on() {
        let mut meter = begun();
        for _ in 0..5 {
            for _ in 0..MOST {
                assert!(meter.read(&frame(PING, 0, 8)).is_ok());
            }
            tokio::time::advance(WITHIN).await;
        }
    }
}
