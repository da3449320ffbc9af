//! Why a body ended before its end.

/// What happened to a body on its way through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum BodyError {
    /// The sender hung up, or its framing is wrong (RFC 9112, section 7.1).
    #[error("the body broke off")]
    Broken(#[source] hyper::Error),
    /// Nothing came for `idle_timeout`.
    #[error("the body stood still for `idle_timeout`")]
    Still,
    /// The browser asked for no part of it for a minute.
    #[error("the browser did not read the answer")]
    Unread,
}
