//! The evidence that a request may pass, and as whom. Only [`decide`](crate::access::decide) makes one.

use crate::session::session::Session;

/// What a request may pass as.
///
/// Nobody outside `access` can make one:
///
/// ```compile_fail
/// use guichet::access::permit::Permit;
/// let permit: Permit = Permit::anonymous();
/// ```
///
/// The decision can, and is the same line but for where the permit comes from:
///
/// ```
/// use guichet::access::permit::Permit;
/// use guichet::access::{Decision, Rule, Visitor, decide, requirement::Access};
/// use guichet::clock::Timestamp;
/// let rule = Rule { access: Access::Optional, requirement: None };
/// let Decision::Forward(permit) = decide(rule, Visitor::Asked(vec![]), Timestamp::from_unix(0)) else { panic!() };
/// let permit: Permit = permit;
/// ```
#[derive(Debug)]
pub struct Permit(Passes);

/// As whom a request passes.
#[derive(Debug)]
pub enum Passes {
    /// Nobody looked, so nothing is said.
    Unasked,
    /// Somebody looked, and there is no session.
    Anonymous,
    /// With this session.
    SignedIn(Box<Session>),
}

impl Permit {
    /// As whom.
    pub fn passes(&self) -> &Passes {
        &self.0
    }

    /// As whom, when nothing more is asked of the permit.
    pub fn into_passes(self) -> Passes {
        self.0
    }

    pub(super) fn unasked() -> Self {
        Self(Passes::Unasked)
    }

    pub(super) fn anonymous() -> Self {
        Self(Passes::Anonymous)
    }

    pub(super) fn signed_in(session: Session) -> Self {
        Self(Passes::SignedIn(Box::new(session)))
    }
}
