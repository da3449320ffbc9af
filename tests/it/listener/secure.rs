//! A signed-in person over TLS, on HTTP/1.1 and HTTP/2: nothing is said in her name, and nothing leads away from https.

use crate::cases;
use crate::listener::stage::Secure;
use crate::support::raw::Answer;
use crate::support::scene::ASSERTION;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::upstream::Received;
use crate::support::upstream::Reply;

const HSTS: &str = "strict-transport-security";
const A_YEAR: &str = "max-age=31536000";

/// The one request that the application received, over each version of HTTP.
fn on_both(secure: &Secure, path: &str, fields: &[(&str, &str)]) -> [Received; 2] {
    let application = &secure.scene.application;
    let lines: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("\r\n{name}: {value}"))
        .collect();
    application.forget();
    let answer = secure.raw(&format!(
        "GET {path} HTTP/1.1\r\nHost: {{host}}{}",
        lines.concat()
    ));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let first = application.only();
    application.forget();
    let lower: Vec<(String, &str)> = fields
        .iter()
        .map(|(name, value)| (name.to_lowercase(), *value))
        .collect();
    let lower: Vec<(&str, &str)> = lower
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let answer = secure.h2().get(&secure.url(path), &lower);
    assert_eq!(answer.status, 200, "{}", answer.text());
    [first, application.only()]
}

fn a_reserved_name_is_removed(secure: &Secure) {
    for name in [
        "x-gUiChEt-sUb",
        "X-GUICHET-ASSERTION",
        "x-guichet-status",
        "X_Guichet_Sub",
    ] {
        let fields = [("Cookie", secure.cookie.as_str()), (name, "evil")];
        for received in on_both(secure, "/dossier", &fields) {
            assert!(!received.contains("evil"), "{name}");
            assert_eq!(received.values(ASSERTION), [secure.assertion.as_str()], "{name}");
            assert_eq!(received.values("x-guichet-status"), ["authenticated"], "{name}");
        }
        for received in on_both(secure, "/public", &[(name, "evil")]) {
            assert!(!received.contains("evil"), "{name}");
        }
    }
}

fn cookie_crumbs_become_one_field(secure: &Secure) {
    let fields = [
        ("Cookie", "a=1"),
        ("Cookie", secure.cookie.as_str()),
        ("Cookie", "b=2"),
    ];
    for received in on_both(secure, "/dossier", &fields) {
        assert_eq!(received.values("cookie"), ["a=1; b=2"]);
        assert_eq!(received.values(ASSERTION), [secure.assertion.as_str()]);
        assert!(!received.contains("guichet-session"));
        assert_eq!(received.request_line(), "GET /dossier HTTP/1.1");
        assert_eq!(received.values("host"), [secure.host()]);
    }
}

/// Where a login leads the browser, and what it sets.
fn login(secure: &Secure, fields: &str) -> (String, Vec<String>) {
    let login = format!("GET /_guichet/login/fc?return_to=/dossier HTTP/1.1\r\nHost: {{host}}{fields}");
    let answer = secure.raw(&login);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookies = answer.fields("set-cookie").into_iter().map(str::to_owned);
    (answer.field("location").unwrap().to_owned(), cookies.collect())
}

fn stays_on_https(secure: &Secure, fields: &str) {
    let (location, cookies) = login(secure, fields);
    let callback = secure.url("/_guichet/callback");
    let callback: String = form_urlencoded::byte_serialize(callback.as_bytes()).collect();
    assert!(location.starts_with(secure.scene.provider.issuer()), "{location}");
    assert!(
        location.contains(&format!("redirect_uri={callback}&")),
        "{location}"
    );
    assert!(!cookies.is_empty());
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-guichet-login-"), "{cookie}");
        assert!(
            cookie.contains("; Secure") && !cookie.contains("Domain"),
            "{cookie}"
        );
    }
}

fn no_field_takes_https_away(secure: &Secure) {
    for spoof in ["http", "ws", "HTTP, https"] {
        stays_on_https(secure, &format!("\r\nX-Forwarded-Proto: {spoof}"));
        for received in on_both(secure, "/public", &[("X-Forwarded-Proto", spoof)]) {
            assert_eq!(received.values("x-forwarded-proto"), ["https"]);
        }
    }
}

