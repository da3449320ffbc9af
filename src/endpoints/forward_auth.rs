//! The decision without the proxying: a front proxy asks about each request, and forwards it itself.
//!
//! The sub-request says which request is meant; that one is read by the code that reads every request, and judged by the one
//! judge. Only a proven caller is read at all. A decision to let pass names every field that the application may hear, those
//! of which nothing is known with an empty value: a proxy that copies them overwrites whatever the browser sent.

use std::net::SocketAddr;
use std::sync::Arc;

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use http::header::COOKIE;
use http::header::LOCATION;
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;

use crate::access::requirement::Remedy;
use crate::access::requirement::Shortfall;
use crate::endpoints::addressed::Addressed;
use crate::endpoints::callers::ProvenCaller;
use crate::endpoints::challenge::Challenge;
use crate::endpoints::denial::Denial;
use crate::endpoints::desk::Desk;
use crate::endpoints::destination::Destination;
use crate::endpoints::failure::Failure;
use crate::endpoints::forward_auth_error::ForwardAuthError;
use crate::endpoints::refusal;
use crate::endpoints::witness;
use crate::identity_headers;
use crate::identity_headers::told::Told;
use crate::judge::Judge;
use crate::judge::Judgement;
use crate::pages::document;
use crate::routing::app::App;
use crate::routing::app::Mode;
use crate::routing::app::Route;
use crate::wire::client_address::Arrival;
use crate::wire::client_address::Provenance;
use crate::wire::field;
use crate::wire::original_request::OriginalRequest;
use crate::wire::request::Request;
use crate::wire::request_id::RequestId;
use crate::wire::response::Response;
use crate::wire::scheme::Scheme;

/// What stands around the fields of an answer, at most: status line, `Date`, `Content-Length`, `Connection`,
/// `Strict-Transport-Security` and the empty line.
const AROUND: usize = 192;

/// How a navigation without a session is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// 401 with a `Location`: nginx takes nothing else.
    Unauthorized,
    /// A redirect, for a proxy that gives the answer to the browser as it is.
    Redirect,
}

/// Answers a sub-request.
pub async fn answer(
    desk: &Desk,
    judge: &Judge,
    (head, peer): (&Parts, SocketAddr),
    id: &RequestId,
) -> Response {
    let Some(callers) = &desk.forward_auth else {
        return refusal::refuse(desk, head, id, &Failure::NotFound);
    };
    let caller = match callers.prove(peer, &head.headers) {
        Ok(caller) => caller,
        Err(unproven) => {
            let failure = Failure::from(ForwardAuthError::Unproven(unproven));
            witness::sub_request_refused_once(desk, (peer, id), &failure);
            return refusal::refuse(desk, head, id, &failure);
        }
    };
    match original_request(desk, (head, peer), &caller, id) {
        Ok((request, shape)) => decide(desk, judge, &request, shape).await,
        Err(failure) => {
            match failure {
                // A browser's doing; everything else is the proxy's, and would be told with every request.
                Failure::BadRequest(_) => witness::sub_request_refused(desk, (caller.client(), id), &failure),
                _ => witness::sub_request_refused_once(desk, (peer, id), &failure),
            }
            refusal::refuse(desk, head, id, &failure)
        }
    }
}

/// The request that is meant, in the words of a caller who proved to be one.
fn original_request(
    desk: &Desk,
    (head, peer): (&Parts, SocketAddr),
    caller: &ProvenCaller,
    id: &RequestId,
) -> Result<(Request, Shape), Failure> {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Err(Failure::Method("GET, HEAD"));
    }
    let shape = match head.uri.query() {
        None | Some("") => Shape::Unauthorized,
        Some("challenge=redirect") => Shape::Redirect,
        Some(_) => return Err(ForwardAuthError::Parameter.into()),
    };
    let original = OriginalRequest::of(head).map_err(ForwardAuthError::Original)?;
    let provenance = Provenance {
        peer,
        client: caller.client(),
        arrival: match (desk.scheme, original.scheme) {
            (Scheme::Https, Scheme::Http) => Arrival::InTheOpen,
            _ => Arrival::AsPublished,
        },
    };
    let request = Request::parse(&original.head, provenance, id.clone()).map_err(Failure::BadRequest)?;
    Ok((request, shape))
}

async fn decide(desk: &Desk, judge: &Judge, request: &Request, shape: Shape) -> Response {
    let (app, route) = match Addressed::of(desk, request) {
        Addressed::Route(app, route) => (app, route),
        Addressed::Own => return refusal::answer(desk, request, &ForwardAuthError::OwnPath.into()),
        Addressed::Misdirected => return refusal::answer(desk, request, &Failure::Misdirected),
        Addressed::InTheOpen => return refusal::answer(desk, request, &Failure::InTheOpen),
        Addressed::Refused(failure, app) => return refusal::respond(desk, request, app, &failure),
    };
    let decided = match &app.mode {
        Mode::ForwardAuth => judged(desk, judge, request, (app, route), shape).await,
        Mode::Proxy(_) => Err(ForwardAuthError::NotForwardAuth(app.name.to_string()).into()),
    };
    decided.unwrap_or_else(|failure| refusal::answer_for(desk, request, app, &failure))
}

