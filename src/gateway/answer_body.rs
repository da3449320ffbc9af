//! The body of an answer: ours, held in memory, or an application's, streamed.

use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use http_body_util::Full;

use crate::gateway::answer_stream::AnswerStream;
use crate::gateway::body_error::BodyError;

/// What hyper's server sends.
#[derive(Debug)]
pub(super) enum AnswerBody {
    /// A page or a redirect of ours.
    Own(Full<Bytes>),
    /// What an application says.
    Relayed(Box<AnswerStream>),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Own(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|impossible| match impossible {}),
            Self::Relayed(body) => Pin::new(body.as_mut()).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(body) => body.is_end_stream(),
            Self::Relayed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(body) => body.size_hint(),
            Self::Relayed(body) => body.size_hint(),
        }
    }
}
