//! The body of a request on its way to the application: streamed as it comes, given up when it stands still, comes too
//! slowly or becomes too long.
//!
//! Trailers end here: an application might read them as fields (RFC 9110, section 6.5.1).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::gateway::body::body_error::BodyError;
use crate::gateway::body::idle::Idle;
use crate::gateway::body::pace::Pace;
use crate::gateway::listener::limits::Limits;

/// How long a body may stand still of which nobody knows yet whose it is, as the default of an app.
const NOBODYS_IDLE_TIMEOUT: Duration = Duration::from_mins(1);
/// Most that is read of a body that nobody wants.
const LONGEST_UNWANTED_BODY: usize = 16 * 1024 * 1024;
/// Longest that such a body is read.
const LONGEST_DISCARD: Duration = Duration::from_secs(10);

/// Whether the browser waits to be told that its body is wanted (`Expect: 100-continue`, RFC 9110, section 10.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Expectation {
    /// The body comes anyway.
    None,
    /// hyper tells it when the body is first asked for.
    Continue,
}

/// How far a body came: read by whoever waits for the answer.
#[derive(Debug)]
pub(in crate::gateway) struct Upload(Mutex<UploadState>);

#[derive(Clone, Copy, Debug)]
struct UploadState {
    moved_at: Instant,
    fault: Option<Fault>,
}

/// Why the body ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Fault {
    /// See [`BodyError::Broken`].
    Broken,
    /// See [`BodyError::Still`].
    Still,
    /// See [`BodyError::Slow`].
    Slow,
    /// See [`BodyError::TooLong`].
    TooLong,
}

impl Upload {
    fn begin() -> Self {
        Self(Mutex::new(UploadState {
            moved_at: Instant::now(),
            fault: None,
        }))
    }

    /// When a part of it last passed, or when it began.
    pub(in crate::gateway) fn moved_at(&self) -> Instant {
        self.state(|state| state.moved_at)
    }

    /// Why it ended early, if it did.
    pub(in crate::gateway) fn fault(&self) -> Option<Fault> {
        self.state(|state| state.fault)
    }

    fn state<T>(&self, look: impl FnOnce(&mut UploadState) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A request's body; most requests have none, and pass it on at the price of a pointer.
#[derive(Debug)]
pub(in crate::gateway) struct RequestBody(Option<Box<Coming>>);

/// A body that comes. One that is dropped before its end is read on for a while and thrown away: a browser that is cut off
/// while it writes shows "connection reset" instead of our answer.
#[derive(Debug)]
struct Coming {
    incoming: Option<Incoming>,
    idle: Idle,
    pace: Pace,
    most: u64,
    upload: Arc<Upload>,
    expectation: Expectation,
}

impl RequestBody {
    /// What came with a request. It may stand still for as long as [`RequestBody::may_idle`] says, and be as
    /// long as [`RequestBody::at_most`] says.
    pub(in crate::gateway) fn new(incoming: Incoming, expectation: Expectation, limits: &Limits) -> Self {
        if incoming.is_end_stream() {
            return Self::none();
        }
        Self(Some(Box::new(Coming {
            incoming: Some(incoming),
            idle: Idle::new(NOBODYS_IDLE_TIMEOUT),
            pace: Pace::new(limits.body),
            most: limits.max_body,
            upload: Arc::new(Upload::begin()),
            expectation,
        })))
    }

    /// No body.
    pub(in crate::gateway) fn none() -> Self {
        Self(None)
    }

    /// The same body, given up after another time of standing still.
    pub(in crate::gateway) fn may_idle(mut self, bound: Duration) -> Self {
        if let Some(coming) = &mut self.0 {
            coming.idle = Idle::new(bound);
        }
        self
    }

    /// The same body with another bound of its length, if there is one.
    pub(in crate::gateway) fn at_most(mut self, most: Option<u64>) -> Self {
        if let (Some(coming), Some(most)) = (&mut self.0, most) {
            coming.most = most;
        }
        self
    }

    /// Whether it says itself that it is too long: then nothing of it has to be read.
    pub(in crate::gateway) fn says_too_much(&self) -> bool {
        let coming = self.0.as_ref();
        coming.is_some_and(|coming| coming.size_hint().lower() > coming.most)
    }

    /// How far it came; `None` for a request without a body.
    pub(in crate::gateway) fn upload(&self) -> Option<Arc<Upload>> {
        self.0.as_ref().map(|coming| Arc::clone(&coming.upload))
    }

    /// Nobody knows where it ends: not one byte of it is read.
    pub(in crate::gateway) fn abandon(self) {
        if let Some(mut coming) = self.0 {
            coming.incoming = None;
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Some(coming) => coming.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|coming| coming.is_over())
    }

    fn size_hint(&self) -> SizeHint {
        let coming = self.0.as_ref();
        coming.map_or_else(|| SizeHint::with_exact(0), |coming| coming.size_hint())
    }
}

impl Coming {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.expectation = Expectation::None;
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        match Pin::new(incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) if frame.is_data() => {
                self.idle.moved();
                self.upload.state(|state| state.moved_at = Instant::now());
                if self.pace.came(frame.data_ref().map_or(0, Bytes::len)) > self.most {
                    self.fault(Fault::TooLong);
                    return Poll::Ready(Some(Err(BodyError::TooLong)));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.fault(Fault::Broken);
                Poll::Ready(Some(Err(BodyError::Broken(error))))
            }
            // Trailers, or the end.
            Poll::Ready(_) => {
                self.incoming = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                if self.pace.poll_slow(cx).is_ready() {
                    self.fault(Fault::Slow);
                    return Poll::Ready(Some(Err(BodyError::Slow)));
                }
                std::task::ready!(self.idle.poll_still(cx));
                self.fault(Fault::Still);
                Poll::Ready(Some(Err(BodyError::Still)))
            }
        }
    }

    fn is_over(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let incoming = self.incoming.as_ref();
        incoming.map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }

    fn fault(&mut self, fault: Fault) {
        self.upload.state(|state| state.fault = Some(fault));
        self.incoming = None;
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        let unread = self.incoming.take().filter(|body| !body.is_end_stream());
        let runtime = tokio::runtime::Handle::try_current();
        // Reading would invite a body that the browser holds back.
        if let (Some(body), Ok(runtime), Expectation::None) = (unread, runtime, self.expectation) {
            drop(runtime.spawn(tokio::time::timeout(LONGEST_DISCARD, discard(body))));
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut left = LONGEST_UNWANTED_BODY;
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
