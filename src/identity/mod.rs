//! The person, in our words.

#[expect(
    clippy::module_inception,
    reason = "the file is named after the type it holds"
)]
pub mod identity;
