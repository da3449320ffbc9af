//! Asks an application over one connection: sends a request and waits for the head of the answer, and says what became of a
//! request that was not answered.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::Request;
use http::Response;
use http::Version;
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::gateway::application::connect::Connection;
use crate::gateway::application::heard::Heard;
use crate::gateway::application::pool::Place;
use crate::gateway::application::pool::Pool;
use crate::gateway::application::upstream_error::UpstreamError;
use crate::gateway::body::request_body::Fault;
use crate::gateway::body::request_body::RequestBody;
use crate::gateway::body::request_body::Upload;
use crate::gateway::listener::clients::Requesting;
use crate::wire::framing;
use crate::wire::framing::Framing;

/// How long an answer is waited for.
#[derive(Debug)]
pub(super) struct Patience {
    /// Key `response_timeout`.
    pub(super) response_timeout: Duration,
    /// When the exchange ends whatever moves, by key `total_timeout`.
    pub(super) end: Option<Instant>,
    /// How far the body of the request came, if it has one.
    pub(super) upload: Option<Arc<Upload>>,
    /// What is asked for.
    pub(super) method: Method,
}

/// A question on its way. Should whoever asked it go away, its place and its share of the client stay taken while the
/// application may be at work on it: else taking back would make room for more work without an end.
struct Question<'a> {
    heard: Heard,
    patience: &'a Patience,
    asked_at: Instant,
    place: &'a mut Place,
    client: &'a Requesting,
    is_over: bool,
}

/// Why there is no head of an answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// No byte of it had left.
    Unsent(Box<Request<RequestBody>>),
    /// The connection ended before any byte of an answer came.
    Died(hyper::Error),
    /// Anything else.
    Failed(UpstreamError),
}

impl Patience {
    /// Where the connection goes after the answer. An application that answers without reading a body may take it for the
    /// next request: what one visitor sent would be answered to another. So nobody follows a body.
    ///
    /// Nor an answer of which the application may send content all the same where none belongs (RFC 9112, section 6.3): that
    /// would be read as the answer to whoever comes next. Nor an answer in HTTP/1.0: hyper would speak that from then on, and
    /// leave away a body whose length is not known.
    pub(super) fn afterwards(&self, answer: &Response<Incoming>, pool: &Arc<Pool>) -> Option<Arc<Pool>> {
        let is_over = self.upload.is_none() && self.method != Method::HEAD && !says_too_much(answer);
        (is_over && answer.version() == Version::HTTP_11).then(|| Arc::clone(pool))
    }

    /// Sends the request of a client to the server of whose places it has this one, and waits.
    pub(super) async fn ask(
        &self,
        mut connection: Connection,
        request: Box<Request<RequestBody>>,
        (place, client): (&mut Place, &Requesting),
    ) -> Result<(Connection, Response<Incoming>), NoAnswer> {
        let heard_before = connection.heard.expect_answer();
        let mut question = Question {
            heard: connection.heard.clone(),
            patience: self,
            asked_at: Instant::now(),
            place,
            client,
            is_over: false,
        };
        let answer = tokio::select! {
            answer = connection.sender.try_send_request(*request) => Ok(answer),
            ended = self.ends(question.asked_at) => Err(NoAnswer::Failed(ended)),
        };
        question.is_over = true;
        let answer = answer?;
        let mut failed = match answer {
            Ok(answer) => {
                connection.heard.answer_begins();
                Framing::of(answer.headers())
                    .map_err(|error| NoAnswer::Failed(UpstreamError::Framing(error)))?;
                return Ok((connection, answer));
            }
            Err(failed) => failed,
        };
        if let Some(request) = failed.take_message() {
            return Err(NoAnswer::Unsent(Box::new(request)));
        }
        let error = failed.into_error();
        match self.upload.as_ref().and_then(|upload| upload.fault()) {
            Some(Fault::Broken) => return Err(NoAnswer::Failed(UpstreamError::RequestBodyBroken)),
            Some(Fault::Still) => return Err(NoAnswer::Failed(UpstreamError::RequestBodyStill)),
            Some(Fault::Slow) => return Err(NoAnswer::Failed(UpstreamError::RequestBodySlow)),
            Some(Fault::TooLong) => return Err(NoAnswer::Failed(UpstreamError::RequestBodyTooLong)),
            None => {}
        }
        Err(if error.is_parse() {
            NoAnswer::Failed(UpstreamError::Invalid(error))
        } else if connection.heard.is_too_much() {
            NoAnswer::Failed(UpstreamError::Interim(error))
        } else if connection.heard.bytes() == heard_before {
            NoAnswer::Died(error)
        } else {
            NoAnswer::Failed(UpstreamError::Closed(error))
        })
    }

    async fn ends(&self, asked_at: Instant) -> UpstreamError {
        loop {
            let until = self.until(asked_at);
            let now = Instant::now();
            if until <= now {
                let is_all = self.end.is_some_and(|end| end <= now);
                return if is_all {
                    UpstreamError::TotalTimeout
                } else {
                    UpstreamError::ResponseTimeout
                };
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// `response_timeout` after the head was sent, or after the last part of the body: a long upload that moves is no
    /// delay of the application.
    fn until(&self, asked_at: Instant) -> Instant {
        let moved_at = self.upload.as_ref().map_or(asked_at, |upload| upload.moved_at());
        let patient_until = moved_at.max(asked_at) + self.response_timeout;
        self.end.map_or(patient_until, |end| end.min(patient_until))
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let held = (self.place.hand_over(), self.client.outlasted());
            self.heard.leave(held, self.patience.until(self.asked_at));
        }
    }
}

/// Whether an answer that has no content announces some.
fn says_too_much<B>(answer: &Response<B>) -> bool {
    !framing::may_have_content(answer.status()) && framing::announces_content(answer.headers())
}
