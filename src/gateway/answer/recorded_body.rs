//! The body of an answer on its way to the browser, with its line in the access log: told when it is over.

use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use http_body_util::Full;

use crate::gateway::answer::access_line::AnswerEnd;
use crate::gateway::answer::access_line::Record;
use crate::gateway::answer::answer_body::AnswerBody;
use crate::gateway::answer::tunnel::RecordedTunnel;
use crate::gateway::body::body_error::BodyError;

/// The body of an answer, counted to its end.
#[derive(Debug)]
pub(in crate::gateway) struct RecordedBody {
    body: AnswerBody,
    record: Option<Record>,
}

impl RecordedBody {
    /// Told when it is over.
    pub(in crate::gateway) fn new(body: AnswerBody, record: Record) -> Self {
        Self {
            body,
            record: Some(record),
        }
    }

    /// What the connection goes on as, if this answer switches to another protocol.
    pub(in crate::gateway) fn switch(&mut self) -> Option<RecordedTunnel> {
        if !matches!(self.body, AnswerBody::Switched(_)) {
            return None;
        }
        let nothing = AnswerBody::Own(Full::default());
        match (std::mem::replace(&mut self.body, nothing), self.record.take()) {
            (AnswerBody::Switched(tunnel), Some(record)) => Some(RecordedTunnel {
                tunnel,
                record: record.switched(),
            }),
            _ => None,
        }
    }

    /// About which nothing is told: the request has no number.
    pub(in crate::gateway) fn unrecorded(content: Bytes) -> Self {
        Self {
            body: AnswerBody::Own(Full::new(content)),
            record: None,
        }
    }
}

impl Body for RecordedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match (&polled, &mut self.record) {
            (Poll::Ready(Some(Ok(frame))), Some(record)) => {
                record.sent(frame.data_ref().map_or(0, Bytes::len));
            }
            (Poll::Ready(Some(Err(BodyError::SessionEnded))), Some(record)) => {
                record.ended(AnswerEnd::SessionEnded);
            }
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RecordedBody {
    fn drop(&mut self) {
        if let Some(record) = &mut self.record
            && (record.asked_for_a_head() || self.body.is_end_stream())
        {
            record.ended(AnswerEnd::Whole);
        }
    }
}
