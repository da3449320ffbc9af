//! FranceConnect+: tokens that are signed, then encrypted for a key of ours that the provider fetches. The provider is npm's
//! `oidc-provider`, which encrypts with npm's `jose`.

pub(crate) mod journey;
pub(crate) mod levels;
pub(crate) mod lies;
mod logout_token;
mod rotation;
pub(crate) mod stage;
