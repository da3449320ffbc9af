//! Host and path lead to one application and one of its routes.

pub mod app;
pub mod path_prefix;
pub mod tolerance;
pub mod upstream;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::routing::app::App;
use crate::routing::app::Route;
use crate::wire::host::Host;
use crate::wire::own_paths::OwnPaths;
use crate::wire::scheme::Scheme;
use crate::wire::target::RequestTarget;
use crate::wire::target::TargetError;
use crate::wire::target::ambiguity::Ambiguities;
use crate::wire::target::readings;
use crate::wire::target::spelling;

/// Every application, and whose request it is.
#[derive(Debug)]
pub struct Router {
    /// By host; of each the longest path first, so that the first one that fits is the one.
    apps: BTreeMap<String, Vec<Arc<App>>>,
    own_paths: OwnPaths,
    scheme: Scheme,
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
    /// To nobody that could be named: an ambiguous path that its application does not tolerate, or that may be another's.
    Ambiguous(TargetError),
    /// To another site: a host that no application has.
    Misdirected,
}

impl<'a> Found<'a> {
    /// The application, if it is known whose the request is.
    pub fn app(&self) -> Option<&'a Arc<App>> {
        match *self {
            Self::Route(app, _) => Some(app),
            Self::Own | Self::Nowhere | Self::Ambiguous(_) | Self::Misdirected => None,
        }
    }
}

impl Router {
    /// `scheme` is that of the public URL: it says which port goes without saying.
    pub fn new(apps: Vec<Arc<App>>, own_paths: OwnPaths, scheme: Scheme) -> Self {
        let mut by_host: BTreeMap<String, Vec<Arc<App>>> = BTreeMap::new();
        for app in apps {
            let host = app.host.as_str().to_owned();
            by_host.entry(host).or_default().push(app);
        }
        for apps in by_host.values_mut() {
            apps.sort_by_key(|app| std::cmp::Reverse(app.path.length()));
        }
        Self {
            apps: by_host,
            own_paths,
            scheme,
        }
    }

    /// Whose request this is.
    pub fn find(&self, host: &Host, target: &RequestTarget) -> Found<'_> {
        let apps = self.on_host(host);
        if apps.is_empty() {
            return Found::Misdirected;
        }
        let path = target.path();
        if !target.ambiguities().is_empty() {
            return match self.app_in_any_reading(apps, target) {
                Ok(app) => Found::Route(app, app.route_of(target)),
                Err(error) => Found::Ambiguous(error),
            };
        }
        if self.own_paths.contain(target) {
            return Found::Own;
        }
        app_of(apps, path).map_or(Found::Nowhere, |app| Found::Route(app, app.route_of(target)))
    }

    /// The application at a host and path. None is at a path of ours.
    pub fn app_at(&self, host: &Host, target: &RequestTarget) -> Option<&Arc<App>> {
        self.find(host, target).app()
    }

    /// The application at an ambiguous path: it tolerates what is ambiguous, and whatever it makes of it, the path is no other
    /// application's and none of ours.
    fn app_in_any_reading<'a>(
        &self,
        apps: &'a [Arc<App>],
        target: &RequestTarget,
    ) -> Result<&'a Arc<App>, TargetError> {
        let path = target.path();
        let common = readings::common(path);
        let app = app_of(apps, common);
        let tolerated = app.map_or_else(Ambiguities::default, |app| app.tolerance.in_path);
        if let Some(ambiguity) = target.ambiguities().beyond(tolerated) {
            return Err(ambiguity.into());
        }
        let mut below = apps
            .iter()
            .filter(|other| !other.path.contains_in_any_spelling(common));
        match app {
            Some(app)
                if !self.own_paths.may_contain(path) && !below.any(|other| other.path.may_contain(path)) =>
            {
                Ok(app)
            }
            _ => Err(TargetError::SomebodyElses),
        }
    }

    /// Every application.
    pub fn apps(&self) -> impl Iterator<Item = &Arc<App>> {
        self.apps.values().flatten()
    }

    /// The paths that no application has.
    pub fn own_paths(&self) -> &OwnPaths {
        &self.own_paths
    }

    /// The application with a name, on a host.
    pub fn app_named(&self, host: &Host, name: &str) -> Option<&Arc<App>> {
        self.on_host(host).iter().find(|app| *app.name == *name)
    }

    /// Where a visitor of a host begins: its first listed application.
    pub fn start_of(&self, host: &Host) -> Option<&Arc<App>> {
        self.on_host(host).iter().min_by_key(|app| app.position)
    }

    fn on_host(&self, host: &Host) -> &[Arc<App>] {
        let apps = self.apps.get(host.usual_spelling(self.scheme));
        apps.map_or(&[], Vec::as_slice)
    }
}

/// Nobody's is a path that would be another application's in another case of its letters, or with its accents apart: the
/// server behind may read it so, and what is asked of a visitor is said by path.
fn app_of<'a>(apps: &'a [Arc<App>], path: &str) -> Option<&'a Arc<App>> {
    let as_written = apps.iter().find(|app| app.path.contains(path))?;
    if spelling::is_plain(path) && apps.iter().all(|app| app.path.is_plain()) {
        return Some(as_written);
    }
    let in_any_spelling = apps.iter().find(|app| app.path.contains_in_any_spelling(path))?;
    Arc::ptr_eq(as_written, in_any_spelling).then_some(as_written)
}

#[cfg(test)]
mod tests;