fn no_field_leads_a_login_to_another_host(secure: &Secure) {
    for name in [
        "X-Forwarded-Host",
        "X-Host",
        "X-Original-Host",
        "X-Forwarded-Server",
        "X-HTTP-Host-Override",
    ] {
        stays_on_https(secure, &format!("\r\n{name}: evil.example"));
    }
    for received in on_both(secure, "/public", &[("X-Forwarded-Host", "evil.example")]) {
        assert_eq!(received.values("x-forwarded-host"), [secure.host()]);
        assert!(!received.contains("evil"));
    }
    let answer = secure.raw("GET /dossier HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: evil.example");
    let location = answer.field("location").unwrap();
    assert!(location.starts_with("/_guichet/login?"), "{location}");
    assert!(!location.contains("evil"), "{location}");
}

/// Every kind of answer that there is.
fn answers(secure: &Secure) -> Vec<(&'static str, Answer)> {
    let heads = [
        ("the application's", "GET /public HTTP/1.1\r\nHost: {host}"),
        ("a redirect", "GET /dossier HTTP/1.1\r\nHost: {host}"),
        (
            "a script's",
            "GET /dossier HTTP/1.1\r\nHost: {host}\r\nAccept: application/json",
        ),
        (
            "a page",
            "GET /_guichet/login?return_to=/dossier HTTP/1.1\r\nHost: {host}",
        ),
        ("keys", "GET /_guichet/jwks.json HTTP/1.1\r\nHost: {host}"),
        ("not found", "GET /_guichet/nothing HTTP/1.1\r\nHost: {host}"),
        ("refused", "GET /a//b HTTP/1.1\r\nHost: {host}"),
        ("misdirected", "GET / HTTP/1.1\r\nHost: evil.example"),
        ("another method", "TRACE / HTTP/1.1\r\nHost: {host}"),
    ];
    heads.map(|(what, head)| (what, secure.raw(head))).into()
}

fn every_answer_says_https(secure: &Secure) {
    for (what, answer) in answers(secure) {
        assert_eq!(answer.fields(HSTS), [A_YEAR], "{what}: {}", answer.status);
    }
    let h2 = secure.h2();
    for path in ["/public", "/dossier", "/_guichet/login", "/a//b"] {
        assert_eq!(h2.get(&secure.url(path), &[]).fields(HSTS), [A_YEAR], "{path}");
    }
    let application = &secure.scene.application;
    application.next(Reply::hang_up());
    application.next(Reply::hang_up());
    let answer = secure.raw("GET /public HTTP/1.1\r\nHost: {host}");
    assert_eq!((answer.status, answer.fields(HSTS)), (502, vec![A_YEAR]));
    // An application that says it itself knows better.
    application.forget();
    application.next(Reply::new(
        200,
        &[("Strict-Transport-Security", "max-age=0")],
        "own",
    ));
    let answer = secure.raw("GET /public HTTP/1.1\r\nHost: {host}");
    assert_eq!(
        (answer.text().as_str(), answer.fields(HSTS)),
        ("own", vec!["max-age=0"])
    );
}

cases! {
    Proof<Secure>,
    run = on(Secure::start()),
    rows = [
        Proof {
            ids: &["T007"],
            sentence: "a reserved name is removed in any case of letters, on HTTP/1.1 and HTTP/2",
            holds: a_reserved_name_is_removed,
        },
        Proof {
            ids: &["T028"],
            sentence: "cookies in many fields are read as one, and become the one that applications read",
            holds: cookie_crumbs_become_one_field,
        },
        Proof {
            ids: &["T047"],
            sentence: "no field takes https away: cookies, redirect URI and what the application is told",
            holds: no_field_takes_https_away,
        },
        Proof {
            ids: &["T048"],
            sentence: "no field leads a login to another host",
            holds: no_field_leads_a_login_to_another_host,
        },
        Proof {
            ids: &["T400"],
            sentence: "every answer tells the browser to stay on https, once, and the application's own word stands",
            holds: every_answer_says_https,
        },
    ]
}
