//! What stands around a page of ours in answer to one request: language, service, way home, reference.

use std::sync::Arc;

use http::HeaderMap;
use http::Method;

use crate::endpoints::desk::Desk;
use crate::pages::frame::Frame;
use crate::pages::frame::Reference;
use crate::pages::locale::Locale;
use crate::pages::organisation::Organisation;
use crate::routing::app::App;
use crate::wire::cookies::Cookies;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request::Request;

/// Owns what a [`Frame`] borrows.
#[derive(Debug)]
pub struct PageContext<'a> {
    locale: Locale,
    service: &'a str,
    organisation: &'a Organisation,
    home: String,
    lang_switch: Option<&'a str>,
    reference: Option<(&'static str, &'a str)>,
    own_paths: &'a OwnPaths,
}

impl<'a> PageContext<'a> {
    /// Around the answer to a request about an application, or about the start of the host where it is about none. A host that
    /// no app has, has no start: there the way leads to the public URL.
    pub fn of(desk: &'a Desk, request: &'a Request, app: Option<&'a Arc<App>>) -> Self {
        let start = app.or_else(|| desk.router.start_of(&request.host));
        Self {
            locale: Locale::of_request(request, desk.cookies),
            service: start.map_or("", |app| app.title.as_str()),
            organisation: &desk.organisation,
            home: start.map_or_else(|| desk.start.clone(), |app| app.path.as_location()),
            // Only a page of ours, and only one that can be asked for again, changes nothing but its language.
            lang_switch: (matches!(request.method, Method::GET | Method::HEAD)
                && desk.own_paths().contain(&request.target))
            .then(|| request.target.as_str()),
            reference: None,
            own_paths: desk.own_paths(),
        }
    }

    /// Around the answer to a head that is no request: nothing is known but the language.
    pub fn of_head(desk: &'a Desk, headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(http::header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let cookies = Cookies::of(headers);
        Self {
            locale: Locale::choose(None, cookies.get(&desk.cookies.full_name("lang")), accepted),
            service: "",
            organisation: &desk.organisation,
            home: "/".to_owned(),
            lang_switch: None,
            reference: None,
            own_paths: desk.own_paths(),
        }
    }

    /// Without a language switch: asking again would be another thing.
    #[must_use]
    pub fn asked_once(self) -> Self {
        Self {
            lang_switch: None,
            ..self
        }
    }

    /// With the code of a failure and the number of the request.
    #[must_use]
    pub fn with_reference(self, code: &'static str, request_id: &'a str) -> Self {
        Self {
            reference: Some((code, request_id)),
            ..self
        }
    }

    /// The frame of the page.
    pub fn frame(&self) -> Frame<'_> {
        Frame {
            locale: self.locale,
            service: self.service,
            organisation: self.organisation,
            home: &self.home,
            lang_switch: self.lang_switch,
            reference: self
                .reference
                .map(|(code, request_id)| Reference { code, request_id }),
            own_paths: self.own_paths,
        }
    }
}
