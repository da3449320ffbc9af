//! The body of an answer on its way to the browser: streamed as it comes, given up when it stands still.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use hyper::body::Incoming;
use tokio::time::Instant;
use tokio::time::Sleep;

use crate::gateway::application::connect::Connection;
use crate::gateway::application::pool::Place;
use crate::gateway::application::pool::Pool;
use crate::gateway::body::body_error::BodyError;
use crate::gateway::body::idle::Idle;

/// The body of an answer. When it was read to its end, the connection goes back to its pool; otherwise it is closed.
#[derive(Debug)]
pub(in crate::gateway) struct AnswerStream {
    incoming: Incoming,
    idle: Idle,
    /// The end of `total_timeout`, where an app has one.
    timer: Option<Pin<Box<Sleep>>>,
    end: End,
    back: Option<(Connection, Arc<Pool>)>,
    _place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    NotYet,
    Reached,
    TooEarly,
}

impl Body for AnswerStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if this.end != End::NotYet {
            return Poll::Ready(None);
        }
        if this
            .timer
            .as_mut()
            .is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
        {
            return this.cut(BodyError::Late);
        }
        loop {
            return match Pin::new(&mut this.incoming).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) if frame.is_data() => {
                    this.idle.moved();
                    Poll::Ready(Some(Ok(frame)))
                }
                // Trailers: the end comes after them.
                Poll::Ready(Some(Ok(_))) => continue,
                Poll::Ready(Some(Err(error))) => this.cut(BodyError::Broken(error)),
                Poll::Ready(None) => {
                    this.end = End::Reached;
                    Poll::Ready(None)
                }
                Poll::Pending => {
                    std::task::ready!(this.idle.poll_still(cx));
                    this.cut(BodyError::Still)
                }
            };
        }
    }

    fn is_end_stream(&self) -> bool {
        self.end == End::Reached || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl AnswerStream {
    /// How long it may stand still, or what was agreed to in its place.
    pub(in crate::gateway) fn idle_timeout(&self) -> Duration {
        self.idle.bound()
    }

    /// What comes after the head of an answer, given up when it stands still for too long, or at the end of all. `back` is
    /// the connection that brings it, and where that goes afterwards.
    pub(super) fn new(
        incoming: Incoming,
        (idle_timeout, end): (Duration, Option<Instant>),
        back: Option<(Connection, Arc<Pool>)>,
        place: Place,
    ) -> Self {
        Self {
            incoming,
            idle: Idle::new(idle_timeout),
            timer: end.map(|end| Box::pin(tokio::time::sleep_until(end))),
            end: End::NotYet,
            back,
            _place: place,
        }
    }

    fn cut(&mut self, error: BodyError) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        tracing::warn!(%error, "the answer of an application ended too early");
        self.end = End::TooEarly;
        Poll::Ready(Some(Err(error)))
    }
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        if let (true, Some((connection, pool))) = (self.is_end_stream(), self.back.take()) {
            pool.put(connection);
        }
    }
}
