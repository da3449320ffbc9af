//! What somebody may try who can send any byte, sign in, or speak for the provider: each a row with its number.

pub(crate) mod hostile_claims;
pub(crate) mod identity_headers;
