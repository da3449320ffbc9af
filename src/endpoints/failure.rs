//! Scratch until the merge.

use crate::wire::request::RequestError;

/// Why there is no answer from the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The head was refused.
    BadRequest(RequestError),
    /// The form of an own endpoint is over its bound.
    FormTooLong,
    /// The body of the request broke off or is no valid framing.
    BadRequestBody,
    /// No connection, or it died.
    UpstreamUnavailable,
    /// A timer ran out.
    UpstreamTimeout,
    /// All connections are in use.
    UpstreamBusy,
}
