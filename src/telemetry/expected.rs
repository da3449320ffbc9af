//! What will be counted under a configuration: it begins at nothing, because an alarm about growth misses what was not there.

use crate::telemetry::audit::event::SignedOut;
use crate::telemetry::labels::LoginLabels;
use crate::telemetry::labels::LoginResult;

/// What can happen under a configuration.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// `memory` or `redis`.
    pub store: &'static str,
    /// Each entry at which people sign in to an application, and the level that it asks for.
    pub logins: Vec<ExpectedLogin<'a>>,
}

/// How people sign in to an application.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedLogin<'a> {
    /// The application.
    pub app: &'a str,
    /// The entry.
    pub provider: &'a str,
    /// The level that is asked for.
    pub acr: &'a str,
}

/// Who signs out, and how far.
pub const LOGOUTS: [(&str, &str); 4] = [
    ("person", SignedOut::Everywhere.word()),
    ("person", SignedOut::HereOnly.word()),
    ("operator", SignedOut::HereOnly.word()),
    ("provider", SignedOut::Everywhere.word()),
];

impl ExpectedLogin<'_> {
    /// Every way in which it can end.
    pub fn endings(self) -> impl Iterator<Item = LoginLabels> {
        let failures = LoginResult::FAILURES.map(|result| ("", result));
        let all = failures.into_iter().chain([(self.acr, LoginResult::Success)]);
        all.map(move |(acr, result)| LoginLabels {
            provider: self.provider.to_owned(),
            app: self.app.to_owned(),
            acr: acr.to_owned(),
            result,
        })
    }
}
