//! The paths that the gateway answers itself. They are never forwarded, whatever the routes say.

pub mod addressed;
pub mod asset;
pub mod backchannel_logout;
pub mod backchannel_logout_error;
pub mod callers;
pub mod challenge;
pub mod chooser;
pub mod clear_cookies;
pub mod denial;
pub mod desk;
pub mod destination;
pub mod double_click;
pub mod ends_session;
pub mod failure;
pub mod failure_from;
pub mod forward_auth;
pub mod forward_auth_error;
pub mod in_the_open;
pub mod initiate_login;
pub mod jwks;
pub mod login_failure;
pub mod login_limit;
pub mod logout;
pub mod logout_form;
pub mod misdirected;
pub mod page_context;
pub mod post_logout;
pub mod redirection;
pub mod refusal;
pub mod rp_jwks;
pub mod sector_identifier;
pub mod witness;

use std::sync::Arc;

use crate::endpoints::asset::only_read;
use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::pages::locale::Locale;
use crate::wire::own_paths::OwnPath;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// Answers a request for a path of ours.
///
/// It runs in a task of its own: what a login or a logout has begun ends, also when the browser hangs up meanwhile, and the
/// end of the process waits for it.
pub async fn answer(desk: Arc<Desk>, request: Request) -> Response {
    let request = Arc::new(request);
    let (task_desk, task_request) = (Arc::clone(&desk), Arc::clone(&request));
    let task = async move { dispatch(&task_desk, &task_request).await };
    let response = match desk.lifecycle.run(task).await {
        Ok(response) => response,
        Err(failure) => refusal::answer(&desk, &request, &failure),
    };
    match Locale::chosen_in(&request, desk.cookies) {
        // A cache would give the cookie to everybody.
        Some(remembered) if !response.may_be_kept() => response.with_cookie(&remembered),
        Some(_) | None => response,
    }
}

/// The dispatch table.
async fn dispatch(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    let own = desk.own_paths().find(request.target.raw_path());
    match own.ok_or(Failure::NotFound)? {
        OwnPath::Chooser => chooser::answer(desk, request).await,
        OwnPath::Login(entry) => initiate_login::answer(desk, request, entry).await,
        OwnPath::Callback => redirection::answer(desk, request).await,
        OwnPath::Logout => logout::answer(desk, request).await,
        OwnPath::LoggedOut => post_logout::answer(desk, request),
        OwnPath::BackchannelLogout => backchannel_logout::answer(desk, request).await,
        OwnPath::Jwks => only_read(request).and_then(|()| jwks::answer(desk)),
        OwnPath::RpJwks => only_read(request).and_then(|()| rp_jwks::answer(desk)),
        OwnPath::SectorIdentifier => only_read(request).and_then(|()| sector_identifier::answer(desk)),
        // With cookies of an ordinary length there is nothing to clear: see `clear_cookies`.
        OwnPath::ClearCookies => only_read(request).map(|()| Response::see_other("/")),
        // Answered before a head is read as a browser's.
        OwnPath::ForwardAuth => Err(Failure::NotFound),
        OwnPath::Asset(name) => asset::answer(desk, request, name),
    }
}
