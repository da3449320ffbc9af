//! Lies of a provider: one field of a valid answer of `oidc-provider` is altered in flight, and signed again with its key
//! where the lie is not the signature.
//!
//! Four proofs for each that is refused: the page, the reason in the log under the page's reference, no session in the
//! store, no byte at the application. For what is accepted: the person, at the application.

pub(crate) mod claims;
pub(crate) mod keys;
pub(crate) mod lie;
pub(crate) mod signature;
pub(crate) mod token_endpoint;
pub(crate) mod userinfo;
