//! The configuration: what is read, what is refused and in which words, and what is shipped.

mod client_keys;
mod derived;
mod forward_auth;
pub(crate) mod key_purposes;
mod mistakes;
mod outline;
pub(crate) mod program;
mod providers;
mod requirement;
mod schema;
mod shipped;
mod text;
mod tolerance;
mod unseen;
mod upstreams;
