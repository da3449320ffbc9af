//! The configuration: what is read, what is refused and in which words, and what is shipped.

mod mistakes;
pub(crate) mod program;
mod shipped;
mod text;
mod unseen;
