//! Why an application gave no answer, and what that is called in front of a person.

use crate::causes;
use crate::endpoints::failure::Failure;
use crate::wire::framing::FramingError;

/// Why there is no answer from the application. Each message is what the log says, with the key that bounds it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::gateway) enum UpstreamError {
    /// As many exchanges as allowed are under way.
    #[error("all `max_connections` are in use")]
    Busy,
    /// Refused, unreachable, unknown name, or a certificate that does not verify.
    #[error("no connection to the application")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It took too long to connect, TLS included.
    #[error("no connection within `connect_timeout`")]
    ConnectTimeout,
    /// The application closed a kept connection while the request was on its way, and a repetition might do a thing twice.
    #[error("idle connection closed by the application")]
    IdleClosed(#[source] hyper::Error),
    /// The connection ended before the head of an answer was complete.
    #[error("the application closed the connection without an answer")]
    Closed(#[source] hyper::Error),
    /// The head of the answer is no HTTP/1.1 (RFC 9112).
    #[error("the answer of the application is not valid")]
    Invalid(#[source] hyper::Error),
    /// Nobody knows where its content ends (RFC 9112, section 6.3): a browser might read one answer as two.
    #[error("the answer of the application is not valid")]
    Framing(#[source] FramingError),
    /// Interim answers (RFC 9110, section 15.2) without an end.
    #[error("the application says too much before its answer")]
    Interim(#[source] hyper::Error),
    /// `101` to a request that asked for no other protocol (RFC 9110, section 15.2.2), or that does not agree to what it asked
    /// for (RFC 6455, section 4.1).
    #[error("the application switched protocols without being asked, or to something else")]
    SwitchedProtocols,
    /// No head of an answer.
    #[error("no answer within `response_timeout`")]
    ResponseTimeout,
    /// It took too long altogether.
    #[error("no whole answer within `total_timeout`")]
    TotalTimeout,
    /// The browser's body broke off or is framed wrongly. The application saw it end too early.
    #[error("the body of the request broke off")]
    RequestBodyBroken,
    /// The browser sent nothing more of its body.
    #[error("the body of the request stood still for `idle_timeout`")]
    RequestBodyStill,
    /// The browser's body came too slowly.
    #[error("the body of the request came slower than `body_rate`")]
    RequestBodySlow,
    /// The browser's body became longer than its application takes, and did not say so before.
    #[error("the body of the request is longer than `max_body`")]
    RequestBodyTooLong,
    /// The judged target or host is no text that a request line or field can hold.
    #[error("the request cannot be written")]
    Unwritable(#[source] http::Error),
}

impl UpstreamError {
    /// One stable word for metrics.
    pub(in crate::gateway) fn reason(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Connect(_) => "connect",
            Self::ConnectTimeout => "connect_timeout",
            Self::IdleClosed(_) | Self::Closed(_) => "closed",
            Self::Invalid(_) | Self::Framing(_) | Self::Interim(_) | Self::SwitchedProtocols => "invalid",
            Self::ResponseTimeout => "response_timeout",
            Self::TotalTimeout => "total_timeout",
            Self::RequestBodyBroken
            | Self::RequestBodyStill
            | Self::RequestBodySlow
            | Self::RequestBodyTooLong => "request_body",
            Self::Unwritable(_) => "unwritable",
        }
    }

    /// What the person hears.
    pub(in crate::gateway) fn failure(&self) -> Failure {
        match self {
            Self::Busy => Failure::UpstreamBusy,
            Self::ConnectTimeout | Self::ResponseTimeout | Self::TotalTimeout => Failure::UpstreamTimeout,
            Self::RequestBodyBroken => Failure::BadRequestBody,
            Self::RequestBodySlow => Failure::BodyTooSlow,
            Self::RequestBodyStill => Failure::BodyStill,
            Self::RequestBodyTooLong => Failure::BodyTooLong,
            Self::Connect(_)
            | Self::IdleClosed(_)
            | Self::Closed(_)
            | Self::Invalid(_)
            | Self::Framing(_)
            | Self::Interim(_)
            | Self::SwitchedProtocols
            | Self::Unwritable(_) => Failure::UpstreamUnavailable,
        }
    }

    /// The message with its causes, for the log: from our own side and the application's, nothing that a person typed.
    pub(in crate::gateway) fn chain(&self) -> String {
        causes::in_one_line(self)
    }
}
