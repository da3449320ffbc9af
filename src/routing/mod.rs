//! Host and path lead to one application and one of its routes.

pub mod app;
pub mod path_prefix;
pub mod upstream;

use std::sync::Arc;

use crate::routing::app::App;
use crate::routing::app::Route;
use crate::wire::host::Host;
use crate::wire::own_paths::OwnPaths;
use crate::wire::target::RequestTarget;

/// Every application, and whose request it is.
#[derive(Debug)]
pub struct Router {
    /// Longest path first, so that the first one that fits is the one.
    apps: Vec<Arc<App>>,
    own_paths: OwnPaths,
    scheme: &'static str,
}

/// Where a request belongs.
#[derive(Debug)]
pub enum Found<'a> {
    /// To the gateway itself: a path under the reserved prefix on a host that we serve.
    Own,
    /// To a route of an application.
    Route(&'a Arc<App>, &'a Route),
    /// To nobody: a path that no application of the host has.
    Nowhere,
    /// To another site: a host that no application has.
    Misdirected,
}

impl Router {
    /// `scheme` is that of the public URL: it says which port goes without saying.
    pub fn new(mut apps: Vec<Arc<App>>, own_paths: OwnPaths, scheme: &'static str) -> Self {
        apps.sort_by_key(|app| std::cmp::Reverse(app.path.length()));
        Self {
            apps,
            own_paths,
            scheme,
        }
    }

    /// Whose request this is.
    pub fn find(&self, host: &Host, target: &RequestTarget) -> Found<'_> {
        if self.on_host(host).next().is_none() {
            return Found::Misdirected;
        }
        if self.own_paths.contain(target) {
            return Found::Own;
        }
        self.app_of(host, target)
            .map_or(Found::Nowhere, |app| Found::Route(app, app.route(target)))
    }

    /// The application at a host and path. None is at a path of ours.
    pub fn app_at(&self, host: &Host, target: &RequestTarget) -> Option<&Arc<App>> {
        match self.find(host, target) {
            Found::Route(app, _) => Some(app),
            Found::Own | Found::Nowhere | Found::Misdirected => None,
        }
    }

    /// Nobody's is a path that would be another application's in another case of its letters, or with its accents apart: the
    /// server behind may read it so, and what is asked of a visitor is said by path.
    fn app_of(&self, host: &Host, target: &RequestTarget) -> Option<&Arc<App>> {
        let as_written = self.on_host(host).find(|app| app.path.contains(target))?;
        let in_any_spelling = self
            .on_host(host)
            .find(|app| app.path.contains_in_any_spelling(target))?;
        Arc::ptr_eq(as_written, in_any_spelling).then_some(as_written)
    }

    /// The paths that no application has.
    pub fn own_paths(&self) -> &OwnPaths {
        &self.own_paths
    }

    /// The application with a name, on a host.
    pub fn app_named(&self, host: &Host, name: &str) -> Option<&Arc<App>> {
        self.on_host(host).find(|app| app.name == name)
    }

    /// Where a visitor of a host begins: its first listed application.
    pub fn start_of(&self, host: &Host) -> Option<&Arc<App>> {
        self.on_host(host).min_by_key(|app| app.position)
    }

    fn on_host<'a>(&'a self, host: &Host) -> impl Iterator<Item = &'a Arc<App>> {
        let host = host.usual_spelling(self.scheme);
        self.apps.iter().filter(move |app| app.host.as_str() == host)
    }
}

#[cfg(test)]
mod tests;
