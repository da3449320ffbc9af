//! A request that came in the open to a site that is published under https: it is led there, and no application sees it.

use http::Method;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::endpoints::refusal;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// To the same page under https. What carries more than an address is refused: a form that was sent in the open must not be
/// sent again as if nothing had happened.
pub fn answer(desk: &Desk, request: &Request) -> Response {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return refusal::answer(desk, request, &Failure::InTheOpen);
    }
    let host = request.host.without_default_port(desk.scheme);
    Response::see_other(&format!("{}://{host}{}", desk.scheme, request.target.as_str()))
}
