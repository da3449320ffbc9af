//! The session store as people and applications notice it, and what it holds: area M of the cases.

pub(crate) mod at_rest;
pub(crate) mod crowd;
pub(crate) mod keys;
pub(crate) mod outage;
mod people;
pub(crate) mod time;
pub(crate) mod unopened;
