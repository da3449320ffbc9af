//! A request for a host that no app has: a page says so, and what it is shown with can be had there as well.

use crate::endpoints::asset;
use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::endpoints::refusal;
use crate::wire::own_paths::OwnPath;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// One of our files, or 421 (RFC 9110, section 15.5.20).
pub fn answer(desk: &Desk, request: &Request) -> Response {
    let file = match desk.own_paths().find(request.target.raw_path()) {
        Some(OwnPath::Asset(name)) => asset::answer(desk, request, name).ok(),
        _ => None,
    };
    file.unwrap_or_else(|| refusal::answer(desk, request, &Failure::Misdirected))
}
