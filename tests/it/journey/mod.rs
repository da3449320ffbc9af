//! What a person lives through, from the first page to the end of the session, at two providers and over two stores.

pub(crate) mod simulator;
pub(crate) mod stage;
mod whole;
