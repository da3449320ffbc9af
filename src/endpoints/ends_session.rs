//! The application's own sign-out (key `ends_session`): when it has done its part, our session ends, and the browser goes on
//! to the provider's end of session.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

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

/// A sign-out on its way to the application: dropped before somebody says what that answered, it ends the session here.
///
/// So it does when the browser hangs up. Nobody learns any more what the application made of it; a second click, of which the
/// form was used up by the first, is refused, and the person believes that it worked.
#[must_use]
pub struct PendingSignOut {
    asked: Arc<Asked>,
    over: bool,
}

/// A sign-out to which the application agreed. It still ends the session when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct AgreedSignOut(PendingSignOut);

struct Asked {
    desk: Arc<Desk>,
    request: Request,
    app: Arc<App>,
    session: Session,
}

impl PendingSignOut {
    /// Before the application is asked.
    pub fn begin(desk: Arc<Desk>, request: Request, app: Arc<App>, session: Session) -> Self {
        let asked = Asked {
            desk,
            request,
            app,
            session,
        };
        Self {
            asked: Arc::new(asked),
            over: false,
        }
    }

    /// What the application said, if anything. One that refused (4xx), broke (5xx) or was silent has signed nobody out, so
    /// nobody is.
    pub fn answered(mut self, status: Option<StatusCode>) -> Option<AgreedSignOut> {
        if status.is_some_and(|status| status.is_success() || status.is_redirection()) {
            return Some(AgreedSignOut(self));
        }
        self.over = true;
        None
    }
}

impl AgreedSignOut {
    /// Ends the session, in a task of its own: it comes to its end also when the browser hangs up meanwhile.
    pub async fn end(mut self) -> Ended {
        self.0.over = true;
        let asked = Arc::clone(&self.0.asked);
        let task_asked = Arc::clone(&asked);
        let ended = asked
            .desk
            .lifecycle
            .run(async move { task_asked.end().await })
            .await;
        ended.unwrap_or_else(|failure| asked.failed(&failure))
    }
}

impl fmt::Debug for PendingSignOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingSignOut")
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

impl Drop for PendingSignOut {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let asked = Arc::clone(&self.asked);
        let task = async move {
            if let Err(failure) = asked.end_here().await {
                // Nobody reads the page: it leaves its line in the log, and its event.
                drop(asked.failed(&failure));
            }
        };
        drop(self.asked.desk.lifecycle.spawn(task));
    }
}

impl Asked {
    async fn end(&self) -> Result<Ended, Failure> {
        match self.request.asker() {
            Asker::Navigation => logout::end(&self.desk, &self.request, &self.session)
                .await
                .map(Ended::Instead),
            Asker::Script => {
                self.end_here().await?;
                Ok(Ended::Beside(self.desk.sessions.clear(&self.session.entry)))
            }
        }
    }

    async fn end_here(&self) -> Result<(), Failure> {
        logout::end_here(&self.desk, &self.request, &self.session).await
    }

    fn failed(&self, failure: &Failure) -> Ended {
        Ended::Instead(refusal::answer_for(&self.desk, &self.request, &self.app, failure))
    }
}
