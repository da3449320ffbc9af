//! The life of a request, on one page. Read this file first.
//!
//! Nothing here knows a socket: a request comes in as a value, and what becomes of it goes out as one.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use http::request::Parts;

use crate::access::permit::Passes;
use crate::access::requirement::Access;
use crate::clock::Clock;
use crate::endpoints;
use crate::endpoints::addressed::Addressed;
use crate::endpoints::challenge;
use crate::endpoints::desk::Desk;
use crate::endpoints::ends_session;
use crate::endpoints::ends_session::PendingSignOut;
use crate::endpoints::failure::Failure;
use crate::endpoints::forward_auth;
use crate::endpoints::forward_auth_error::ForwardAuthError;
use crate::endpoints::in_the_open;
use crate::endpoints::misdirected;
use crate::endpoints::refusal;
use crate::endpoints::witness;
use crate::identity_headers::IdentityHeaders;
use crate::judge::AnswerCache;
use crate::judge::Judge;
use crate::judge::Judgement;
use crate::routing::app::App;
use crate::routing::app::Mode;
use crate::routing::app::Route;
use crate::routing::app::SignOut;
use crate::session::owner::CookieOwner;
use crate::session::session::Session;
use crate::session::store::StoreError;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request::Request;
use crate::wire::request_id::RequestId;
use crate::wire::response::Response;
use crate::wire::scheme::Scheme;

/// What becomes of a request.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// We answer it.
    Answer(Response),
    /// The application does.
    Forward(Box<Forward>),
}

/// A request on its way to an application.
#[derive(Debug)]
pub struct Forward {
    /// What the client said, as far as it may be said.
    pub request: Box<Request>,
    /// Whose it is.
    pub app: Arc<App>,
    /// What is written last.
    pub identity: IdentityHeaders,
    /// What is added to the answer.
    pub cache: AnswerCache,
    /// What becomes of the application's own session cookies.
    pub app_cookies: AppCookies,
    /// The session that it passes with, if it passes as a person.
    pub session: Option<Box<Session>>,
    /// Whether that session ends when the application has answered.
    pub sign_out: SignOut,
    /// How browsers reach us.
    pub public_scheme: Scheme,
}

/// What becomes of the cookies that an app names in `app_cookies`, in both directions.
#[derive(Clone, Debug)]
pub enum AppCookies {
    /// It names none.
    NoneNamed,
    /// They are for this person, or for nobody.
    Of(Box<CookieOwner>),
    /// Whose they are is not known, as the store is away: they stay where they are.
    Withheld,
}

/// Whether an answer that goes on, a WebSocket or an event stream, may still go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// What let it begin holds.
    GoesOn,
    /// The session that it began with has ended.
    SessionEnded,
}

/// Decides every request.
#[derive(Debug)]
pub struct Pipeline {
    desk: Arc<Desk>,
    judge: Judge,
}

impl Pipeline {
    /// A pipeline over the desk and a judge of the same sessions.
    pub fn new(desk: Arc<Desk>, judge: Judge) -> Self {
        Self { desk, judge }
    }

    /// Decides a request: whose is it, may it pass, what is the application told.
    pub async fn handle(self: Arc<Self>, request: Box<Request>) -> Outcome {
        let desk = &self.desk;
        let (app, route) = match Addressed::of(desk, &request) {
            Addressed::Route(app, route) => (app, route),
            Addressed::Own => {
                return Outcome::Answer(Box::pin(endpoints::answer(Arc::clone(desk), *request)).await);
            }
            Addressed::Misdirected => return Outcome::Answer(misdirected::answer(desk, &request)),
            Addressed::InTheOpen => return Outcome::Answer(in_the_open::answer(desk, &request)),
            Addressed::Refused(failure, app) => {
                return Outcome::Answer(refusal::respond(desk, &request, app, &failure));
            }
        };
        match self.judge.judge(&request, app, route).await {
            Ok(Judgement::Forward(admission)) => {
                if matches!(app.mode, Mode::ForwardAuth) {
                    let elsewhere = ForwardAuthError::NotProxied(app.name.to_string());
                    return Outcome::Answer(refusal::answer_for(desk, &request, app, &elsewhere.into()));
                }
                witness::judged(desk, app, &admission);
                Outcome::Forward(Box::new(Forward {
                    app_cookies: app_cookies(desk, &request, (app, route), admission.session()).await,
                    cache: admission.cache(),
                    sign_out: ends_session::ending(&request, route),
                    session: match admission.passes {
                        Passes::SignedIn(session) => Some(session),
                        Passes::Anonymous | Passes::Unasked => None,
                    },
                    app: Arc::clone(app),
                    request,
                    identity: admission.identity,
                    public_scheme: desk.scheme,
                }))
            }
            Ok(Judgement::Authenticate) => {
                witness::session_needed(desk, &request, app);
                Outcome::Answer(Box::pin(challenge::answer(desk, &request, (app, route))).await)
            }
            Ok(Judgement::Refuse(shortfall)) => {
                witness::not_enough(desk, app);
                Outcome::Answer(refusal::not_enough(desk, &request, app, shortfall))
            }
            Err(error) => {
                witness::not_judged(desk, app, &error);
                Outcome::Answer(refusal::answer_for(desk, &request, app, &Failure::from(error)))
            }
        }
    }

