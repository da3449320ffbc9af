//! Guichet: FranceConnect in front of applications that cannot be changed.
//!
//! The modules stand on floors; each imports only what is below it (`tests/architecture.rs`).

pub mod access;
pub mod admin;
pub mod app;
pub mod back_channel;
pub mod bounded_file;
pub mod causes;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod endpoints;
pub mod gateway;
pub mod identity;
pub mod identity_headers;
pub mod jose;
pub mod judge;
pub mod key_folder;
pub mod lifecycle;
pub mod monitor;
pub mod oidc;
pub mod pages;
pub mod pipeline;
pub mod provider;
pub mod routing;
pub mod seal;
pub mod secret;
pub mod session;
pub mod supervisor;
pub mod telemetry;
pub mod wire;
