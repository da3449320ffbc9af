//! The open streams of one HTTP/2 connection: how long there was none, and which answers the browser does not read.
//!
//! A browser that grants no window for an answer leaves it where it is, and nothing of hyper's ever asks for its next part:
//! the application would be held for ever. Such an answer is given up.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::gateway::answer_body::AnswerBody;
use crate::gateway::body_error::BodyError;

/// How often the answers are looked at, as a part of how long one may stand still.
const LOOKS: u32 = 6;
/// Answers that are remembered between two looks, the finished ones among them; more than a connection has streams.
const MOST_REMEMBERED: usize = 256;

/// The streams of one connection.
#[derive(Debug, Default)]
pub(super) struct Streams {
    count: watch::Sender<Count>,
    answers: Mutex<Vec<Weak<Answer>>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    open: usize,
    /// So that one that came and went is noticed.
    ever: u64,
}

/// One stream, from its request to the end of its answer.
#[derive(Debug)]
pub(super) struct Open(Arc<Streams>);

/// An answer that is given up when the browser does not read it.
#[derive(Debug)]
pub(super) struct HeldBody {
    answer: Arc<Answer>,
    _open: Open,
}

#[derive(Debug)]
struct Answer(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Absent: given up.
    body: Option<AnswerBody>,
    /// Since when the browser could have asked for more. Absent: the application is waited for.
    offered: Option<Instant>,
}

impl Streams {
    /// Another one.
    pub(super) fn open(self: &Arc<Self>) -> Open {
        self.count.send_modify(|count| {
            count.open += 1;
            count.ever += 1;
        });
        Open(Arc::clone(self))
    }

    /// Ready when no stream was open for so long: `first` before the first one ever, `then` afterwards.
    pub(super) async fn none_for(&self, first: Duration, then: Duration) {
        let mut count = self.count.subscribe();
        loop {
            let Ok(ever) = count
                .wait_for(|count| count.open == 0)
                .await
                .map(|count| count.ever)
            else {
                return;
            };
            let bound = if ever == 0 { first } else { then };
            let another = count.wait_for(|count| count.ever != ever);
            if tokio::time::timeout(bound, another).await.is_err() {
                return;
            }
        }
    }

    /// Gives up every answer that the browser did not read for `bound`; ready when no other stream is left.
    pub(super) async fn all_stand_still(&self, bound: Duration) {
        let mut looks = tokio::time::interval(bound / LOOKS);
        loop {
            looks.tick().await;
            let given_up = self.give_up(bound);
            if given_up > 0 && given_up == self.count.borrow().open {
                return;
            }
        }
    }

    fn give_up(&self, bound: Duration) -> usize {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|answer| answer.strong_count() > 0);
        let held = answers.iter().filter_map(Weak::upgrade);
        held.filter(|answer| answer.give_up_after(bound)).count()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.count.send_modify(|count| count.open -= 1);
    }
}

impl HeldBody {
    /// The answer on an open stream.
    pub(super) fn new(body: AnswerBody, open: Open) -> Self {
        let answer = Arc::new(Answer(Mutex::new(State {
            body: Some(body),
            offered: Some(Instant::now()),
        })));
        let mut answers = open.0.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MOST_REMEMBERED {
            answers.retain(|answer| answer.strong_count() > 0);
        }
        answers.push(Arc::downgrade(&answer));
        drop(answers);
        Self { answer, _open: open }
    }
}

impl Answer {
    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is given up, now or before. What was held of the application is free from here on.
    fn give_up_after(&self, bound: Duration) -> bool {
        let body = self.state(|state| {
            let still = state.offered.is_some_and(|offered| offered.elapsed() >= bound);
            if still { state.body.take() } else { None }
        });
        drop(body);
        self.state(|state| state.body.is_none())
    }
}

impl Body for HeldBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.answer.state(|state| {
            let Some(body) = &mut state.body else {
                return Poll::Ready(Some(Err(BodyError::Unread)));
            };
            let frame = Pin::new(body).poll_frame(cx);
            state.offered = frame.is_ready().then(Instant::now);
            frame
        })
    }

    fn is_end_stream(&self) -> bool {
        self.answer
            .state(|state| state.body.as_ref().is_some_and(Body::is_end_stream))
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.state(|state| {
            state
                .body
                .as_ref()
                .map_or_else(SizeHint::default, Body::size_hint)
        })
    }
}
