//! The demonstration: a simulated provider, a legacy application, and the real `guichet` executable between them.

pub(crate) mod application_check;
pub(crate) mod attack;
mod attack_callback;
mod attack_header;
mod attack_request;
mod attack_session;
pub(crate) mod attacks;
mod configuration;
pub mod executable;
pub(crate) mod field;
pub(crate) mod journey;
pub(crate) mod pages;
mod raw;
pub mod self_test;
pub mod stage;
mod tour;
