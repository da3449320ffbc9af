//! What an application may learn about a person, and what it may not.

mod facts;
pub(crate) mod mapping;
mod nobody;
mod petition;
mod requirements;
mod scopes;
mod stage;
