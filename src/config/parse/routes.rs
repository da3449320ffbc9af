//! Paths of apps and routes, and what they ask of a visitor.

use crate::access::requirement::Access;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::requirement;
use crate::config::parse::requirement::Offered;
use crate::config::raw;
use crate::routing::app::App;
use crate::routing::app::Route;
use crate::routing::app::SignOut;
use crate::routing::path_prefix::PathPrefix;
use crate::wire::own_paths::OwnPaths;

/// Each request looks at every route of its app.
const MOST_ROUTES: usize = 1000;

/// A path that cannot be told from another one is refused, as it is in a request.
pub fn path(key: &Key, text: &str, findings: &mut Findings) -> Option<PathPrefix> {
    let path = match PathPrefix::parse(text) {
        Ok(path) => path,
        Err(error) => {
            let problem = format!("`{}` is not a path: {error}", bounded(text));
            let help = "begin with a slash; no query, no //, no /../, no ; and no escaped slash";
            findings.error(Code::Path, key, problem, help);
            return None;
        }
    };
    if text.contains('?') {
        let problem = format!("`{}` has a query", bounded(text));
        findings.error(
            Code::Path,
            key,
            problem,
            "write the path alone: routes do not look at the query",
        );
        return None;
    }
    Some(path)
}

/// The routes of an app, their paths joined with its own.
pub fn routes(
    app: &Key,
    below: Option<&PathPrefix>,
    raw: Option<Vec<raw::Route>>,
    offered: Offered<'_>,
    findings: &mut Findings,
) -> Option<Vec<Route>> {
    let raw = raw.unwrap_or_default();
    if raw.len() > MOST_ROUTES {
        let problem = format!("an app has {MOST_ROUTES} routes at most, here are {}", raw.len());
        let help = "a route is a prefix: list what differs from the page above it, not every page";
        findings.error(Code::Routes, &app.name("routes").item(MOST_ROUTES), problem, help);
        return None;
    }
    let mut routes: Vec<Route> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let key = app.name("routes").item(index);
        let path_key = key.name("path");
        let text = findings.required(&path_key, raw.path, "path = \"/public\"");
        let path = text.and_then(|text| path(&path_key, &text, findings));
        let (Some(path), Some(below), Some(access)) = (path, below, raw.access) else {
            continue;
        };
        if below.length() > 0 && begins_with(&path, below) {
            findings.warning(
                Code::RepeatedPath,
                &path_key,
                format!(
                    "this route is at `{}`, as paths of routes are below that of their app",
                    below.join(&path)
                ),
                format!("leave `{below}` out if `{path}` was meant"),
            );
        }
        let path = below.join(&path);
        if routes.iter().any(|other| other.path == path) {
            let problem = format!("two routes of this app are at `{path}`");
            findings.error(Code::SamePlace, &path_key, problem, "keep one of the two");
        }
        let access = access_of(&access);
        if raw.ends_session == Some(true) && access == Access::Public {
            findings.error(
                Code::SignOutRoute,
                &key.name("ends_session"),
                format!("`{path}` is public: nobody looks who is signed in, so nobody can be signed out"),
                "make the route `required`, or `optional` where visitors without a session come by as well",
            );
        }
        let requirement = raw
            .require
            .and_then(|raw| requirement::requirement(&key.name("require"), raw, (access, offered), findings));
        routes.push(Route {
            path,
            access,
            requirement,
            sign_out: match raw.ends_session {
                Some(true) => SignOut::EndsSession,
                _ => SignOut::No,
            },
        });
    }
    if let Some(below) = below {
        silence_beside_identity(&app.name("routes"), below, &routes, findings);
    }
    (!findings.refused(&app.name("routes"))).then_some(routes)
}

/// What the gateway answers itself is no application's, and none of its routes is there.
pub fn report_own_paths(own_paths: &OwnPaths, apps: &[App], findings: &mut Findings) {
    for app in apps {
        let key = Key::ROOT.name("apps").item(app.position);
        let of_routes = app.routes.iter().enumerate();
        let of_routes = of_routes.map(|(index, route)| (key.name("routes").item(index), &route.path));
        for (key, path) in std::iter::once((key.clone(), &app.path)).chain(of_routes) {
            if own_paths.contain_path(&path.to_string()) {
                let problem = format!("`{path}` is a path of the gateway itself");
                let help = format!(
                    "everything below {} is never forwarded; see server.reserved_prefix",
                    own_paths.prefix()
                );
                findings.error(Code::Path, &key.name("path"), problem, help);
            }
        }
    }
}

/// An application that is told who somebody is on one page and nothing on the next one takes them for signed out. What no
/// route lists asks for a session.
fn silence_beside_identity(key: &Key, below: &PathPrefix, routes: &[Route], findings: &mut Findings) {
    let of_access = |access| routes.iter().find(|route| route.access == access);
    let Some(public) = of_access(Access::Public) else {
        return;
    };
    let everything_is_listed = routes.iter().any(|route| route.path == *below);
    let required = match of_access(Access::Required) {
        Some(required) => format!("at `{}`", required.path),
        None if !everything_is_listed => "elsewhere".to_owned(),
        None => return,
    };
    findings.warning(
        Code::PublicBesideRequired,
        key,
        format!(
            "nobody is looked up at the public `{}`, so the application hears no identity there, {required} it always does",
            public.path
        ),
        "an application that ends its own session where the identity is missing signs people out there: say `access = \
         \"optional\"`, which tells it who is there. Leave `public` for what has no session: pictures, style sheets",
    );
}

fn begins_with(path: &PathPrefix, below: &PathPrefix) -> bool {
    let path = path.to_string();
    path.strip_prefix(&below.to_string())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn access_of(word: &str) -> Access {
    match word {
        "public" => Access::Public,
        "optional" => Access::Optional,
        // The words are the schema's; whatever else came through asks for the most.
        _ => Access::Required,
    }
}
