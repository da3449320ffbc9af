//! Guichet: FranceConnect in front of applications that cannot be changed.
//!
//! The modules stand on floors; each imports only what is below it (`tests/architecture.rs`).

pub mod back_channel;
pub mod clock;
pub mod identity;
pub mod jose;
pub mod oidc;
pub mod provider;
pub mod seal;
pub mod secret;
pub mod session;
pub mod wire;
