//! The application's own sign-out (key `ends_session`): when it has done its part, our session ends, and the browser goes on
//! to the provider's end of session.

use std::sync::Arc;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::endpoints::logout;
use crate::endpoints::refusal;
use crate::routing::app::App;
use crate::routing::app::Route;
use crate::routing::app::SignOut;
use crate::session::session::Session;
use crate::wire::cookies::SetCookie;
use crate::wire::request::Asker;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// How the session ended, for what the browser is told.
#[derive(Debug)]
#[must_use]
pub enum Ended {
    /// This is answered in the place of the application's answer; what that sets as cookies is kept.
    Instead(Response),
    /// The application's answer goes on and takes our cookie away: it is for a script, which cannot be led to another site.
    Beside(SetCookie),
}

/// Whether this request ends its session if the application agrees. Not where another site caused it, nor where the browser
/// only looks ahead.
pub fn ending(request: &Request, route: &Route) -> SignOut {
    if request.is_cross_site() || request.looks_ahead() {
        SignOut::No
    } else {
        route.sign_out
    }
}

/// Ends it, once the application has answered.
///
/// It runs in a task of its own, as every end does: what the application has done is followed up, also when the browser hangs
/// up meanwhile.
pub async fn end(desk: Arc<Desk>, request: Request, app: Arc<App>, session: Session) -> Ended {
    let (task_desk, task_request) = (Arc::clone(&desk), request.clone());
    let ended = desk.lifecycle.spawn(async move {
        match task_request.asker() {
            Asker::Navigation => logout::end(&task_desk, &task_request, &session)
                .await
                .map(Ended::Instead),
            Asker::Script => {
                logout::end_here(&task_desk, &task_request, &session).await?;
                Ok(Ended::Beside(task_desk.sessions.clear(&session.entry)))
            }
        }
    });
    let failed = |failure: &Failure| Ended::Instead(refusal::answer_for(&desk, &request, &app, failure));
    match ended.await {
        Ok(Ok(ended)) => ended,
        Ok(Err(failure)) => failed(&failure),
        Err(_panicked) => failed(&Failure::Internal("a sign-out broke off")),
    }
}
