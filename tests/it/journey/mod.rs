//! What a person lives through, from the first page to the end of the session, at two providers and over two stores.

mod chromium;
pub(crate) mod cookies;
mod double_click;
mod dump;
mod outage;
mod questions;
mod restart;
mod sessions;
pub(crate) mod stage;
mod whole;
