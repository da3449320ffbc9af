//! Whom a request is for, before anybody looks who it is from: asked by the pipeline, and for a proxy that asks for the
//! decision alone, so that both refuse the same.

use std::sync::Arc;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::endpoints::witness;
use crate::routing::Found;
use crate::routing::app::App;
use crate::routing::app::Route;
use crate::wire::client_address::Arrival;
use crate::wire::request::Request;
use crate::wire::request::RequestError;
use crate::wire::scheme::Scheme;

/// Whom a request is for.
#[derive(Debug)]
#[must_use]
pub enum Addressed<'a> {
    /// A route of an application.
    Route(&'a Arc<App>, &'a Route),
    /// The gateway itself.
    Own,
    /// Nobody, as the host is no app's.
    Misdirected,
    /// Somebody under https, and it came in the open.
    InTheOpen,
    /// Nobody, or an application that does not take such a request: named, if it is known which.
    Refused(Failure, Option<&'a Arc<App>>),
}

impl Addressed<'_> {
    /// Of a request. That it names an identity is told here, whatever becomes of it.
    pub fn of<'a>(desk: &'a Desk, request: &Request) -> Addressed<'a> {
        let found = desk.router.find(&request.host, &request.target);
        if request.spoofed > 0 {
            witness::spoofed(desk, request, found.app());
        }
        let is_in_the_open = desk.scheme == Scheme::Https && request.provenance.arrival == Arrival::InTheOpen;
        let bad_request = Failure::BadRequest;
        match found {
            Found::Misdirected => Addressed::Misdirected,
            Found::Ambiguous(error) => Addressed::Refused(bad_request(RequestError::Target(error)), None),
            _ if is_in_the_open => Addressed::InTheOpen,
            Found::Own => Addressed::Own,
            Found::Nowhere => Addressed::Refused(Failure::NotFound, None),
            Found::Route(app, _) if app.tolerance.refuses(request.spoofed) => {
                Addressed::Refused(bad_request(RequestError::Spoofed), Some(app))
            }
            Found::Route(app, route) => Addressed::Route(app, route),
        }
    }
}
