//! The session store over a real Redis: what it must do, and what it says when Redis is slow, refuses, lies or is gone.

pub(crate) mod bench;
pub(crate) mod conforms;
pub(crate) mod examine;
mod interleaved;
pub(crate) mod journey;
pub(crate) mod outage;
pub(crate) mod refusal;
mod wire;
