//! May a request pass, and as whom? Decided by value, without I/O.

pub mod requirement;
