//! The application's own answers pass as they are, and its connections are treated with care.

use std::time::Duration;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::steps::raw;
use crate::support::table::Proof;
use crate::support::table::each_on;
use crate::support::upstream::Reply;

fn somebody(scene: &Scene) -> Browser {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    scene.application.forget();
    browser
}

fn its_error_pages_are_its_own(scene: &Scene) {
    let browser = somebody(scene);
    for (status, asker) in [
        (401, ""),
        (403, "Accept: application/json\r\n"),
        (404, ""),
        (500, "Sec-Fetch-Mode: cors\r\n"),
    ] {
        let fields = [
            ("WWW-Authenticate", "Basic realm=\"x\""),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
        ];
        scene
            .application
            .next(Reply::new(status, &fields, "its own page"));
        let answer = raw(scene, &browser, ("GET", "/dossier"), asker);
        assert_eq!((answer.status, answer.text().as_str()), (status, "its own page"));
        assert_eq!(answer.fields("set-cookie"), ["a=1", "b=2"]);
        assert_eq!(answer.field("www-authenticate"), Some("Basic realm=\"x\""));
    }
    assert_eq!(
        get(scene, &browser, "/dossier").status,
        200,
        "the session goes on"
    );
}

fn validators_are_between_browser_and_application(scene: &Scene) {
    let fields = "If-None-Match: \"x\"\r\nIf-Modified-Since: Wed, 25 Nov 2026 00:00:00 GMT\r\n";
    let anonymous = raw(scene, &Browser::new(), ("GET", "/dossier"), fields);
    assert_eq!(anonymous.status, 303);
    assert!(anonymous.field("etag").is_none() && anonymous.field("last-modified").is_none());
    assert_eq!(scene.application.byte_count(), 0);
    let browser = somebody(scene);
    scene
        .application
        .next(Reply::bytes("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"));
    let answer = raw(scene, &browser, ("GET", "/dossier"), fields);
    assert_eq!((answer.status, answer.field("etag")), (304, Some("\"x\"")));
    assert_eq!(scene.application.only().values("if-none-match"), ["\"x\""]);
    assert_eq!(
        scene.application.only().values("if-modified-since"),
        ["Wed, 25 Nov 2026 00:00:00 GMT"]
    );
}

const PROTECTION: [&str; 7] = [
    "content-security-policy",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "x-content-type-options",
    "strict-transport-security",
];

fn its_protection_is_its_own(scene: &Scene) {
    let browser = somebody(scene);
    let bare = get(scene, &browser, "/dossier");
    for name in PROTECTION {
        assert_eq!(bare.field(name), None, "{name}");
    }
    assert_eq!(
        bare.field("cache-control"),
        Some("private, no-store"),
        "the one addition"
    );
    let own = PROTECTION.map(|name| (name, "its own"));
    let own = [&own[..], &[("Cache-Control", "max-age=5")]].concat();
    scene.application.next(Reply::new(200, &own, "ok"));
    let answer = get(scene, &browser, "/dossier");
    for (name, value) in own {
        assert_eq!(answer.fields(name), [value], "{name}");
    }
}

fn the_port_stays(scene: &Scene) {
    let browser = somebody(scene);
    let port = scene.gateway.place().port().to_string();
    let host = format!("localhost:{port}");
    for (method, fields) in [("GET", ""), ("POST", "Content-Length: 0\r\n")] {
        scene.application.forget();
        assert_eq!(raw(scene, &browser, (method, "/dossier"), fields).status, 200);
        let received = scene.application.only();
        assert_eq!(received.values("host"), [host.as_str()]);
        assert_eq!(received.values("x-forwarded-host"), [host.as_str()]);
        assert_eq!(received.values("x-forwarded-port"), [port.as_str()]);
    }
    let asked = scene.provider.requests_to("/authorize").remove(0);
    assert!(
        asked
            .query
            .contains(&format!("localhost%3A{port}%2F_guichet%2Fcallback")),
        "{}",
        asked.query
    );
}

fn repeated_fields_stay_apart(scene: &Scene) {
    let browser = somebody(scene);
    let fields = [
        ("Set-Cookie", "a=1"),
        ("Link", "</a>; rel=next"),
        ("Set-Cookie", "b=2"),
        ("Link", "</b>; rel=prev"),
        ("Set-Cookie", "c=3"),
        ("WWW-Authenticate", "Basic"),
        ("WWW-Authenticate", "Digest"),
    ];
    scene.application.next(Reply::new(401, &fields, ""));
    let answer = raw(scene, &browser, ("GET", "/dossier"), "Cookie: x=1; y=2\r\n");
    assert_eq!(answer.fields("set-cookie"), ["a=1", "b=2", "c=3"]);
    assert_eq!(answer.fields("link"), ["</a>; rel=next", "</b>; rel=prev"]);
    assert_eq!(answer.fields("www-authenticate"), ["Basic", "Digest"]);
    assert_eq!(scene.application.only().values("cookie"), ["x=1; y=2"]);
}

fn a_connection_that_dies_idle_costs_nobody_a_page(scene: &Scene) {
    let browser = somebody(scene);
    let idle = Duration::from_millis(200);
    scene.application.close_idle_after(idle);
    for _ in 0..25 {
        assert_eq!(
            get(scene, &browser, "/dossier").status,
            200,
            "{}",
            scene.gateway.logs().text()
        );
        std::thread::sleep(idle);
    }
    for number in 0..25 {
        scene.application.forget();
        let fields = format!("Content-Length: 0\r\nX-Number: {number}\r\n");
        let status = raw(scene, &browser, ("POST", "/dossier"), &fields).status;
        let seen = scene.application.received().len();
        assert!(
            (status == 200 && seen == 1) || (status == 502 && seen <= 1),
            "{status} {seen}"
        );
        std::thread::sleep(idle);
    }
}

cases! {
    Proof<Scene>,
    run = each_on(|| Scene::start(Alg::Es256, Store::Memory)),
    rows = [
        Proof { ids: &["F048"], sentence: "its error pages are its own", holds: its_error_pages_are_its_own },
        Proof { ids: &["F049"], sentence: "validators pass, and no page of ours has one", holds: validators_are_between_browser_and_application },
        Proof { ids: &["F051"], sentence: "its protection is its own, nothing is added", holds: its_protection_is_its_own },
        Proof { ids: &["F053"], sentence: "the port of the Host stays", holds: the_port_stays },
        Proof { ids: &["F058"], sentence: "repeated fields stay apart and in order", holds: repeated_fields_stay_apart },
        Proof { ids: &["F040"], sentence: "a connection that dies idle costs nobody a page, and no form is sent twice", holds: a_connection_that_dies_idle_costs_nobody_a_page },
    ]
}
