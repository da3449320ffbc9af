//! An application: where it is reached, who may sign in to it, and what it is told.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::access::Rule;
use crate::access::requirement::Access;
use crate::access::requirement::Requirement;
use crate::identity_headers::told::Told;
use crate::provider::entry_name::EntryName;
use crate::routing::path_prefix::PathPrefix;
use crate::routing::tolerance::Tolerance;
use crate::routing::upstream::HostHeader;
use crate::routing::upstream::Upstream;
use crate::wire::cookie_names::CookieNames;
use crate::wire::host::Host;
use crate::wire::target::RequestTarget;
use crate::wire::target::readings;
use crate::wire::target::spelling;

/// One `[[apps]]` of the configuration.
#[derive(Debug)]
pub struct App {
    /// Key `name`: unique, the assertion's audience unless `audience` says otherwise.
    pub name: Arc<str>,
    /// Key `title`: what people read on our pages. Absent: the name.
    pub title: String,
    /// Key `host`: where browsers reach it, without a port that goes without saying. Absent: that of the public URL.
    pub host: Host,
    /// Key `path`: several applications may share a host. Absent: the root.
    pub path: PathPrefix,
    /// Place in the configuration; the first one listed for a host is its start.
    pub position: usize,
    /// Key `providers`: the entries at which a person may sign in, in the order in which they are offered.
    pub providers: Vec<EntryName>,
    /// Key `login`.
    pub login: LoginMode,
    /// Key `idp_hints`: behind which of its own providers a federation may be asked to let a person in.
    pub idp_hints: Vec<String>,
    /// Key `mode`.
    pub mode: Mode,
    /// What the application hears about the person.
    pub told: Told,
    /// Key `max_body`: longest body of a request, in bytes. Absent: that of `[limits]`.
    pub max_body: Option<u64>,
    /// Key `app_cookies`: names of its own session cookies, each of which comes back with the same person only.
    pub app_cookies: CookieNames,
    /// What of a request it tolerates beyond the ordinary.
    pub tolerance: Tolerance,
    /// What each path asks. See [`App::route`].
    pub routes: Vec<Route>,
    /// What a path asks that can be read as several of them, where each asks for something else: all of it.
    pub strictest: Route,
}

/// Key `mode`: who carries requests to the application.
#[derive(Clone, Debug)]
pub enum Mode {
    /// We do, to these servers, at least one: key `upstreams`. They differ in their addresses only.
    Proxy(Vec<Arc<Upstream>>),
    /// Another proxy, which asks us about each of them.
    ForwardAuth,
}

/// Key `login`: what a visitor without a session sees first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginMode {
    /// A page with the provider's button, as the provider's rules suppose.
    Chooser,
    /// Straight to the provider, where there is only one.
    Redirect,
}

/// One `[[apps.routes]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Key `path`, below the application's path; joined with it here.
    pub path: PathPrefix,
    /// Key `access`.
    pub access: Access,
    /// Key `ends_session`.
    pub sign_out: SignOut,
    /// Key `require`. Absent: any session of the app.
    pub requirement: Option<Requirement>,
}

impl Route {
    /// What a path asks that no route lists.
    pub const UNLISTED: Self = Self {
        path: PathPrefix::ROOT,
        access: Access::Required,
        sign_out: SignOut::No,
        requirement: None,
    };

    /// The route that asks for everything that one of these asks for.
    pub fn strictest(routes: &[Self]) -> Self {
        let requirements = routes.iter().filter_map(|route| route.requirement.clone());
        Self {
            requirement: requirements.reduce(|one, other| one.and(&other)),
            ..Self::UNLISTED
        }
    }

    /// As the decision asks it.
    pub fn rule(&self) -> Rule<'_> {
        Rule {
            access: self.access,
            requirement: self.requirement.as_ref(),
        }
    }
}

/// Key `ends_session`: whether this is the application's own sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOut {
    /// It is: when the application has done it, our session and the provider's end as well.
    EndsSession,
    /// It is a page like any other.
    No,
}

