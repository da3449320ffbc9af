//! The application's own answers pass as they are, with what stands in their place, and its connections are treated with care.

use std::collections::BTreeSet;
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

fn pages_with_an_identity(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let asked = |fields: &[(&str, &str)], path: &str| {
        scene.application.next(Reply::new(200, fields, "ok"));
        let answer = raw(scene, &browser, ("GET", path), "");
        let values = |name: &str| {
            answer
                .fields(name)
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        (values("cache-control"), values("vary"))
    };
    let none: [&str; 0] = [];
    assert_eq!(
        asked(&[], "/dossier"),
        (vec!["private, no-store".to_owned()], vec![])
    );
    let own = [("Cache-Control", "public, max-age=3600"), ("Vary", "Cookie")];
    let (cache, vary) = asked(&own, "/dossier");
    assert_eq!(
        (cache, vary),
        (vec!["public, max-age=3600".to_owned()], vec!["Cookie".to_owned()])
    );
    assert_eq!(asked(&[], "/public").0, none);
    assert_eq!(asked(&[], "/optional").0, ["private, no-store"]);
}

fn nothing_is_kept_here(scene: &Scene) {
    let (zoe, other) = (Browser::new(), Browser::new());
    scene.sign_in(&zoe, "/");
    scene
        .provider
        .sign_in(&other, &scene.to_the_provider(&other, "/"), 1);
    scene.application.forget();
    let cached = [("Cache-Control", "public, max-age=3600"), ("ETag", "\"1\"")];
    for (browser, body) in [
        (&zoe, "for zoé"),
        (&other, "for the other"),
        (&zoe, "for zoé again"),
    ] {
        scene.application.next(Reply::new(200, &cached, body));
        assert_eq!(raw(scene, browser, ("GET", "/static/x.css"), "").text(), body);
    }
    let received = scene.application.received();
    assert_eq!(received.len(), 3);
    let subjects: BTreeSet<String> = received
        .iter()
        .flat_map(|one| one.values("x-guichet-sub"))
        .collect();
    assert_eq!(subjects.len(), 2);
}

fn an_application_that_is_down(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let port = scene.application.address().port().to_string();
    let cut = Reply::bytes("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").then_close();
    scene.application.next(cut);
    let broken = raw(scene, &browser, ("GET", "/dossier"), "");
    scene.application.stop();
    let refused = raw(scene, &browser, ("GET", "/dossier"), "");
    for answer in [broken, refused] {
        assert_eq!(answer.status, 502);
        let whole = format!("{}{}", String::from_utf8_lossy(&answer.head), answer.text()).to_lowercase();
        for word in [
            port.as_str(),
            "127.0.0.1",
            "hyper",
            env!("CARGO_PKG_VERSION"),
            "refused",
            "os error",
            "panick",
            ".rs",
            "\nserver:",
            "x-powered-by",
        ] {
            assert!(!whole.contains(word), "{word} in {whole}");
        }
        // What a person can say, the operator finds.
        let (_, rest) = whole.split_once("<dd>p05 · ").expect("no reference");
        let id = rest.split('<').next().unwrap();
        assert!(!scene.gateway.logs().lines_with(id).is_empty(), "{id}");
    }
}

fn the_applications_own_policy(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let own = [
        (
            "Content-Security-Policy",
            "default-src 'self' https://cdn.example; report-uri /csp",
        ),
        ("Content-Security-Policy", "frame-ancestors *"),
        ("Content-Security-Policy-Report-Only", "default-src 'none'"),
    ];
    scene.application.next(Reply::new(200, &own, "ok"));
    let answer = raw(scene, &browser, ("GET", "/dossier"), "");
    assert_eq!(answer.fields("content-security-policy"), [own[0].1, own[1].1]);
    assert_eq!(answer.fields("content-security-policy-report-only"), [own[2].1]);
}

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
    let host = scene.host();
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
        Proof { ids: &["T403"], sentence: "a page with an identity is private unless the application says how", holds: pages_with_an_identity },
        Proof { ids: &["T404"], sentence: "nothing is kept between two people", holds: nothing_is_kept_here },
        Proof { ids: &["T405"], sentence: "an error page has a reference and no detail", holds: an_application_that_is_down },
        Proof { ids: &["T411"], sentence: "an application's policy is its own", holds: the_applications_own_policy },
        Proof { ids: &["F048"], sentence: "its error pages are its own", holds: its_error_pages_are_its_own },
        Proof { ids: &["F049"], sentence: "validators pass, and no page of ours has one", holds: validators_are_between_browser_and_application },
        Proof { ids: &["F051"], sentence: "its protection is its own, nothing is added", holds: its_protection_is_its_own },
        Proof { ids: &["F053"], sentence: "the port of the Host stays", holds: the_port_stays },
        Proof { ids: &["F058"], sentence: "repeated fields stay apart and in order", holds: repeated_fields_stay_apart },
        Proof { ids: &["F040"], sentence: "a connection that dies idle costs nobody a page, and no form is sent twice", holds: a_connection_that_dies_idle_costs_nobody_a_page },
    ]
}
