//! The open streams of one HTTP/2 connection: how long there was none, how many the browser took back, and which answers it
//! does not read.
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

use crate::gateway::answer::recorded_body::RecordedBody;
use crate::gateway::body::body_error::BodyError;

/// How often the answers are looked at, as a part of how long one may stand still.
const LOOKS: u32 = 6;
/// The time in which a browser may take back so many requests. Whoever leaves a page takes back what it had still asked for.
const ABANDONED_WITHIN: Duration = Duration::from_secs(30);
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
    /// Those that the browser took back before they were answered, since when.
    abandoned: (usize, Option<Instant>),
}

/// One stream, from its request to the end of its answer.
#[derive(Debug)]
pub(super) struct Open {
    streams: Arc<Streams>,
    fate: Fate,
}

/// What became of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Asked,
    Answered,
}

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
    body: Option<RecordedBody>,
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
        Open {
            streams: Arc::clone(self),
            fate: Fate::Asked,
        }
    }

    /// Ready when the browser took back more requests than a person can: each has made work for an application already
    /// (CVE-2023-44487).
    pub(super) async fn abandoned_too_often(&self, most: usize) {
        let too_often = |count: &Count| count.abandoned.0 > most;
        drop(self.count.subscribe().wait_for(too_often).await);
    }

    /// Ready once there was a stream.
    pub(super) async fn begun(&self) {
        // The sender is ours: it cannot be gone.
        drop(self.count.subscribe().wait_for(|count| count.ever > 0).await);
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
        let fate = self.fate;
        self.streams.count.send_modify(|count| {
            count.open -= 1;
            if fate == Fate::Asked {
                let (number, since) = &mut count.abandoned;
                if since.is_none_or(|since| since.elapsed() >= ABANDONED_WITHIN) {
                    (*number, *since) = (0, Some(Instant::now()));
                }
                *number += 1;
            }
        });
    }
}

impl HeldBody {
    /// The answer on an open stream.
    pub(super) fn new(body: RecordedBody, mut open: Open) -> Self {
        open.fate = Fate::Answered;
        let answer = Arc::new(Answer(Mutex::new(State {
            body: Some(body),
            offered: Some(Instant::now()),
        })));
        let mut answers = open
            .streams
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
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

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    const BOUND: Duration = Duration::from_mins(1);
    const MOST_ABANDONED: usize = 200;

    fn answer(streams: &Arc<Streams>) -> HeldBody {
        let body = RecordedBody::unrecorded(Bytes::from("content"));
        HeldBody::new(body, streams.open())
    }

    async fn within<T>(seconds: u64, wait: impl Future<Output = T>) -> bool {
        tokio::time::timeout(Duration::from_secs(seconds), wait)
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_requests_back_all_the_time_is_told_from_a_person() {
        let streams = Arc::new(Streams::default());
        for _ in 0..1000 {
            drop(answer(&streams));
        }
        for _ in 0..MOST_ABANDONED {
            drop(streams.open());
        }
        assert!(!within(1, streams.abandoned_too_often(MOST_ABANDONED)).await);
        tokio::time::advance(ABANDONED_WITHIN).await;
        for _ in 0..MOST_ABANDONED {
            drop(streams.open());
        }
        assert!(!within(1, streams.abandoned_too_often(MOST_ABANDONED)).await);
        drop(streams.open());
        assert!(within(1, streams.abandoned_too_often(MOST_ABANDONED)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_stream_is_given_up_sooner_before_the_first_one() {
        let streams = Arc::new(Streams::default());
        let idle = || streams.none_for(Duration::from_secs(10), BOUND);
        assert!(!within(9, idle()).await);
        assert!(within(11, idle()).await);
        let open = streams.open();
        assert!(!within(600, idle()).await);
        drop(open);
        assert!(!within(59, idle()).await);
        assert!(within(61, idle()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_came_and_went_begins_the_wait_anew() {
        let streams = Arc::new(Streams::default());
        drop(streams.open());
        let mut idle = Box::pin(streams.none_for(BOUND, BOUND));
        for _ in 0..3 {
            assert!(!within(59, &mut idle).await);
            drop(streams.open());
            assert!(!within(0, &mut idle).await);
        }
        assert!(within(61, &mut idle).await);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_the_browser_does_not_read_is_given_up() {
        let streams = Arc::new(Streams::default());
        let unread = answer(&streams);
        let under_way = streams.open();
        assert!(
            !within(65, streams.all_stand_still(BOUND)).await,
            "another stream is under way"
        );
        assert!(
            unread.answer.state(|state| state.body.is_none()),
            "the application is free"
        );
        drop(under_way);
        assert!(within(15, streams.all_stand_still(BOUND)).await);
        let read = unread
            .collect()
            .await
            .map(|_| ())
            .map_err(|error| error.to_string());
        assert_eq!(read, Err("the browser did not read the answer".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_read_is_never_given_up() {
        let streams = Arc::new(Streams::default());
        let mut read = answer(&streams);
        assert!(!within(55, streams.all_stand_still(BOUND)).await);
        assert!(read.frame().await.is_some_and(|frame| frame.is_ok()));
        assert!(!within(55, streams.all_stand_still(BOUND)).await);
        assert!(read.frame().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn finished_answers_are_forgotten() {
        let streams = Arc::new(Streams::default());
        for _ in 0..10 * MOST_REMEMBERED {
            drop(answer(&streams));
        }
        assert!(streams.answers.lock().unwrap().len() <= MOST_REMEMBERED);
    }
}
