//! The path and the identity that an application sees are those that were judged.

pub(crate) mod paths;
mod servers;
mod spoofed;
mod tolerated;
pub(crate) mod upstreams;
