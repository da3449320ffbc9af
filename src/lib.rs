//! Guichet: FranceConnect in front of applications that cannot be changed.
//!
//! The modules stand on floors; each imports only what is below it (`tests/architecture.rs`).

pub mod clock;
pub mod pages;
pub mod provider;
pub mod secret;
pub mod wire;
