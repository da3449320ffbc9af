//! Bodies on their way: that of a request (`request_body`), and what holds for both directions: when one stands still
//! (`idle`), comes too slowly (`pace`), and why it ended too early (`body_error`).

pub(super) mod body_error;
pub(super) mod idle;
mod pace;
pub(super) mod request_body;
