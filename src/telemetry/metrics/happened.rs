//! What happened, where a metric is told more than one word of it.

use std::sync::Arc;

use http::Method;

use crate::telemetry::labels::LoginResult;

/// What a browser asked for.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// The method as it came.
    pub method: &'a Method,
    /// Which of our own paths; empty for an application's.
    pub route: &'static str,
    /// The application; none for our own paths.
    pub app: Option<&'a Arc<str>>,
    /// What was answered.
    pub status: Option<u16>,
}

/// What became of a question of ours.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// An answer of this status.
    Answered(u16),
    /// None, for this reason, in one of our words.
    Unanswered(&'static str),
}

/// How a login ended, as a metric tells it.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// The entry.
    pub provider: &'a str,
    /// The application.
    pub app: &'a str,
    /// The level that was reached.
    pub acr: &'a str,
    /// In one word.
    pub result: LoginResult,
}
