//! Secrets and what they open, as an operator handles them: Redis, the way to the provider, rotations, the configuration.

pub(crate) mod outbound;
pub(crate) mod redis;
pub(crate) mod rotation;
