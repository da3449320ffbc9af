//! What the gateway says about itself, and what it never says about anybody.

mod canary;
pub(crate) mod cases;
mod documented;
mod monitor;
mod watched;
