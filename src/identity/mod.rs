//! The person, in our words.

pub mod claims_mapping;
#[expect(
    clippy::module_inception,
    reason = "the file is named after the type it holds"
)]
pub mod identity;
