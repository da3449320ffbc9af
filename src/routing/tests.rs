use std::sync::Arc;

use super::*;
use crate::access::requirement::Access;
use crate::identity_headers::told::Told;
use crate::routing::app::LoginMode;
use crate::routing::app::Mode;
use crate::routing::app::SignOut;
use crate::routing::path_prefix::PathPrefix;
use crate::wire::cookie_names::CookieNames;

fn app(name: &str, host: &str, path: &str, position: usize, routes: &[(&str, Access)]) -> Arc<App> {
    let path = PathPrefix::parse(path).unwrap();
    let route = |(below, access): &(&str, Access)| Route {
        path: path.join(&PathPrefix::parse(below).unwrap()),
        access: *access,
        sign_out: SignOut::No,
    };
    Arc::new(App {
        name: name.to_owned(),
        title: name.to_owned(),
        host: Host::parse(host).unwrap(),
        position,
        providers: Vec::new(),
        login: LoginMode::Chooser,
        mode: Mode::ForwardAuth,
        max_body: None,
        app_cookies: CookieNames::default(),
        told: Told {
            audience: name.to_owned(),
            claims: Vec::new(),
            plain_headers: Vec::new(),
        },
        routes: routes.iter().map(route).collect(),
        path,
    })
}

fn router() -> Router {
    let routes = [
        ("/", Access::Optional),
        ("/public", Access::Public),
        ("/public/admin", Access::Required),
        ("/public/privé", Access::Required),
        ("/public/TWICE", Access::Required),
        ("/public/twice", Access::Optional),
    ];
    Router::new(
        vec![
            app("urbanisme", "a.example", "/urbanisme", 0, &routes),
            app("root", "a.example", "/", 1, &[]),
            app("other", "b.example", "/", 2, &[]),
        ],
        OwnPaths::default(),
        "https",
    )
}

fn found(host: &str, target: &str) -> Option<(String, Access)> {
    let (host, target) = (Host::parse(host).unwrap(), RequestTarget::parse(target).unwrap());
    match router().find(&host, &target) {
        Found::Route(app, route) => Some((app.name.clone(), route.access)),
        Found::Own => Some(("own".to_owned(), Access::Public)),
        Found::Nowhere | Found::Misdirected => None,
    }
}

#[test]
fn no_application_is_at_a_path_of_ours() {
    let host = Host::parse("a.example").unwrap();
    for raw in ["/_guichet", "/_guichet/logout", "/_GUICHET/login?a=b"] {
        let target = RequestTarget::parse(raw).unwrap();
        assert!(router().app_at(&host, &target).is_none(), "{raw}");
    }
}

#[test]
fn the_longest_path_wins_at_the_border_of_a_segment() {
    for (target, name, access) in [
        ("/urbanisme", "urbanisme", Access::Optional),
        ("/urbanisme/public/x", "urbanisme", Access::Public),
        ("/urbanisme/public/admin", "urbanisme", Access::Required),
        ("/urbanisme/publicity", "urbanisme", Access::Optional),
        ("/urbanismes", "root", Access::Required),
        ("/x?/urbanisme/public", "root", Access::Required),
        ("/urbanisme/public/ADMIN", "urbanisme", Access::Required),
        ("/urbanisme/PUBLIC/admin/x", "urbanisme", Access::Required),
        ("/urbanisme/PUBLIC/x", "urbanisme", Access::Optional),
        ("/urbanisme/public/%EF%BD%81dmin", "urbanisme", Access::Required),
        ("/urbanisme/public/priv%C3%A9", "urbanisme", Access::Required),
        ("/urbanisme/public/prive%CC%81/x", "urbanisme", Access::Required),
        ("/urbanisme/public/prive", "urbanisme", Access::Public),
        ("/urbanisme/public/twice", "urbanisme", Access::Required),
        ("/urbanisme/public/TWICE", "urbanisme", Access::Required),
        ("/urbanisme/public/Twice", "urbanisme", Access::Required),
        ("/_guichet/callback", "own", Access::Public),
    ] {
        assert_eq!(
            found("a.example", target),
            Some((name.to_owned(), access)),
            "{target}"
        );
    }
}

#[test]
fn a_path_that_is_another_applications_in_another_case_is_nobodys() {
    for target in ["/URBANISME", "/Urbanisme/x", "/urban\u{131}sme"] {
        let target = target.replace('\u{131}', "%C4%B1");
        assert_eq!(found("a.example", &target), None, "{target}");
    }
    assert!(found("a.example", "/URBANISMES").is_some());
}

#[test]
fn a_host_is_found_with_and_without_the_port_that_goes_without_saying() {
    assert!(found("A.example:443", "/").is_some());
    assert!(found("a.example:8443", "/").is_none());
    assert!(found("c.example", "/_guichet/login").is_none());
}

#[test]
fn a_host_starts_at_its_first_listed_application() {
    let router = router();
    let start = |host| {
        router
            .start_of(&Host::parse(host).unwrap())
            .map(|app| app.name.clone())
    };
    assert_eq!(start("a.example").as_deref(), Some("urbanisme"));
    assert_eq!(start("c.example"), None);
}
