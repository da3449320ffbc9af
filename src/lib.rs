//! Guichet: FranceConnect in front of applications that cannot be changed.
//!
//! The modules stand on floors; each imports only what is below it (`tests/architecture.rs`).

pub mod access;
pub mod clock;
pub mod endpoints;
pub mod gateway;
pub mod pipeline;
pub mod provider;
pub mod routing;
pub mod secret;
pub mod wire;
