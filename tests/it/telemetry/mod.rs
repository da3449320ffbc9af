//! What the gateway says about itself, and what it never says about anybody.

pub(crate) mod audit;
mod canary;
mod documented;
pub(crate) mod log;
pub(crate) mod monitor;
mod references;
mod watched;
