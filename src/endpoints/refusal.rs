//! The answer to a request that failed: a page or a problem document, and what is told of it under the same reference.

use std::sync::Arc;

use http::Method;
use http::StatusCode;
use http::request::Parts;

use crate::access::requirement::Shortfall;
use crate::causes;
use crate::endpoints::clear_cookies;
use crate::endpoints::denial::Denial;
use crate::endpoints::desk::Desk;
use crate::endpoints::destination::Destination;
use crate::endpoints::failure::Failure;
use crate::endpoints::failure::Weight;
use crate::endpoints::page_context::PageContext;
use crate::endpoints::witness;
use crate::pages::service_pages::Sent;
use crate::routing::app::App;
use crate::wire::connection;
use crate::wire::host::Host;
use crate::wire::request::Asker;
use crate::wire::request::Request;
use crate::wire::request::RequestError;
use crate::wire::request::SERVED_METHODS;
use crate::wire::request_id::RequestId;
use crate::wire::response::Response;

/// The answer to a request that failed, about no application in particular.
pub fn answer(desk: &Desk, request: &Request, failure: &Failure) -> Response {
    respond(desk, request, None, failure)
}

/// The answer to a request that failed on its way to an application, or on a login for it.
pub fn answer_for(desk: &Desk, request: &Request, app: &Arc<App>, failure: &Failure) -> Response {
    respond(desk, request, Some(app), failure)
}

/// The answer to a request whose session is not enough for what it wants.
pub fn not_enough(desk: &Desk, request: &Request, app: &Arc<App>, shortfall: Shortfall) -> Response {
    let failure = match Destination::of_request(app, request) {
        Some(destination) => Denial::new(shortfall, destination).into(),
        None => Failure::NotFound,
    };
    respond(desk, request, Some(app), &failure)
}

/// The answer to a head that is no request. The connection is not used again: nobody knows where the next one begins.
pub fn refuse(desk: &Desk, head: &Parts, id: &RequestId, failure: &Failure) -> Response {
    say(failure, id, None, failure.weight(Asker::Navigation));
    count(desk, failure);
    if matches!(failure, Failure::HeadTooLong)
        && let Some(cleared) = clear_cookies::answer(desk, head)
    {
        return cleared;
    }
    let context = PageContext::of_head(desk, &head.headers).with_reference(failure.code(), id.as_str());
    let mut response = match failure {
        Failure::BadRequest(RequestError::Method) => {
            Failure::Method(SERVED_METHODS).page(&context.frame(), Sent::Form)
        }
        _ => failure.page(&context.frame(), Sent::Form),
    };
    if matches!(failure, Failure::BadRequest(RequestError::Expectation)) {
        response.status = StatusCode::EXPECTATION_FAILED;
    }
    connection::close(&mut response.headers);
    response
}

/// The answer to a request that failed, about an application if it is known which.
pub fn respond(desk: &Desk, request: &Request, app: Option<&Arc<App>>, failure: &Failure) -> Response {
    let mut response = said(desk, request, app, failure);
    if matches!(failure, Failure::BadRequest(_)) {
        connection::close(&mut response.headers);
    }
    response
}

fn said(desk: &Desk, request: &Request, app: Option<&Arc<App>>, failure: &Failure) -> Response {
    log(request, failure);
    count(desk, failure);
    tell(desk, request, app.map(Arc::as_ref), failure);
    let mut context = PageContext::of(desk, request, app);
    let weight = failure.weight(request.asker());
    if weight != Weight::Ordinary {
        context = context.with_reference(failure.code(), request.id.as_str());
    }
    if weight > Weight::Shown {
        context = context.asked_once();
    }
    let frame = context.frame();
    let has_one_form = matches!(failure, Failure::Login(_) | Failure::BackchannelLogout(_));
    if request.asker() == Asker::Script && !has_one_form {
        let login = match failure {
            Failure::SignInNeeded(destination) => destination.chooser(frame.own_paths),
            Failure::Denied(denial) => denial.login(&frame).unwrap_or_default(),
            _ => String::new(),
        };
        return failure.problem(&login).respond(&frame);
    }
    let sent = match request.method {
        Method::GET | Method::HEAD => Sent::Visit(request.target.as_str()),
        _ => Sent::Form,
    };
    failure.page(&frame, sent)
}

/// Writes the cause for the operator, under what the answer shows as its reference.
pub fn log(request: &Request, failure: &Failure) {
    say(
        failure,
        &request.id,
        Some(&request.host),
        failure.weight(request.asker()),
    );
}

fn say(failure: &Failure, id: &RequestId, host: Option<&Host>, weight: Weight) {
    let (code, cause) = (failure.code(), causes::in_one_line(failure));
    match (failure, weight) {
        (Failure::Login(login), _) => login.log(id, &cause),
        (Failure::BackchannelLogout(error), _) => error.log(id, &cause),
        // A line of its own, with a limit of its own: it shows the first mistake of an installation, a proxy in front that
        // sends another host, also while somebody tries paths.
        (Failure::Misdirected | Failure::InTheOpen, _) => {
            tracing::info!(code, request = %id, host = host.map(Host::as_str), "{cause}");
        }
        (_, Weight::Ordinary) => tracing::debug!(code, request = %id, "{cause}"),
        (_, Weight::Shown) => tracing::info!(code, request = %id, "{cause}"),
        (_, Weight::FromOutside) => tracing::warn!(code, request = %id, "{cause}"),
        (_, Weight::Ours) => tracing::error!(code, request = %id, "{cause}"),
    }
}

/// A limit that was reached is a number of its own.
fn count(desk: &Desk, failure: &Failure) {
    if let Some(limit) = failure.limit() {
        desk.telemetry.metrics.limited(limit);
    }
}

/// A login that did not end well, and what is refused for what it is, are worth an event; the rest is in the log.
fn tell(desk: &Desk, request: &Request, app: Option<&App>, failure: &Failure) {
    match failure {
        Failure::Login(login) => witness::login_failed(desk, request, app, login),
        Failure::NotANavigation
        | Failure::CrossSite
        | Failure::Denied(_)
        | Failure::Identity(_)
        | Failure::BodyTooLong
        | Failure::BodyTooSlow
        | Failure::BodyStill
        | Failure::TooManyLogins(_)
        | Failure::BackchannelLogout(_)
        | Failure::BadRequest(RequestError::Target(_)) => {
            witness::refused(desk, request, app, failure);
        }
        _ => {}
    }
}
