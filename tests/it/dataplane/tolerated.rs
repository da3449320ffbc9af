//! An old application gets what it asks for, byte for byte, and nobody gets past a route by it.

use crate::support::provider::Alg;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::scene::with_agents;
use crate::support::upstream::Received;

fn scene(app: &str) -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        let route = "\n  [[apps.routes]]\n  path = \"/public/prive\"\n";
        with_agents(&format!("{usual}{route}")).replacen(
            "path = \"/\"\n",
            &format!("path = \"/\"\n{app}\n"),
            1,
        )
    })
}

/// Without a session: the status, and what the application received.
fn ask(scene: &Scene, target: &str, fields: &str) -> (u16, Vec<String>) {
    scene.application.forget();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n{fields}\r\n", scene.host());
    let answer = exchange(scene.gateway.address(), request);
    let received = scene.application.received();
    (
        answer.status,
        received.iter().map(Received::request_line).collect(),
    )
}

#[test]
fn a_tolerated_form_arrives_as_it_was_sent_and_every_reading_is_judged() {
    let scene = scene("allow_in_path = [\";\", \"%2F\", \"//\"]");
    for target in [
        "/public/page;jsessionid=0A.node1?x=1",
        "/public/group%2Fproject/a%2fb",
        "/public/wiki//page",
        "/public/a;v=1/b%2F;w//c",
    ] {
        let (status, received) = ask(&scene, target, "");
        assert_eq!((status, received), (200, vec![format!("GET {target} HTTP/1.1")]));
    }
    // Somewhere some server finds what is protected.
    for target in [
        "/dossier;x",
        "/public;x/y",
        "/public//prive",
        "/public%2Fprive",
        "/public/prive;x",
        "/public/;x/prive",
        "/public/;y%2Fprive",
        "/public/PRIVE%2fx",
    ] {
        let (status, received) = ask(&scene, target, "");
        assert_eq!((status, received), (303, Vec::new()), "{target}");
    }
    // Another application's, ours, or with a reading that nobody may have.
    for target in [
        "/agents;x",
        "//agents",
        "/x%2F..%2Fagents",
        "/AGENTS%2Fx",
        "/_guichet;x/callback",
        "/_guichet/callback;x",
        "/_guichet%2fcallback",
        "/public/..;/dossier",
        "/public/;../dossier",
        "/public/%2e%2e;/dossier",
        "/public%2F..%2Fdossier",
        "/public/a;x=../b",
        "/;x/evil.example/",
        "//evil.example/",
        "/%2Fevil.example/",
        "/public/%252Fx",
        "/public/%3Bx",
        "/public\\;x",
    ] {
        assert_eq!(ask(&scene, target, ""), (400, Vec::new()), "{target}");
    }
}

/// Frameworks trim what they read, each other blanks; some file systems see less than stands there.
#[test]
fn a_blank_at_either_end_of_a_name_opens_nothing() {
    let scene = scene("allow_in_path = [\";\"]");
    for target in [
        "/public/prive%C2%A0",
        "/public/prive%C2%A0/x",
        "/public/%20prive",
        "/public/%E2%80%83prive/x",
        "/public/prive%E2%80%A8/",
        "/public/%E2%80%A9%E3%80%80PRIVE%E2%80%8B",
        "/public/%EF%BB%BFprive",
        "/public/%C2%85prive%E2%80%AF",
        "/public/%C2%A0prive%E2%81%A0;x/y",
        "/%C2%A0public/x",
    ] {
        let (status, received) = ask(&scene, target, "");
        assert_eq!((status, received), (303, Vec::new()), "{target}");
    }
    for target in ["/agents%C2%A0", "/%E3%80%80agents/x", "/%20AGENTS"] {
        assert_eq!(ask(&scene, target, ""), (404, Vec::new()), "{target}");
    }
    // Nothing but blanks, or dots before them: no program may find another path in it.
    for target in [
        "/public/%C2%A0/prive",
        "/public/%E2%80%8B%E3%80%80",
        "/public/x/..%C2%A0/prive",
        "/public/x/..%E2%80%8B%20",
        "/public/.%EF%BB%BF",
        "/public/prive.%E2%80%A8",
        "/public/%E2%80%A8;x/prive",
    ] {
        assert_eq!(ask(&scene, target, ""), (400, Vec::new()), "{target}");
    }
    // Names that people give to their files.
    for target in [
        "/public/Compte%20rendu%C2%A0:%20%C2%AB%C2%A0%C3%A9t%C3%A9%C2%A0%C2%BB.pdf",
        "/public/%20brouillon.odt",
        "/public/%E2%9D%A4%EF%B8%8F",
        "/public/prive%C2%A0e",
    ] {
        let (status, received) = ask(&scene, target, "");
        assert_eq!((status, received), (200, vec![format!("GET {target} HTTP/1.1")]));
    }
}

#[test]
fn a_login_on_the_way_to_such_a_path_leads_back_to_it() {
    let scene = scene("allow_in_path = [\";\"]");
    let browser = crate::support::browser::Browser::new();
    let page = scene.sign_in(&browser, "/dossier;jsessionid=1?x=1");
    assert_eq!(
        page.url,
        scene.url("/dossier;jsessionid=1?x=1"),
        "{}",
        page.text()
    );
    assert_eq!(
        scene.application.only().request_line(),
        "GET /dossier;jsessionid=1?x=1 HTTP/1.1"
    );
}

#[test]
fn a_form_that_nobody_asked_for_reaches_nobody() {
    let scene = scene("allow_in_path = [\"//\"]");
    for target in ["/public/x;y", "/public/x%2Fy", "/public//x;y"] {
        assert_eq!(ask(&scene, target, ""), (400, Vec::new()), "{target}");
    }
    assert_eq!(ask(&scene, "/public//x", "").0, 200);
    let event = scene.gateway.audited("request_refused").remove(0);
    assert_eq!(
        (&event["event.code"], &event["event.reason"]),
        (&"P01".into(), &"target".into())
    );
}

#[test]
fn an_odd_name_arrives_where_it_was_asked_for_and_nowhere_else() {
    let scene = scene("allow_headers = [\"My_App.Token\"]");
    let fields = "my_app.token: one\r\nMY_APP.TOKEN: two\r\nmy_app_token: evil\r\nother_app.token: evil\r\n";
    assert_eq!(ask(&scene, "/public", fields).0, 200);
    let received = scene.application.only();
    assert_eq!(received.values("my_app.token"), ["one", "two"]);
    assert!(!received.contains("evil"));

    let nominated = format!("Connection: my_app.token\r\n{fields}");
    assert_eq!(ask(&scene, "/public", &nominated).0, 200);
    assert!(scene.application.only().values("my_app.token").is_empty());
}
