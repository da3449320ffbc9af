//! The audit stream: who signed in and out, who was refused, what an operator did.

pub mod action;
pub mod event;
pub mod stream;
