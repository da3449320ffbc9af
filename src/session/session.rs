//! A session: one login at one provider entry, at one host; and how long it may live.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::identity::identity::Authentication;
use crate::identity::identity::Identity;
use crate::provider::entry_name::EntryName;
use crate::seal::SealError;
use crate::secret::Secret;
use crate::session::kept_token::KeptToken;
use crate::session::key::Locator;
use crate::wire::host::Host;

/// A key of the store whose time to live is more than this below the wanted one gets it anew.
const TOUCH_SLACK: Duration = Duration::from_mins(1);

/// A live session, as the store held it a moment ago. Of a browser's request only [`crate::session::Sessions`] makes one;
/// the sample people of the command line have some that no store holds.
#[derive(Clone, Debug)]
pub struct Session {
    /// The provider entry of the login.
    pub entry: EntryName,
    /// The host that the session is for. It opens nothing at another one.
    pub host: Host,
    /// Who it is.
    pub identity: Identity,
    /// How sure the provider was.
    pub authentication: Authentication,
    /// When the login happened.
    pub logged_in_at: Timestamp,
    /// When it ends, whatever the person does.
    pub ends_at: Timestamp,
    /// When it ends if the person does nothing more.
    pub lapses_at: Timestamp,
    /// The ID token: the hint of the logout.
    pub id_token: KeptToken,
    /// Names the session to an operator. Not the key.
    pub reference: Locator,
}

impl Session {
    /// Names the session to the application. Neither the key nor the reference.
    pub fn sid(&self) -> Result<String, SealError> {
        self.reference.public_sid().ok_or(SealError::NotSealed)
    }
}

/// A login that succeeded and is not a session yet.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The provider entry.
    pub entry: EntryName,
    /// The host that the session is for.
    pub host: Host,
    /// Who it is.
    pub identity: Identity,
    /// How sure the provider was.
    pub authentication: Authentication,
    /// The ID token, byte for byte as received.
    pub id_token: Secret,
    /// When the attempt was claimed. An end of the subject's sessions since then ends this one before it begins.
    pub claimed_at: Timestamp,
    /// The provider's `sid` (OpenID Connect Front-Channel Logout 1.0, section 3), if it gave one.
    pub provider_sid: Option<String>,
    /// What this browser held at the entry. It ends with the login.
    pub replaces: Vec<Session>,
}

/// How long sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Without a request. Key: `session.idle_timeout`.
    pub idle: Duration,
    /// Whatever happens. Key: `session.absolute_timeout`.
    pub absolute: Duration,
}

impl Lifetimes {
    /// The time to live that a key should have now: idle, but not past the absolute end. Nothing once that came.
    pub fn wanted(&self, now: Timestamp, ends_at: Timestamp) -> Duration {
        self.idle.min(ends_at.since(now))
    }
}

/// Whether a key with `left` to live is so far below the wanted time that it needs it anew.
pub fn is_touch_due(left: Duration, wanted: Duration) -> bool {
    left.saturating_add(TOUCH_SLACK) < wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIMES: Lifetimes = Lifetimes {
        idle: Duration::from_mins(30),
        absolute: Duration::from_hours(8),
    };

    fn wanted(now: i64, ends_at: i64) -> u64 {
        LIFETIMES
            .wanted(Timestamp::from_unix(now), Timestamp::from_unix(ends_at))
            .as_secs()
    }

    #[test]
    fn idle_time_does_not_reach_past_the_absolute_end() {
        assert_eq!(wanted(0, 28_800), 1800);
        assert_eq!(wanted(28_000, 28_800), 800);
        assert_eq!(wanted(28_800, 28_800), 0);
        assert_eq!(wanted(30_000, 28_800), 0);
        assert_eq!(wanted(-7200, 28_800), 1800);
    }

    #[test]
    fn a_touch_is_due_over_a_minute_below() {
        let due = |left, wanted| is_touch_due(Duration::from_secs(left), Duration::from_secs(wanted));
        assert!(!due(1800, 1800));
        assert!(!due(1740, 1800));
        assert!(due(1739, 1800));
        assert!(!due(1800, 100));
    }
}
