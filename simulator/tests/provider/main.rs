//! The simulated provider is as strict, and as odd, as the real one was seen to be.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: a panic is their way to fail"
)]

mod authorization;
mod interaction;
mod logout;
mod profiles;
mod scene;
mod tokens;