async fn judged(
    desk: &Desk,
    judge: &Judge,
    request: &Request,
    (app, route): (&Arc<App>, &Route),
    shape: Shape,
) -> Result<Response, Failure> {
    match judge.judge(request, app, route).await {
        Ok(Judgement::Forward(admission)) => {
            let response = passes(desk, request, &app.told, admission.identity.fields())?;
            witness::judged(desk, app, &admission);
            Ok(response)
        }
        Ok(Judgement::Authenticate) => {
            witness::session_needed(desk, request, app);
            needs_login(desk, request, (app, route), shape)
        }
        Ok(Judgement::Refuse(shortfall)) => {
            witness::not_enough(desk, app);
            not_enough(desk, request, (app, route), (shape, shortfall))
        }
        Err(error) => {
            witness::not_judged(desk, app, &error);
            Err(error.into())
        }
    }
}

fn passes(
    desk: &Desk,
    request: &Request,
    told: &Told,
    identity: &[(HeaderName, HeaderValue)],
) -> Result<Response, Failure> {
    let headers = fields(told, identity, request.application_cookies.as_ref());
    let bytes = size_of_head(&headers);
    let most = desk
        .forward_auth
        .as_ref()
        .map_or(0, |callers| callers.max_answer_head);
    if bytes > most {
        return Err(ForwardAuthError::HeadTooLong { bytes, most }.into());
    }
    Ok(Response {
        status: StatusCode::OK,
        headers,
        body: bytes::Bytes::new(),
    })
}

/// What a front proxy sets from the answer, each in the place of whatever the browser sent.
pub fn names(told: &Told) -> impl Iterator<Item = HeaderName> {
    identity_headers::every_name(told).chain([COOKIE])
}

/// Every field that the application may hear, and its `Cookie` without ours.
pub fn fields(
    told: &Told,
    identity: &[(HeaderName, HeaderValue)],
    cookies: Option<&HeaderValue>,
) -> HeaderMap {
    const NOTHING: HeaderValue = HeaderValue::from_static("");
    let mut headers = HeaderMap::with_capacity(identity.len() + 6);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(names(told).map(|name| (name, NOTHING)));
    if let Some(cookies) = cookies {
        headers.insert(COOKIE, cookies.clone());
    }
    for (name, value) in identity {
        headers.insert(name, value.clone());
    }
    headers
}

/// What an answer with these fields takes until its body begins, at most.
pub fn size_of_head(headers: &HeaderMap) -> usize {
    AROUND + field::size_of(headers.iter())
}

/// A person is told where the login is, on the same host; it is the browser that goes there.
fn needs_login(
    desk: &Desk,
    request: &Request,
    (app, route): (&Arc<App>, &Route),
    shape: Shape,
) -> Result<Response, Failure> {
    let destination = Destination::of_request(app, request).ok_or(Failure::NotFound)?;
    let path = match Challenge::of(request, app, route) {
        Challenge::SignInNeeded => return Err(Failure::SignInNeeded(destination)),
        Challenge::NothingSaved => return Err(Failure::NothingSaved(destination)),
        Challenge::Chooser => destination.chooser(desk.own_paths()),
        Challenge::Straight(entry) => destination.login_at(desk.own_paths(), entry),
    };
    leads_to(desk, request, &path, shape)
}

/// Most front proxies show a page of their own in the place of a 403. So a person whom another login helps is led to the page
/// that offers it, and says why.
fn not_enough(
    desk: &Desk,
    request: &Request,
    (app, route): (&Arc<App>, &Route),
    (shape, shortfall): (Shape, Shortfall),
) -> Result<Response, Failure> {
    let destination = Destination::of_request(app, request).ok_or(Failure::NotFound)?;
    let is_navigation = matches!(
        Challenge::of(request, app, route),
        Challenge::Chooser | Challenge::Straight(_)
    );
    let helps = shortfall.remedy == Remedy::Login;
    let chooser = destination.chooser(desk.own_paths());
    let failure = Failure::from(Denial::new(shortfall, destination));
    if !(is_navigation && helps) {
        return Err(failure);
    }
    witness::refused(desk, request, Some(app), &failure);
    leads_to(desk, request, &chooser, shape)
}

fn leads_to(desk: &Desk, request: &Request, path: &str, shape: Shape) -> Result<Response, Failure> {
    let login = format!("{}://{}{path}", desk.scheme, desk.host(request));
    if shape == Shape::Redirect {
        return Ok(Response::see_other(&login));
    }
    let mut response = Response::new(StatusCode::UNAUTHORIZED, "text/plain; charset=utf-8", "");
    let location = HeaderValue::from_str(&login).map_err(|_no_text| Failure::NotFound)?;
    response.headers.insert(LOCATION, location);
    response.headers.insert(WWW_AUTHENTICATE, document::CHALLENGE);
    Ok(response)
}
