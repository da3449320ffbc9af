//! May a request pass, and as whom? Decided by value, without I/O.

pub mod permit;
pub mod requirement;

use crate::access::permit::Permit;
use crate::access::requirement::Access;
use crate::access::requirement::Requirement;
use crate::access::requirement::Shortfall;
use crate::clock::Timestamp;
use crate::session::session::Session;

/// Who is asking, as far as anybody looked.
#[derive(Debug)]
pub enum Visitor {
    /// Nobody looked: the route is public. That is not a missing session.
    Unasked,
    /// The live sessions of this browser that could count here, the most recent login first; perhaps none.
    Asked(Vec<Session>),
}

/// What becomes of a request.
#[derive(Debug)]
#[must_use]
pub enum Decision {
    /// It goes to the application, as the permit says.
    Forward(Permit),
    /// It needs a login first.
    Authenticate,
    /// There is a session, and it is not enough.
    Refuse(Shortfall),
}

/// What a route asks.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// Key `access`.
    pub access: Access,
    /// Key `require`.
    pub requirement: Option<&'a Requirement>,
}

/// Why no session counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uncounted {
    /// None is alive.
    NoSession,
    /// None that is alive is enough.
    NotEnough(Shortfall),
}

/// Decides.
pub fn decide(rule: Rule<'_>, visitor: Visitor, now: Timestamp) -> Decision {
    let sessions = match visitor {
        Visitor::Unasked => Vec::new(),
        Visitor::Asked(sessions) => sessions,
    };
    if rule.access == Access::Public {
        return Decision::Forward(Permit::unasked());
    }
    match (rule.access, counting(rule.requirement, sessions, now)) {
        (_, Ok(session)) => Decision::Forward(Permit::signed_in(session)),
        (Access::Public | Access::Optional, Err(_)) => Decision::Forward(Permit::anonymous()),
        (Access::Required, Err(Uncounted::NoSession)) => Decision::Authenticate,
        (Access::Required, Err(Uncounted::NotEnough(shortfall))) => Decision::Refuse(shortfall),
    }
}

/// The session that counts: of those that are alive the most recent login that satisfies the requirement. Where none does,
/// what is said is what the most recent one lacks at an entry that can satisfy it, else the most recent one at all.
pub fn counting(
    requirement: Option<&Requirement>,
    sessions: Vec<Session>,
    now: Timestamp,
) -> Result<Session, Uncounted> {
    let mut nearest: Option<(bool, Shortfall)> = None;
    for session in sessions.into_iter().filter(|session| now < session.ends_at) {
        let Some(requirement) = requirement else {
            return Ok(session);
        };
        let Some(shortfall) = requirement.shortfall(&session, now) else {
            return Ok(session);
        };
        let is_near = requirement.entries.contains(&session.entry);
        if nearest.as_ref().is_none_or(|(was_near, _)| is_near && !was_near) {
            nearest = Some((is_near, shortfall));
        }
    }
    Err(nearest.map_or(Uncounted::NoSession, |(_, shortfall)| {
        Uncounted::NotEnough(shortfall)
    }))
}

#[cfg(test)]
mod tests;
