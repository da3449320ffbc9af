//! The person, in our words.

pub mod claims_mapping;
pub mod identity;
