//! The relying party: one file per protocol message.

pub mod attempts;
