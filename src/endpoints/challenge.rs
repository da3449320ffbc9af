//! A request that needs a login and has none: what a person gets, what a script gets, what somebody gets who sent a form.

use std::sync::Arc;

use http::Method;

use crate::endpoints::desk::Desk;
use crate::endpoints::destination::Destination;
use crate::endpoints::failure::Failure;
use crate::endpoints::initiate_login;
use crate::endpoints::refusal;
use crate::oidc::authorization_request::Wishes;
use crate::provider::entry_name::EntryName;
use crate::routing::app::App;
use crate::routing::app::LoginMode;
use crate::routing::app::Route;
use crate::wire::request::Asker;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// What a request gets that needs a session and has none. A redirect is for whoever can follow it: a script gets 401, and so
/// does a form, whose content is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge<'a> {
    /// 401, in words for a program.
    SignInNeeded,
    /// 401, and the page says that nothing was saved.
    NothingSaved,
    /// A redirect to the page with the providers' buttons.
    Chooser,
    /// A redirect to the provider at once.
    Straight(&'a EntryName),
}

impl<'a> Challenge<'a> {
    /// What this request for a route of `app` gets.
    pub fn of(request: &Request, app: &'a App, route: &'a Route) -> Self {
        match (request.asker(), &request.method) {
            (Asker::Script, _) => Self::SignInNeeded,
            (Asker::Navigation, &Method::GET) if app.login == LoginMode::Redirect => {
                match app.entries(route) {
                    [only] => Self::Straight(only),
                    _ => Self::Chooser,
                }
            }
            (Asker::Navigation, &Method::GET | &Method::HEAD) => Self::Chooser,
            (Asker::Navigation, _) => Self::NothingSaved,
        }
    }
}

/// Answers it.
pub async fn answer(desk: &Desk, request: &Request, (app, route): (&Arc<App>, &Route)) -> Response {
    let Some(destination) = Destination::of_request(app, request) else {
        return refusal::answer_for(desk, request, app, &Failure::NotFound);
    };
    match Challenge::of(request, app, route) {
        Challenge::SignInNeeded => {
            refusal::answer_for(desk, request, app, &Failure::SignInNeeded(destination))
        }
        Challenge::NothingSaved => {
            refusal::answer_for(desk, request, app, &Failure::NothingSaved(destination))
        }
        Challenge::Chooser => Response::see_other(&destination.chooser(desk.own_paths())),
        Challenge::Straight(only) => {
            initiate_login::begin(desk, request, only, (destination, Wishes::default())).await
        }
    }
}
