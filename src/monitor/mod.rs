//! What probes and a Prometheus ask, at an address of its own: `/livez`, `/readyz`, `/metrics`. Nothing secret is told here
//! and nothing can be changed here, so the address may be another one than this machine's.

pub mod listener;
pub mod readiness;
