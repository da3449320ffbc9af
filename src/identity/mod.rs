//! The person, in our words.

pub mod birthdate;
pub mod claims_mapping;
pub mod fact;
#[expect(
    clippy::module_inception,
    reason = "the file is named after the type it holds"
)]
pub mod identity;
pub mod paris;
