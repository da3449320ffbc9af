//! `guichet doctor` beside real services.

mod bench;
pub(crate) mod faults;
mod looks;
mod own_keys;
