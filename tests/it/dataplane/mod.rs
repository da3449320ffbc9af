//! The path and the identity that an application sees are those that were judged.

mod servers;
