//! The body of an answer: ours, held in memory, or an application's, streamed; or another protocol in its place.

use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use http_body_util::Full;

use crate::gateway::answer::tunnel::Tunnel;
use crate::gateway::answer::vigil::Vigil;
use crate::gateway::application::answer_stream::AnswerStream;
use crate::gateway::body::body_error::BodyError;

/// What hyper's server sends.
#[derive(Debug)]
pub(in crate::gateway) enum AnswerBody {
    /// A page or a redirect of ours.
    Own(Full<Bytes>),
    /// What an application says.
    Relayed(Box<Relayed>),
    /// Nothing: both sides speak another protocol from here on.
    Switched(Box<Tunnel>),
}

/// An application's answer, and who looks whether it may go on.
#[derive(Debug)]
pub(in crate::gateway) struct Relayed {
    stream: AnswerStream,
    vigil: Option<Vigil>,
    /// How many parts came without a wait between them.
    at_once: u8,
}

/// So many parts are no longer one short answer, even if none of them was waited for.
const MOST_AT_ONCE: u8 = 32;

impl AnswerBody {
    /// What an application says.
    pub(in crate::gateway) fn relayed(stream: AnswerStream) -> Self {
        Self::Relayed(Box::new(Relayed {
            stream,
            vigil: None,
            at_once: 0,
        }))
    }

    /// The same, ended with the session that it began with, if nothing says where it would end itself.
    pub(in crate::gateway) fn watched(mut self, vigil: impl FnOnce() -> Option<Vigil>) -> Self {
        if let Self::Relayed(relayed) = &mut self
            && relayed.stream.size_hint().exact().is_none()
        {
            relayed.vigil = vigil();
        }
        self
    }
}

impl Relayed {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = Pin::new(&mut self.stream).poll_frame(cx);
        let Some(vigil) = &mut self.vigil else {
            return frame;
        };
        if frame.is_pending() {
            self.at_once = MOST_AT_ONCE;
        }
        if self.at_once < MOST_AT_ONCE {
            self.at_once += 1;
        } else if vigil.poll_ended(cx).is_ready() {
            return Poll::Ready(Some(Err(BodyError::SessionEnded)));
        }
        frame
    }
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
            Self::Relayed(relayed) => relayed.poll_frame(cx),
            Self::Switched(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(body) => body.is_end_stream(),
            Self::Relayed(relayed) => relayed.stream.is_end_stream(),
            Self::Switched(_) => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(body) => body.size_hint(),
            Self::Relayed(relayed) => relayed.stream.size_hint(),
            Self::Switched(_) => SizeHint::with_exact(0),
        }
    }
}
