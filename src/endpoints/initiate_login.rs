//! The start of an authorization request at one provider entry (OpenID Connect Core 1.0, section 3.1.2.1).

use http::Method;

use crate::endpoints::desk::Desk;
use crate::endpoints::destination::Destination;
use crate::endpoints::destination::query_value;
use crate::endpoints::failure::Failure;
use crate::endpoints::login_failure::LoginFailure;
use crate::endpoints::refusal;
use crate::oidc::attempts::AttemptId;
use crate::oidc::authorization_request::Wishes;
use crate::oidc::pending_authorization;
use crate::oidc::pending_authorization::COOKIE_LIFETIME;
use crate::oidc::pending_authorization::COOKIE_NAME;
use crate::oidc::pending_authorization::HeldAttempt;
use crate::provider::entry_name::EntryName;
use crate::wire::client_network::ClientNetwork;
use crate::wire::cookies::SetCookie;
use crate::wire::request::Asker;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// Behind which of its own providers a federation lets the person in.
const IDP_HINT: &str = "idp_hint";

/// `GET login/{provider}`. A person whose session counts and is of this provider goes straight on, without a new attempt.
pub async fn answer(desk: &Desk, request: &Request, entry: &str) -> Result<Response, Failure> {
    if request.method != Method::GET {
        return Err(Failure::Method("GET"));
    }
    if request.asker() == Asker::Script {
        // A look ahead, a frame or a script would leave an attempt behind that nobody finishes.
        return Err(Failure::NotANavigation);
    }
    let destination = Destination::asked_for(&desk.router, request).ok_or(Failure::NotFound)?;
    let mut offered = destination.app.providers.iter();
    let entry = offered.find(|offered| offered.as_str() == entry);
    let entry = entry.cloned().ok_or(Failure::NotFound)?;
    if !destination.entries().contains(&entry) {
        // An entry of the app that cannot open this page: the others can.
        return Ok(Response::see_other(&destination.chooser(desk.own_paths())));
    }
    match desk.counting_for(request, &destination).await? {
        Ok(session) if session.entry == entry => Ok(Response::see_other(destination.return_to.as_str())),
        _ => {
            let wishes = wishes(request, &destination);
            Ok(begin(desk, request, &entry, (destination, wishes)).await)
        }
    }
}

/// What the address asks for beside the destination. A word that the application did not list leaves us no more than any other
/// that somebody typed.
fn wishes(request: &Request, destination: &Destination) -> Wishes {
    let is_listed = |hint: &String| destination.app.idp_hints.contains(hint);
    Wishes {
        idp_hint: query_value(request, IDP_HINT).filter(is_listed),
        ..Wishes::default()
    }
}

/// Begins an attempt: a sealed cookie for this browser, and the way to the provider.
pub async fn begin(
    desk: &Desk,
    request: &Request,
    entry: &EntryName,
    (destination, wishes): (Destination, Wishes),
) -> Response {
    match try_begin(desk, request, entry, (&destination, &wishes)).await {
        Ok(response) => response,
        Err(failure) => refusal::answer_for(desk, request, &destination.app, &failure),
    }
}

async fn try_begin(
    desk: &Desk,
    request: &Request,
    entry: &EntryName,
    (destination, wishes): (&Destination, &Wishes),
) -> Result<Response, Failure> {
    let relying_party = desk.providers.get(entry).ok_or(Failure::NotFound)?;
    desk.logins
        .begin(ClientNetwork::of(request.provenance.client.ip()))?;
    let host = desk.host(request);
    let asked = pending_authorization::Destination {
        redirect_uri: desk.own_paths().redirect_uri(desk.scheme, &host),
        host,
        app: destination.app.name.to_string(),
        return_to: destination.return_to.clone(),
    };
    let begun = relying_party
        .begin(asked, &with_requirement(wishes, destination, entry))
        .await;
    let (pending, url) =
        begun.map_err(|cause| LoginFailure::provider(relying_party, cause, Some(destination)))?;
    let sealed = pending.seal(&desk.keyring)?;
    let cookie = desk
        .cookies
        .set(&cookie_name(pending.id()), &sealed, Some(COOKIE_LIFETIME));
    tracing::debug!(request = %request.id, provider = %entry, app = &*destination.app.name, "login begun");
    let response = Response::see_other(url.as_str());
    let dropped = given_up(desk, request, cookie.as_str().len());
    Ok(dropped
        .iter()
        .fold(response, Response::with_cookie)
        .with_cookie(&cookie))
}

/// The same with what the page requires.
fn with_requirement(wishes: &Wishes, destination: &Destination, entry: &EntryName) -> Wishes {
    let requirement = destination.route().requirement.as_ref();
    let levels = requirement.and_then(|requirement| requirement.acr.as_ref());
    Wishes {
        acr: levels.and_then(|levels| levels.get(entry)?.ask.clone()),
        max_age: requirement.and_then(|requirement| requirement.auth_age),
        ..wishes.clone()
    }
}

/// The name, after the common prefix, of the cookie that holds the attempt `id`.
pub fn cookie_name(id: &AttemptId) -> String {
    format!("{COOKIE_NAME}{id}")
}

/// Takes the oldest attempts away where a new one would make too many.
fn given_up(desk: &Desk, request: &Request, new_bytes: usize) -> Vec<SetCookie> {
    let prefix = desk.cookies.full_name(COOKIE_NAME);
    let host = desk.host(request);
    let held = request.cookies.starting_with(&prefix).filter_map(|(id, value)| {
        HeldAttempt::of(&desk.keyring, &host, &format!("{prefix}{id}"), (id, value))
    });
    let gone = pending_authorization::given_up(held.collect(), new_bytes);
    gone.iter()
        .map(|id| desk.cookies.clear(&cookie_name(id)))
        .collect()
}
