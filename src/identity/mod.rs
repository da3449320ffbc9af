//! The person, in our words.

pub mod identity;
