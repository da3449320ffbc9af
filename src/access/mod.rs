//! May a request pass, and as whom? Decided by value, without I/O.

pub mod permit;
pub mod requirement;

use crate::access::permit::Permit;
use crate::access::requirement::Access;
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
}

/// Decides. Of several sessions the most recent login that is still alive counts.
pub fn decide(access: Access, visitor: Visitor, now: Timestamp) -> Decision {
    let live = match visitor {
        Visitor::Unasked => None,
        Visitor::Asked(sessions) => sessions.into_iter().find(|session| now < session.ends_at),
    };
    match (access, live) {
        (Access::Public, _) => Decision::Forward(Permit::unasked()),
        (Access::Optional | Access::Required, Some(session)) => Decision::Forward(Permit::signed_in(session)),
        (Access::Optional, None) => Decision::Forward(Permit::anonymous()),
        (Access::Required, None) => Decision::Authenticate,
    }
}

#[cfg(test)]
mod tests;
