//! The paths that the gateway answers itself.

pub mod failure;
