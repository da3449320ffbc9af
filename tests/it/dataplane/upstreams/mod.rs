//! The servers of an application: which one is asked, how it is reached, how long it may take, what passes through.

mod authorities;
mod choice;
mod health;
mod sockets;
mod stage;
pub(crate) mod timers;
mod volume;
