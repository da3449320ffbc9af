//! A WebSocket that is open: what one side says is said to the other, unread, no faster than it is taken.
//!
//! It ends when either side does, when neither says anything for `websocket_idle_timeout`, or with the session that it was
//! opened with. It holds its place at the application to its end, and the connection of the browser that it came on: so
//! whoever waits for connections waits for it.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::gateway::answer::access_line::AnswerEnd;
use crate::gateway::answer::access_line::Record;
use crate::gateway::answer::vigil::Vigil;
use crate::gateway::application::answer_stream::AnswerStream;

/// Most of either direction that waits in memory.
const BUFFER: usize = 8 * 1024;
/// How long the other side may take to end once one has. Whoever closes a WebSocket has said so in its own words before.
const TIME_TO_FOLLOW: Duration = Duration::from_secs(10);

/// Both sides, before they are joined.
#[derive(Debug)]
pub(in crate::gateway) struct Tunnel {
    /// The browser's connection, once the head of the answer is written.
    pub(super) browser: OnUpgrade,
    /// The application's.
    pub(super) application: OnUpgrade,
    /// How long neither side may say anything.
    pub(super) idle_timeout: Duration,
    /// Who looks whether it may go on.
    pub(super) vigil: Option<Vigil>,
    /// The answer that agreed, and with it the place at the application.
    pub(super) agreed: AnswerStream,
}

/// A tunnel and its line in the access log.
#[derive(Debug)]
pub(in crate::gateway) struct RecordedTunnel {
    pub(super) tunnel: Box<Tunnel>,
    pub(super) record: Record,
}

impl RecordedTunnel {
    /// Joins both sides until the end, and tells it.
    pub(in crate::gateway) async fn run(self) {
        let Self { tunnel, mut record } = self;
        let Tunnel {
            browser,
            application,
            idle_timeout,
            mut vigil,
            agreed,
        } = *tunnel;
        // Either may have gone before both were handed over.
        let Ok((browser, application)) = tokio::try_join!(browser, application) else {
            return;
        };
        let motion = Motion::begin();
        let session_ends = poll_fn(|cx| match &mut vigil {
            Some(vigil) => vigil.poll_ended(cx),
            None => Poll::Pending,
        });
        let ending = tokio::select! {
            joined = join(browser, application, &motion) => match joined {
                Ok(()) => AnswerEnd::Whole,
                Err(_) => AnswerEnd::BrokenOff,
            },
            () = motion.stands_still(idle_timeout) => motion.ending(),
            () = session_ends => AnswerEnd::SessionEnded,
        };
        record.sent(motion.to_browser());
        record.ended(ending);
        drop(agreed);
    }
}

/// Until both sides have ended, or one has broken.
async fn join(browser: Upgraded, application: Upgraded, motion: &Motion) -> io::Result<()> {
    let mut browser = Moving {
        stream: TokioIo::new(browser),
        motion,
    };
    let mut application = TokioIo::new(application);
    tokio::io::copy_bidirectional_with_sizes(&mut browser, &mut application, BUFFER, BUFFER)
        .await
        .map(|_bytes| ())
}

/// What moves between the two.
struct Motion {
    state: Mutex<State>,
    one_ended: Notify,
}

#[derive(Clone, Copy)]
struct State {
    moved_at: Instant,
    one_ended_at: Option<Instant>,
    to_browser: usize,
}

impl Motion {
    fn begin() -> Self {
        Self {
            state: Mutex::new(State {
                moved_at: Instant::now(),
                one_ended_at: None,
                to_browser: 0,
            }),
            one_ended: Notify::new(),
        }
    }

    /// Ready when nothing moved for so long, or when one side took too long to follow the other.
    async fn stands_still(&self, bound: Duration) {
        let deadline = || match self.state(|state| *state) {
            State {
                one_ended_at: Some(ended_at),
                ..
            } => ended_at + TIME_TO_FOLLOW,
            state => state.moved_at + bound,
        };
        while deadline() > Instant::now() {
            tokio::select! {
                () = tokio::time::sleep_until(deadline()) => {}
                () = self.one_ended.notified() => {}
            }
        }
    }

    /// How it ended, if it did not end by itself.
    fn ending(&self) -> AnswerEnd {
        match self.state(|state| state.one_ended_at) {
            Some(_) => AnswerEnd::Whole,
            None => AnswerEnd::Idle,
        }
    }

    fn to_browser(&self) -> usize {
        self.state(|state| state.to_browser)
    }

    fn moved(&self, to_browser: usize) {
        self.state(|state| {
            state.moved_at = Instant::now();
            state.to_browser = state.to_browser.saturating_add(to_browser);
        });
    }

    fn ended(&self) {
        self.state(|state| *state.one_ended_at.get_or_insert_with(Instant::now));
        self.one_ended.notify_one();
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The browser's side. All that moves passes here, and so does the end of either side: the one that was read, and the one that
/// the browser is told of.
struct Moving<'a, S> {
    stream: S,
    motion: &'a Motion,
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if matches!(read, Poll::Ready(Ok(()))) {
            if buffer.filled().len() == before {
                self.motion.ended();
            } else {
                self.motion.moved(0);
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<'_, S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(length)) = written {
            self.motion.moved(length);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.motion.ended();
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
