//! The files of our pages. They are the same for everybody and hold nothing, so it does not matter who asks, or where.

use http::Method;

use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::pages::assets;
use crate::pages::assets::Asset;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// The file of that name: one of ours, or of the provider's official button.
pub fn answer(desk: &Desk, request: &Request, name: &str) -> Result<Response, Failure> {
    let of_the_button = || desk.official_button.as_ref()?.file(name);
    let file = assets::asset(name)
        .map(Asset::respond)
        .or_else(of_the_button)
        .ok_or(Failure::NotFound)?;
    only_read(request).map(|()| file)
}

/// A document is read, and nothing else.
pub fn only_read(request: &Request) -> Result<(), Failure> {
    match request.method {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(Failure::Method("GET, HEAD")),
    }
}
