//! The times in a token against our clock, with one leeway for all of them and for every kind of token.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::jose::registered_claims::RegisteredClaims;

/// How far two clocks may be apart. A token of FranceConnect lives no longer than this.
pub const LEEWAY: Duration = Duration::from_mins(1);

/// What is wrong with the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockFault {
    /// `iat` lies ahead: our clock is behind, or the provider's is ahead.
    IssuedInTheFuture,
    /// `nbf` lies ahead.
    NotYetValid,
    /// `exp` has passed: the token is old, or our clock is ahead.
    Expired,
    /// `auth_time` lies ahead: it would be recent for as long as it does.
    AuthenticatedInTheFuture,
}

/// A token that is not of our time. Both times are named, since it is usually one of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("clock: the token {fault} {theirs}, it is {ours} here, and 60 s of difference are allowed")]
pub struct ClockError {
    /// What is wrong.
    pub fault: ClockFault,
    /// What the token says.
    pub theirs: Timestamp,
    /// What our clock says.
    pub ours: Timestamp,
}

impl ClockError {
    /// One stable word for logs and metrics.
    pub fn reason(self) -> &'static str {
        match self.fault {
            ClockFault::IssuedInTheFuture
            | ClockFault::NotYetValid
            | ClockFault::AuthenticatedInTheFuture => "clock",
            ClockFault::Expired => "clock_expired",
        }
    }
}

impl fmt::Display for ClockFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IssuedInTheFuture => "was issued at",
            Self::NotYetValid => "is valid from",
            Self::Expired => "expired at",
            Self::AuthenticatedInTheFuture => "is about an authentication at",
        })
    }
}

/// Whether the token is of our time. A claim that is absent says nothing.
pub(super) fn judge(claims: &RegisteredClaims, now: Timestamp) -> Result<(), ClockError> {
    let error = |fault, theirs| ClockError {
        fault,
        theirs,
        ours: now,
    };
    let ahead = |moment: &Timestamp| *moment > now.plus(LEEWAY);
    if let Some(iat) = claims.iat.filter(ahead) {
        return Err(error(ClockFault::IssuedInTheFuture, iat));
    }
    if let Some(nbf) = claims.nbf.filter(ahead) {
        return Err(error(ClockFault::NotYetValid, nbf));
    }
    match claims.exp {
        Some(exp) if exp <= now.minus(LEEWAY) => Err(error(ClockFault::Expired, exp)),
        _ => Ok(()),
    }
}

/// Whether somebody may have proved who they are at this time, as far as the clocks go.
pub(super) fn judge_authentication(at: Timestamp, now: Timestamp) -> Result<(), ClockError> {
    if at > now.plus(LEEWAY) {
        return Err(ClockError {
            fault: ClockFault::AuthenticatedInTheFuture,
            theirs: at,
            ours: now,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::test_support::NOW;
    use serde_json::json;

    #[test]
    fn one_leeway_holds_at_both_ends() {
        let judge_at = |claim: &str, offset: i64| {
            let payload = json!({ claim: NOW.as_unix() + offset });
            let claims = RegisteredClaims::of(payload.as_object().unwrap()).unwrap();
            judge(&claims, NOW).map_err(ClockError::reason)
        };
        for (claim, offset, expected) in [
            ("iat", 20, Ok(())),
            ("iat", 60, Ok(())),
            ("iat", 61, Err("clock")),
            ("iat", 600, Err("clock")),
            ("iat", -100_000, Ok(())),
            ("nbf", 60, Ok(())),
            ("nbf", 61, Err("clock")),
            ("exp", 1, Ok(())),
            ("exp", -59, Ok(())),
            ("exp", -60, Err("clock_expired")),
            ("auth_time", 600, Ok(())),
        ] {
            assert_eq!(judge_at(claim, offset), expected, "{claim} {offset}");
        }
    }

    #[test]
    fn the_message_names_both_times() {
        let error = ClockError {
            fault: ClockFault::IssuedInTheFuture,
            theirs: Timestamp::from_unix(1_700_000_600),
            ours: Timestamp::from_unix(1_700_000_000),
        };
        let text = error.to_string();
        assert!(text.starts_with("clock: ") && text.contains("22:23:20Z") && text.contains("22:13:20Z"));
    }
}
