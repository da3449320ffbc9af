//! What the gateway says about itself: lines for an operator, events for an auditor, numbers for a dashboard. Never who
//! somebody is.
//!
//! Handed in, never global: many gateways may live in one process.

pub mod audit;
pub mod expected;
pub mod followed_file;
pub mod labels;
pub mod limit;
pub mod limit_label;
pub mod line;
pub mod logging;
pub mod metrics;
pub mod panics;
pub mod peer;
pub mod queue;
#[expect(
    clippy::module_inception,
    reason = "the file is named after the type it holds"
)]
pub mod telemetry;
