use std::sync::Arc;

use super::*;
use crate::access::requirement::Access;
use crate::access::requirement::Requirement;
use crate::identity_headers::told::SubjectForm;
use crate::identity_headers::told::Told;
use crate::routing::app::LoginMode;
use crate::routing::app::Mode;
use crate::routing::app::SignOut;
use crate::routing::path_prefix::PathPrefix;
use crate::routing::tolerance::Tolerance;
use crate::wire::cookie_names::CookieNames;
use crate::wire::scheme::Scheme;
use crate::wire::target::ambiguity::Ambiguity;

fn app(name: &str, host: &str, path: &str, position: usize, routes: &[(&str, Access)]) -> Arc<App> {
    let path = PathPrefix::parse(path).unwrap();
    let route = |(below, access): &(&str, Access)| Route {
        path: path.join(&PathPrefix::parse(below).unwrap()),
        access: *access,
        sign_out: SignOut::No,
        requirement: None,
    };
    Arc::new(App {
        name: name.into(),
        title: name.to_owned(),
        host: Host::parse(host).unwrap(),
        position,
        providers: Vec::new(),
        login: LoginMode::Chooser,
        idp_hints: Vec::new(),
        mode: Mode::ForwardAuth,
        max_body: None,
        app_cookies: CookieNames::default(),
        tolerance: Tolerance::default(),
        told: Told {
            audience: name.to_owned(),
            claims: Vec::new(),
            derived: Vec::new(),
            plain_headers: Vec::new(),
            subject: SubjectForm::Provider,
        },
        routes: routes.iter().map(route).collect(),
        strictest: Route::UNLISTED,
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
        Scheme::Https,
    )
}

fn found(host: &str, target: &str) -> Option<(String, Access)> {
    let (host, target) = (Host::parse(host).unwrap(), RequestTarget::parse(target).unwrap());
    match router().find(&host, &target) {
        Found::Route(app, route) => Some((app.name.to_string(), route.access)),
        Found::Own => Some(("own".to_owned(), Access::Public)),
        Found::Nowhere | Found::Ambiguous(_) | Found::Misdirected => None,
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
        ("/urbanisme/public/admin%C2%A0", "urbanisme", Access::Required),
        (
            "/urbanisme/public/%E2%80%83admin/x",
            "urbanisme",
            Access::Required,
        ),
        ("/urbanisme/public/%20admin", "urbanisme", Access::Required),
        (
            "/urbanisme/public/%EF%BB%BFadmin%E2%80%A9/x",
            "urbanisme",
            Access::Required,
        ),
        ("/urbanisme/public%C2%A0/x", "urbanisme", Access::Optional),
        ("/urbanisme/public/admin%C2%A0x", "urbanisme", Access::Public),
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
fn a_path_that_is_another_applications_in_another_spelling_is_nobodys() {
    for target in [
        "/URBANISME",
        "/Urbanisme/x",
        "/urban\u{131}sme",
        "/%C2%A0urbanisme",
        "/urbanisme%E3%80%80/x",
    ] {
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
            .map(|app| app.name.to_string())
    };
    assert_eq!(start("a.example").as_deref(), Some("urbanisme"));
    assert_eq!(start("c.example"), None);
}

/// At `/`, `/old` and `/old/other`, where the second tolerates these forms; `/old/public` is open, and a page below it is not.
fn tolerant(in_path: &[Ambiguity]) -> Router {
    let routes = [
        ("/public", Access::Public),
        ("/public/a/b", Access::Required),
        ("/public/a/b/c", Access::Public),
        ("/page.jsf", Access::Public),
        ("/logout", Access::Required),
    ];
    let old = app("old", "a.example", "/old", 0, &routes);
    let mut old = Arc::into_inner(old).unwrap();
    old.tolerance.in_path = in_path.iter().copied().collect();
    Router::new(
        vec![
            Arc::new(old),
            app("root", "a.example", "/", 1, &[("/", Access::Public)]),
            app("other", "a.example", "/old/other", 2, &[("/", Access::Public)]),
        ],
        OwnPaths::default(),
        Scheme::Https,
    )
}

fn asks(router: &Router, target: &str) -> Result<(String, String, Access), TargetError> {
    let (host, target) = (Host::parse("a.example").unwrap(), RequestTarget::parse(target)?);
    match router.find(&host, &target) {
        Found::Route(app, route) => Ok((app.name.to_string(), route.path.to_string(), route.access)),
        Found::Ambiguous(error) => Err(error),
        other => panic!("{target:?}: {other:?}"),
    }
}

#[test]
fn an_ambiguous_path_asks_for_the_most_that_any_reading_asks_for() {
    let router = tolerant(&Ambiguity::ALL);
    for (target, route, access) in [
        // Below the open prefix, whatever is made of the rest.
        ("/old/public/x;jsessionid=1", "/old/public", Access::Public),
        ("/old/public/x%2Fy", "/old/public", Access::Public),
        ("/old/public/x//y", "/old/public", Access::Public),
        // Open in one reading only.
        ("/old/public;x/y", "/", Access::Required),
        ("/old/page.jsf;jsessionid=1", "/", Access::Required),
        ("/old//public", "/", Access::Required),
        ("/old/x%2Fpublic", "/", Access::Required),
        // Closed in one reading only.
        ("/old/public/a;x/b", "/old/public/a/b", Access::Required),
        ("/old/public/a%2fb", "/old/public/a/b", Access::Required),
        ("/old/public/a//b", "/old/public/a/b", Access::Required),
        ("/old/public/A%2F%2FB;x", "/old/public/a/b", Access::Required),
        // Closed where only the first of two places is read otherwise.
        ("/old/public/a//b//c", "/old/public/a/b", Access::Required),
        ("/old/public/a;x/b;x/c", "/old/public/a/b", Access::Required),
        ("/old/public/a/b/c;x", "/old/public/a/b", Access::Required),
        ("/old/public/a/b/c/d;x", "/old/public/a/b/c", Access::Public),
    ] {
        let expected = ("old".to_owned(), route.to_owned(), access);
        assert_eq!(asks(&router, target), Ok(expected), "{target}");
    }
}

#[test]
fn an_ambiguous_path_that_may_be_another_applications_or_ours_is_nobodys() {
    let router = tolerant(&Ambiguity::ALL);
    for target in [
        "/old/other;x",
        "/old//other",
        "/old/other%2Fx",
        "/old/OTHER;x/y",
        "/old/x;a%2Fb/../c",
    ] {
        assert!(asks(&router, target).is_err(), "{target}");
    }
    let everywhere = Router::new(
        vec![{
            let mut root = Arc::into_inner(app("root", "a.example", "/", 0, &[])).unwrap();
            root.tolerance.in_path = Ambiguity::ALL.into_iter().collect();
            Arc::new(root)
        }],
        OwnPaths::default(),
        Scheme::Https,
    );
    for target in [
        "/_guichet;x/login",
        "/_guichet%2Flogin",
        "/_guichet/login;x",
        "/_GUICHET%2f",
        "/_guichet//x",
    ] {
        assert_eq!(
            asks(&everywhere, target),
            Err(TargetError::SomebodyElses),
            "{target}"
        );
    }
    assert!(asks(&everywhere, "/x/_guichet;x").is_ok());
}

#[test]
fn each_form_needs_the_leave_of_the_application_that_gets_it() {
    for (form, target) in [
        (Ambiguity::Parameters, "/old/x;y"),
        (Ambiguity::EscapedSlashes, "/old/x%2Fy"),
        (Ambiguity::EmptySegments, "/old/x//y"),
    ] {
        assert!(asks(&tolerant(&[form]), target).is_ok(), "{target}");
        let others: Vec<_> = Ambiguity::ALL
            .into_iter()
            .filter(|other| *other != form)
            .collect();
        assert_eq!(asks(&tolerant(&others), target), Err(form.into()), "{target}");
        assert_eq!(
            asks(&router(), target.trim_start_matches("/old")),
            Err(form.into())
        );
        assert_eq!(
            asks(&tolerant(&[form]), target.trim_start_matches("/old")),
            Err(form.into())
        );
    }
}

/// An app at `a.example` whose routes each require an age, or nothing.
fn with_ages(routes: &[(&str, Option<u8>)]) -> Arc<App> {
    let app = app("ages", "a.example", "/", 0, &[]);
    let mut app = Arc::into_inner(app).unwrap();
    let requirement = |years| Requirement {
        entries: Vec::new(),
        idp: None,
        acr: None,
        age_over: Some(years),
        claims: Vec::new(),
        auth_age: None,
    };
    app.routes = routes
        .iter()
        .map(|(path, years)| Route {
            path: PathPrefix::parse(path).unwrap(),
            requirement: years.map(requirement),
            ..Route::UNLISTED
        })
        .collect();
    app.strictest = Route::strictest(&app.routes);
    app.tolerance.in_path = Ambiguity::ALL.into_iter().collect();
    Arc::new(app)
}

#[test]
fn a_path_that_can_be_read_as_several_asks_for_what_each_of_them_asks() {
    let app = with_ages(&[
        ("/", None),
        ("/majeurs", Some(18)),
        ("/Anciens", Some(60)),
        ("/anciens/lettre", Some(18)),
        ("/deux", Some(30)),
        ("/DEUX", Some(20)),
    ]);
    let router = Router::new(vec![app], OwnPaths::default(), Scheme::Https);
    let age = |target: &str| {
        let (host, target) = (
            Host::parse("a.example").unwrap(),
            RequestTarget::parse(target).unwrap(),
        );
        let Found::Route(_, route) = router.find(&host, &target) else {
            panic!("{target:?}");
        };
        route
            .requirement
            .as_ref()
            .and_then(|requirement| requirement.age_over)
    };
    for (target, years) in [
        ("/x", None),
        ("/majeurs/1", Some(18)),
        ("/MAJEURS/1", Some(18)),
        ("/majeurs;x=1", Some(18)),
        ("/Anciens", Some(60)),
        ("/anciens", Some(60)),
        ("/anciens/lettre", Some(18)),
        // As written it is below the one, in another case it is the other.
        ("/Anciens/lettre", Some(60)),
        ("/deux", Some(60)),
        ("/x//majeurs", None),
    ] {
        assert_eq!(age(target), years, "{target}");
    }
}