const UNLISTED: &Route = &Route::UNLISTED;

impl App {
    /// Its servers, if we carry requests to them: then at least one.
    pub fn upstreams(&self) -> &[Arc<Upstream>] {
        match &self.mode {
            Mode::Proxy(upstreams) => upstreams,
            Mode::ForwardAuth => &[],
        }
    }

    /// The `Host` of a question that one of its servers gets from the gateway itself.
    pub fn told_host<'a>(&'a self, upstream: &'a Upstream) -> &'a Host {
        match upstream.host_header {
            HostHeader::Browser => &self.host,
            HostHeader::Upstream => upstream.address.authority().unwrap_or(&self.host),
        }
    }

    /// The entries at which a person can sign in for a route.
    pub fn entries<'a>(&'a self, route: &'a Route) -> &'a [EntryName] {
        let requirement = route.requirement.as_ref();
        requirement.map_or(&self.providers, |requirement| &requirement.entries)
    }

    /// The claims of a provider that are told, or looked at for a route.
    pub fn uses(&self) -> impl Iterator<Item = &str> {
        let requirements = self.routes.iter().filter_map(|route| route.requirement.as_ref());
        self.told.uses().chain(requirements.flat_map(Requirement::uses))
    }

    /// The route of a request's target.
    pub fn route_of(&self, target: &RequestTarget) -> &Route {
        if target.ambiguities().is_empty() {
            self.route(target.path())
        } else {
            self.route_in_any_reading(target.path())
        }
    }

    /// The route of a request: the longest path that contains it; without one, a session is required.
    ///
    /// Some applications read `/ADMIN` as `/admin`, some an accent after its letter as one with it. So the path is looked up
    /// as it is written and in any spelling, and the stricter of the two routes counts: another one never asks for less.
    pub fn route(&self, path: &str) -> &Route {
        let as_written = self.longest(|route| route.contains(path));
        // Of most paths there is one spelling, and it is not looked for twice.
        if spelling::is_plain(path) && self.routes.iter().all(|route| route.path.is_plain()) {
            return as_written;
        }
        let in_any_spelling = self.longest(|route| route.contains_in_any_spelling(path));
        self.stricter(as_written, in_any_spelling)
    }

    /// The same for an ambiguous path: the strictest of the routes that some application may find in it, whatever it makes
    /// of parameters, escaped slashes and empty segments. Of several, the longest.
    pub fn route_in_any_reading(&self, path: &str) -> &Route {
        let common = readings::common(path);
        let mut found: Vec<&Route> = self
            .routes
            .iter()
            .filter(|route| !route.path.contains_in_any_spelling(common) && route.path.may_contain(path))
            .collect();
        found.sort_by_key(|route| route.path.length());
        let strictest = |so_far, route| self.stricter(so_far, route);
        found.into_iter().fold(self.route(common), strictest)
    }

    /// Of two the one that asks for more, the second where both ask the same; where each asks for something that the other does
    /// not, what asks for everything.
    fn stricter<'a>(&'a self, one: &'a Route, other: &'a Route) -> &'a Route {
        match one.access.cmp(&other.access) {
            Ordering::Greater => one,
            Ordering::Less => other,
            Ordering::Equal => match (&one.requirement, &other.requirement) {
                (Some(_), None) => one,
                (Some(asked), Some(other_asked)) if asked != other_asked => &self.strictest,
                _ => other,
            },
        }
    }

    /// Of those that are as long, as two spellings of one path are, the stricter.
    fn longest(&self, contains: impl Fn(&PathPrefix) -> bool) -> &Route {
        let containing = self.routes.iter().filter(|route| contains(&route.path));
        let longest = containing.fold((0, None), |(length, longest), route| {
            let candidate = route.path.length();
            match longest {
                Some(_) if candidate < length => (length, longest),
                Some(so_far) if candidate == length => (length, Some(self.stricter(so_far, route))),
                _ => (candidate, Some(route)),
            }
        });
        longest.1.unwrap_or(UNLISTED)
    }
}
