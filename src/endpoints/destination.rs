//! Where a login leads: an application of this host, and a page of it.

use std::sync::Arc;

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

use crate::provider::entry_name::EntryName;
use crate::routing::Router;
use crate::routing::app::App;
use crate::routing::app::Route;
use crate::wire::host::Host;
use crate::wire::own_paths::OwnPath;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request::Request;
use crate::wire::return_to::ReturnTo;

/// The parameter of a destination.
const RETURN_TO: &str = "return_to";
/// The parameter of what just happened, and the one thing that it says.
pub const NOTICE: &str = "notice";
/// See [`NOTICE`].
pub const CANCELLED: &str = "cancelled";
/// What is escaped in the value of a query parameter; a path stays readable.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An application, and the page that was asked for.
#[derive(Clone, Debug)]
pub struct Destination {
    /// Whose login this is.
    pub app: Arc<App>,
    /// Where the person comes back to.
    pub return_to: ReturnTo,
}

impl Destination {
    /// What the query of a login asks for: `return_to`, else the start of `app`, else the start of the host. Anything that is
    /// no page of ours is as if it had not been said.
    pub fn asked_for(router: &Router, request: &Request) -> Option<Self> {
        let asked = query_value(request, RETURN_TO).and_then(|text| ReturnTo::parse(&text));
        let named =
            || query_value(request, "app").and_then(|name| router.app_named(&request.host, &name).cloned());
        asked
            .and_then(|return_to| Self::of(router, &request.host, return_to))
            .or_else(|| named().and_then(Self::start_of))
            .or_else(|| router.start_of(&request.host).cloned().and_then(Self::start_of))
    }

    /// The page at a host; none of ours is one.
    pub fn of(router: &Router, host: &Host, return_to: ReturnTo) -> Option<Self> {
        let app = Arc::clone(router.app_at(host, return_to.target())?);
        Some(Self { app, return_to })
    }

    /// The page that a request was stopped at; one that is too long to keep gives way to its application's start.
    pub fn of_request(app: &Arc<App>, request: &Request) -> Option<Self> {
        let return_to = ReturnTo::of_target(&request.target);
        return_to
            .map(|return_to| Self {
                app: Arc::clone(app),
                return_to,
            })
            .or_else(|| Self::start_of(Arc::clone(app)))
    }

    /// Where an application begins.
    pub fn start_of(app: Arc<App>) -> Option<Self> {
        let return_to = ReturnTo::parse(&app.path.as_location())?;
        Some(Self { app, return_to })
    }

    /// What the page asks of its visitor.
    pub fn route(&self) -> &Route {
        self.app.route_of(self.return_to.target())
    }

    /// The entries at which a person can sign in for it.
    pub fn entries(&self) -> &[EntryName] {
        self.app.entries(self.route())
    }

    /// The address of the chooser page for this destination.
    pub fn chooser(&self, own_paths: &OwnPaths) -> String {
        self.with_return_to(&own_paths.path(OwnPath::Chooser))
    }

    /// The address that starts an authorization request at a provider entry.
    pub fn login_at(&self, own_paths: &OwnPaths, entry: &EntryName) -> String {
        self.with_return_to(&own_paths.path(OwnPath::Login(entry.as_str())))
    }

    /// The address of the chooser page after the person said no at the provider.
    pub fn chooser_after_cancel(&self, own_paths: &OwnPaths) -> String {
        format!("{}&{NOTICE}={CANCELLED}", self.chooser(own_paths))
    }

    fn with_return_to(&self, path: &str) -> String {
        let escaped = utf8_percent_encode(self.return_to.as_str(), ESCAPED);
        format!("{path}?{RETURN_TO}={escaped}")
    }
}

/// The one value of a query parameter. One that came twice has none.
pub fn query_value(request: &Request, name: &str) -> Option<String> {
    let query = request.target.query()?;
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(each, _)| each == name);
    let first = values.next()?;
    values.next().is_none().then(|| first.1.into_owned())
}
