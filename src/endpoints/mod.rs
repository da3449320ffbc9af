//! The paths that the gateway answers itself. They are never forwarded, whatever the routes say.

pub mod challenge;
pub mod chooser;
pub mod desk;
pub mod destination;
pub mod double_click;
pub mod failure;
pub mod initiate_login;
pub mod jwks;
pub mod login_failure;
pub mod logout;
pub mod post_logout;
pub mod redirection;
pub mod surroundings;
pub mod witness;

use std::sync::Arc;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::pages::assets;
use crate::pages::locale::Locale;
use crate::wire::own_paths;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// Answers a request for a path of ours.
///
/// It runs in a task of its own: what a login or a logout has begun ends, also when the browser hangs up meanwhile.
pub async fn answer(desk: Arc<Desk>, request: Request) -> Response {
    let (task_desk, task_request) = (Arc::clone(&desk), request.clone());
    let answered = tokio::spawn(async move { dispatch(&task_desk, &task_request).await }).await;
    let response = match answered {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => failure::answer(&desk, &request, &failure),
        Err(_panicked) => failure::answer(&desk, &request, &Failure::Internal("an endpoint broke off")),
    };
    match Locale::chosen_in(&request, desk.cookies) {
        // A cache would give the cookie to everybody.
        Some(remembered) if !response.may_be_kept() => response.with_cookie(&remembered),
        Some(_) | None => response,
    }
}

/// The dispatch table. Only the path as it is written here is an endpoint; `is_own` keeps every other spelling from the
/// applications, and it is found nowhere.
async fn dispatch(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    let path = request.target.raw_path();
    if let Some(entry) = path
        .strip_prefix(own_paths::LOGIN)
        .and_then(|rest| rest.strip_prefix('/'))
    {
        return initiate_login::answer(desk, request, entry).await;
    }
    if let Some(name) = path
        .strip_prefix(own_paths::ASSETS)
        .and_then(|rest| rest.strip_prefix('/'))
    {
        return assets::asset(name)
            .map(assets::Asset::respond)
            .ok_or(Failure::NotFound);
    }
    match path {
        own_paths::LOGIN => chooser::answer(desk, request).await,
        own_paths::CALLBACK => redirection::answer(desk, request).await,
        own_paths::LOGOUT => logout::answer(desk, request).await,
        own_paths::LOGGED_OUT => post_logout::answer(desk, request),
        own_paths::JWKS => jwks::answer(desk),
        _ => Err(Failure::NotFound),
    }
}
