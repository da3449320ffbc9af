//! A request that needs a login and has none: what a person gets, what a script gets, what somebody gets who sent a form.

use std::sync::Arc;

use http::Method;

use crate::endpoints::desk::Desk;
use crate::endpoints::destination::Destination;
use crate::endpoints::failure;
use crate::endpoints::failure::Failure;
use crate::endpoints::initiate_login;
use crate::routing::app::App;
use crate::routing::app::LoginMode;
use crate::wire::request::Asker;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// Answers a request that needs a session and has none. A redirect is for whoever can follow it: a script gets 401, and so does a form, whose content is lost.
pub async fn answer(desk: &Desk, request: &Request, app: &Arc<App>) -> Response {
    let Some(destination) = Destination::of_request(app, request) else {
        return failure::answer_for(desk, request, app, &Failure::NotFound);
    };
    match (request.asker(), &request.method) {
        (Asker::Script, _) => failure::answer_for(desk, request, app, &Failure::SignInNeeded(destination)),
        (Asker::Navigation, &Method::GET) if app.login == LoginMode::Redirect => {
            match app.providers.as_slice() {
                [only] => initiate_login::begin(desk, request, only, destination).await,
                _ => Response::see_other(&destination.chooser()),
            }
        }
        (Asker::Navigation, &Method::GET | &Method::HEAD) => Response::see_other(&destination.chooser()),
        (Asker::Navigation, _) => {
            failure::answer_for(desk, request, app, &Failure::NothingSaved(destination))
        }
    }
}
