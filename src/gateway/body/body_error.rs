//! Why a body ended before its end.

/// What happened to a body on its way through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::gateway) enum BodyError {
    /// The sender hung up, or its framing is wrong (RFC 9112, section 7.1).
    #[error("the body broke off")]
    Broken(#[source] hyper::Error),
    /// Nothing came for `idle_timeout`.
    #[error("the body stood still for `idle_timeout`")]
    Still,
    /// It kept us waiting for longer than `body_grace` and `body_rate` allow.
    #[error("the body came slower than `body_rate`")]
    Slow,
    /// It is longer than the application takes.
    #[error("the body is longer than `max_body`")]
    TooLong,
    /// It came for longer than `total_timeout` allows.
    #[error("the exchange took longer than `total_timeout`")]
    Late,
    /// The browser asked for no part of it for `write_timeout`.
    #[error("the browser did not read the answer")]
    Unread,
    /// The session that the answer began with is over.
    #[error("the session has ended")]
    SessionEnded,
}