    /// Answers a front proxy that asks for the decision alone, and forwards the request itself.
    pub async fn decide_alone(&self, head: &Parts, peer: SocketAddr, id: &RequestId) -> Response {
        forward_auth::answer(&self.desk, &self.judge, (head, peer), id).await
    }

    /// Who is told what happens.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.desk.telemetry
    }

    /// Which paths are ours.
    pub fn own_paths(&self) -> &OwnPaths {
        self.desk.own_paths()
    }

    /// Every application.
    pub fn apps(&self) -> impl Iterator<Item = &Arc<App>> {
        self.desk.router.apps()
    }

    /// Whether the session store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.desk.sessions.ping().await
    }

    /// Whether the body of a request is for us and has to be read first.
    pub fn wants_form(&self, request: &Request) -> bool {
        request.method == Method::POST && self.own_paths().contain(&request.target)
    }

    /// The answer to a request that could not be read.
    pub fn refuse(&self, head: &Parts, id: &RequestId, failure: &Failure) -> Response {
        refusal::refuse(&self.desk, head, id, failure)
    }

    /// What ends with the application's answer, if this is its own sign-out.
    pub fn signs_out(&self, forward: &Forward) -> Option<PendingSignOut> {
        let session = match forward.sign_out {
            SignOut::EndsSession => forward.session.as_deref()?.clone(),
            SignOut::No => return None,
        };
        let (desk, app) = (Arc::clone(&self.desk), Arc::clone(&forward.app));
        let request = Request::clone(&forward.request);
        Some(PendingSignOut::begin(desk, request, app, session))
    }

    /// Whether what was forwarded may still go on, under the configuration of now. Asking is not activity.
    pub async fn may_go_on(&self, forward: &Forward) -> Result<Continuation, StoreError> {
        let Some(began) = forward.session.as_deref() else {
            return Ok(Continuation::GoesOn);
        };
        let (app, cookies) = (&forward.app, &forward.request.cookies);
        let live = self
            .desk
            .sessions
            .look(&app.host, cookies, &app.providers)
            .await?;
        if live.iter().any(|session| session.reference == began.reference) {
            Ok(Continuation::GoesOn)
        } else {
            Ok(Continuation::SessionEnded)
        }
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.desk.clock
    }

    /// The answer when there is none from the application.
    pub fn fail(&self, forward: &Forward, failure: &Failure) -> Response {
        refusal::answer_for(&self.desk, &forward.request, &forward.app, failure)
    }
}

/// Whose the application's own cookies are. On a public route nobody was looked up; for these cookies somebody is, and the
/// application is told nothing of it: else the pages around a login would take each other's session away.
async fn app_cookies(
    desk: &Desk,
    request: &Request,
    (app, route): (&App, &Route),
    session: Option<&Session>,
) -> AppCookies {
    if app.app_cookies.is_empty() {
        return AppCookies::NoneNamed;
    }
    let owner = |session| {
        AppCookies::Of(Box::new(CookieOwner::new(
            desk.keyring.clone(),
            app.host.clone(),
            session,
        )))
    };
    if route.access != Access::Public {
        return owner(session);
    }
    match Box::pin(desk.sessions_for(request, app)).await {
        Ok(live) => owner(live.first()),
        Err(error) => {
            tracing::warn!(request = %request.id, app = &*app.name, %error, "the application's cookies are withheld");
            AppCookies::Withheld
        }
    }
}
