//! Who asks, may they pass, and what is the application told. Asked by everything that needs a decision, so that there is
//! one.

use std::sync::Arc;

use crate::access;
use crate::access::Decision;
use crate::access::Visitor;
use crate::access::permit::Passes;
use crate::access::requirement::Access;
use crate::access::requirement::Shortfall;
use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::identity_headers::Audience;
use crate::identity_headers::IdentityHeaders;
use crate::identity_headers::IdentityHeadersError;
use crate::identity_headers::assertion::Assertions;
use crate::routing::app::App;
use crate::routing::app::Route;
use crate::session::Sessions;
use crate::session::session::Session;
use crate::session::store::StoreError;
use crate::wire::request::Request;
use crate::wire::request_id::RequestId;

/// Why nothing could be decided. Every case refuses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// Whether there is a session is not known. That is not the same as none.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The visitor is known and cannot be told.
    #[error(transparent)]
    Identity(#[from] IdentityHeadersError),
}

/// What becomes of a request for an application.
#[derive(Debug)]
#[must_use]
pub enum Judgement {
    /// It passes.
    Forward(Admission),
    /// It needs a login.
    Authenticate,
    /// Whoever is signed in may not have it.
    Refuse(Shortfall),
}

/// A request that passes.
#[derive(Debug)]
pub struct Admission {
    /// What is written last into the head for the application.
    pub identity: IdentityHeaders,
    /// As whom it passes.
    pub passes: Passes,
}

impl Admission {
    /// What is added to the application's answer.
    pub fn cache(&self) -> AnswerCache {
        match self.passes {
            Passes::SignedIn(_) => AnswerCache::PrivateUnlessSaid,
            Passes::Anonymous | Passes::Unasked => AnswerCache::AsItIs,
        }
    }

    /// The session, if it passes as a person.
    pub fn session(&self) -> Option<&Session> {
        match &self.passes {
            Passes::SignedIn(session) => Some(session),
            Passes::Anonymous | Passes::Unasked => None,
        }
    }
}

/// What is added to the application's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerCache {
    /// Nothing.
    AsItIs,
    /// `Cache-Control: private, no-store`, unless the application says something itself: the request carried an identity.
    PrivateUnlessSaid,
}

/// Judges requests.
#[derive(Debug)]
pub struct Judge {
    sessions: Arc<Sessions>,
    assertions: Arc<Assertions>,
    clock: Arc<dyn Clock>,
}

impl Judge {
    /// A judge over the sessions, telling what `assertions` signs.
    pub fn new(sessions: Arc<Sessions>, assertions: Arc<Assertions>, clock: Arc<dyn Clock>) -> Self {
        Self {
            sessions,
            assertions,
            clock,
        }
    }

    /// Judges a request for a route of an application.
    pub async fn judge(&self, request: &Request, app: &App, route: &Route) -> Result<Judgement, JudgeError> {
        let visitor = match route.access {
            Access::Public => Visitor::Unasked,
            Access::Optional | Access::Required => Visitor::Asked(
                self.sessions
                    .load(&app.host, &request.cookies, &app.providers)
                    .await?,
            ),
        };
        let asked = Asked {
            app,
            route,
            id: &request.id,
            now: self.clock.now(),
        };
        judge_visitor(asked, visitor, &self.assertions)
    }
}

/// A request for a route of an application, as far as a decision needs it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose it is.
    pub app: &'a App,
    /// What it asks of its visitor.
    pub route: &'a Route,
    /// Its number.
    pub id: &'a RequestId,
    /// The present moment.
    pub now: Timestamp,
}

/// Judges by value, without I/O: whoever explains a decision asks what decides it.
pub fn judge_visitor(
    asked: Asked<'_>,
    visitor: Visitor,
    assertions: &Assertions,
) -> Result<Judgement, JudgeError> {
    let permit = match access::decide(asked.route.rule(), visitor, asked.now) {
        Decision::Forward(permit) => permit,
        Decision::Authenticate => return Ok(Judgement::Authenticate),
        Decision::Refuse(shortfall) => return Ok(Judgement::Refuse(shortfall)),
    };
    let audience = Audience {
        app: &asked.app.name,
        told: &asked.app.told,
    };
    Ok(Judgement::Forward(Admission {
        identity: IdentityHeaders::of(&permit, audience, asked.id, assertions)?,
        passes: permit.into_passes(),
    }))
}
