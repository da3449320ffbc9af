//! What a browser says in HTTP/2, bounded where hyper has no bound: frames that are about no request, each of which costs us
//! more than it costs whoever sends it (CVE-2019-9512, CVE-2019-9515, CVE-2019-9518); the number of fields of a head, its time,
//! and how many are long.
//!
//! Only the head of each frame is looked at (RFC 9113, section 4.1), and the shape of the fields. What they mean is hyper's
//! affair.

mod field_count;
pub(super) mod meter;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::OnceLock;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use tokio::io::AsyncRead;
use tokio::io::ReadBuf;
use tokio::time::Sleep;

use crate::gateway::browser::frame_meter::meter::HeadBounds;
use crate::gateway::browser::frame_meter::meter::Meter;
use crate::gateway::browser::frame_meter::meter::TooMuch;
use crate::gateway::read_through::Look;
use crate::telemetry::limit_label::LimitLabel;

/// Looks at those of one connection.
#[derive(Debug)]
pub(super) struct FrameMeter {
    meter: Meter,
    timer: Option<Pin<Box<Sleep>>>,
    reached: Reached,
}

/// The limit that ended a connection, if one did.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached(Arc<OnceLock<LimitLabel>>);

impl Reached {
    /// Which it was.
    pub(super) fn limit(&self) -> Option<LimitLabel> {
        self.0.get().copied()
    }

    fn reach(&self, limit: LimitLabel) {
        self.0.get_or_init(|| limit);
    }
}

impl FrameMeter {
    /// Nothing was said yet.
    pub(super) fn new(bounds: HeadBounds, reached: Reached) -> Self {
        Self {
            meter: Meter::new(bounds),
            timer: None,
            reached,
        }
    }

    /// Ready when a head began too long ago.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(end) = self.meter.head_ends() else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(cx)
    }
}

impl Look for FrameMeter {
    fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(stream).poll_read(cx, buffer);
        if self.poll_late(cx).is_ready() {
            self.reached.reach(LimitLabel::HeadTimeout);
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        ready!(read)?;
        let came = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(self.meter.read(came).map_err(|too_much| {
            if !matches!(too_much, TooMuch::AboutNothing) {
                self.reached.reach(LimitLabel::MaxHead);
            }
            io::Error::other(too_much)
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::gateway::listener::clients::Clients;
    use crate::gateway::listener::limits::Limits;
    use crate::gateway::read_through::ReadThrough;

    /// A head in two frames, and the beginning of a body.
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const BEGUN: &[u8] = b"\0\0\x02\x01\0\0\0\0\x01\x82\x82";
    const REST: &[u8] = b"\0\0\x02\x09\x04\0\0\0\x01\x82\x82";
    const BODY: &[u8] = b"\0\0\x09\0\0\0\0\0\x01a";

    /// Whether the connection is still read after so many seconds, and what ended it.
    async fn is_read_after(seconds: u64, said: &[u8]) -> (bool, Option<LimitLabel>) {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        let reached = Reached::default();
        let client = Arc::new(Clients::default()).connect(None, &Limits::default());
        let bounds = HeadBounds {
            fields: 100,
            length: 1024,
            time: Duration::from_secs(10),
            client: Arc::new(client.unwrap()),
        };
        let mut stream = ReadThrough::new(near, FrameMeter::new(bounds, reached.clone()));
        far.write_all(&[PREFACE, said].concat()).await.unwrap();
        let reading = async { while stream.read(&mut [0; 64]).await.is_ok() {} };
        let is_read = tokio::time::timeout(Duration::from_secs(seconds), reading)
            .await
            .is_err();
        (is_read, reached.limit())
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_comes_in_time_whatever_is_missing_of_it() {
        let head = [BEGUN, REST].concat();
        for cut in [9, 10, 11, 15, 20, head.len() - 1] {
            let begun = &head[..cut];
            assert_eq!(is_read_after(9, begun).await, (true, None), "{cut}");
            let late = (false, Some(LimitLabel::HeadTimeout));
            assert_eq!(is_read_after(11, begun).await, late, "{cut}");
        }
        assert_eq!(is_read_after(600, &head).await, (true, None));
        assert_eq!(is_read_after(600, &[&head, BODY].concat()).await, (true, None));
        // The second one has a time of its own, and it is over as well.
        let again = [&head[..], BEGUN].concat();
        assert_eq!(is_read_after(11, &again).await.1, Some(LimitLabel::HeadTimeout));
    }
}
