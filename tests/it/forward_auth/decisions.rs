//! What a front proxy is told about a request, and who is told nothing.

use std::time::Duration;

use tokio::time::Instant;

use super::stage::NAMES;
use super::stage::SECRET;
use super::stage::Stage;
use super::stage::behind_forward_auth;
use super::stage::says_nothing;
use super::stage::tells_no_application;
use crate::cases;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::Answer;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::raw::exchange;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::wait::until;

cases! {
    Proof<Stage>,
    run = on(Stage::start()),
    rows = [
        Proof {
            ids: &["F022"],
            sentence: "the copy of a WebSocket handshake is a question like any other",
            holds: handshakes,
        },
        Proof {
            ids: &["F024"],
            sentence: "a sub-request that does not say which request is meant is refused, and the log names what is missing",
            holds: unsaid,
        },
        Proof {
            ids: &["F026"],
            sentence: "the browser's method counts, if a proven caller says it",
            holds: preflights,
        },
        Proof {
            ids: &[],
            sentence: "whoever is signed in passes, with every field and the application's own cookies",
            holds: passes,
        },
        Proof {
            ids: &[],
            sentence: "a public page is passed with every field empty, also for whoever is signed in",
            holds: public,
        },
        Proof {
            ids: &[],
            sentence: "a visitor without a session is told where the login is",
            holds: logins,
        },
        Proof {
            ids: &[],
            sentence: "the request that is meant is judged by the code that judges every request",
            holds: judged_alike,
        },
        Proof {
            ids: &[],
            sentence: "two readings of the request that is meant are refused",
            holds: contradictions,
        },
        Proof {
            ids: &[],
            sentence: "a stranger is told nothing, and nothing is looked up",
            holds: strangers,
        },
        Proof {
            ids: &[],
            sentence: "other questions are none",
            holds: other_questions,
        },
        Proof {
            ids: &[],
            sentence: "no answer but the one that lets pass is a success, as nginx and Caddy take every 2xx for it",
            holds: no_other_success,
        },
        Proof {
            ids: &[],
            sentence: "a sub-request whose framing has two readings is refused before anybody looks who asks",
            holds: framed_twice,
        },
    ]
}

const HEAD: &str = "GET /_guichet/auth HTTP/1.1\r\nHost: 10.0.0.2:8080\r\n";

fn passed(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.fields("x-guichet-status"), ["authenticated"]);
    let people = people();
    let sub = people[ZOE]["sub"].as_str().unwrap();
    assert_eq!(answer.fields("x-guichet-sub"), [sub]);
    assert_eq!(claims(answer.field("x-guichet-assertion").unwrap())["sub"], *sub);
    assert_eq!(
        (answer.body.len(), answer.field("cache-control")),
        (0, Some("no-store"))
    );
}

fn refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.head));
    tells_no_application(answer);
}

fn handshakes(stage: &Stage) {
    let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{proof}{about GET /socket}";
    let mut client = RawClient::connect(stage.scene.gateway.address());
    for _ in 0..2 {
        let with = format!("{HEAD}{handshake}Cookie: {{session}}\r\n\r\n");
        passed(&stage.send(&mut client, &with));
        assert_eq!(client.afterwards(), Connection::Open);
        let without = format!("{HEAD}{handshake}\r\n");
        refused(&stage.send(&mut client, &without), 401);
        assert_eq!(client.afterwards(), Connection::Open);
    }
}

fn unsaid(stage: &Stage) {
    let all = stage.filled("{about GET /dossier}");
    for missing in [
        "X-Forwarded-Uri",
        "X-Forwarded-Method",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
    ] {
        let rest: Vec<&str> = all
            .split_inclusive("\r\n")
            .filter(|line| !line.starts_with(missing))
            .collect();
        names_what_is_missing(stage, &rest.concat(), missing);
    }
    names_what_is_missing(stage, "", "X-Forwarded-Method");
    // nginx as it is without any setting of its own: HTTP/1.0, a Host that is not ours, a length without a body.
    for length in ["", "Content-Length: 5\r\n"] {
        let words = format!(
            "GET /_guichet/auth HTTP/1.0\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n{length}{{proof}}{{about POST \
             /dossier}}Cookie: {{session}}\r\n\r\n"
        );
        let mut client = RawClient::connect(stage.scene.gateway.address());
        let began = Instant::now();
        let answer = stage.send(&mut client, &words);
        passed(&answer);
        // The body that never comes is waited for a little, behind the answer and not before it.
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert!(!length.is_empty() || client.afterwards() == Connection::Closed);
    }
}

fn names_what_is_missing(stage: &Stage, lines: &str, missing: &str) {
    stage.scene.gateway.logs().forget();
    let answer = stage.ask(&format!("{lines}Cookie: {{session}}\r\n"));
    refused(&answer, 400);
    let said = format!(
        "has no {missing}; Traefik and Caddy send {missing} by themselves, nginx needs `proxy_set_header {missing} $"
    );
    assert!(answer.text().contains(&said), "{}", answer.text());
    let logs = stage.scene.gateway.logs();
    until("it is told", || !logs.lines_with(&said).is_empty());
    assert_eq!(logs.lines_with(&said).len(), 1, "{}", logs.text());
}

fn preflights(stage: &Stage) {
    let preflight = |page: &str| {
        format!(
            "{{about OPTIONS {page}}}Origin: https://other.example\r\nAccess-Control-Request-Method: PUT\r\n"
        )
    };
    let answer = stage.ask(&preflight("/public/api"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    says_nothing(&answer);
    // No route lets preflights alone pass: elsewhere one is a request like any other, which no browser is led away from, as
    // it would be from a page.
    let answer = stage.ask(&preflight("/api"));
    refused(&answer, 401);
    assert_eq!(answer.fields("location"), [""; 0]);
    assert_eq!(stage.ask("{about GET /api}").fields("location").len(), 1);
    for page in ["/public/api", "/api"] {
        let words = format!("{HEAD}{}Cookie: {{session}}\r\n\r\n", preflight(page));
        let mut client = RawClient::connect(stage.scene.gateway.address());
        refused(&stage.send(&mut client, &words), 401);
    }
}

fn passes(stage: &Stage) {
    let cookies = "Cookie: a=1; {session}; b=\"2\"\r\nCookie: __Host-guichet-login-x=S; c=3\r\n";
    for lines in [
        "{about GET /dossier?x=1}",
        "{about POST /dossier}",
        "X-Original-Method: GET\r\nX-Original-URL: http://{host}/dossier?x=1\r\n",
        "{about GET /dossier}X-Guichet-Sub: evil\r\nX_Guichet_Sub: evil\r\nX-Guichet-Email: evil\r\n",
    ] {
        let answer = stage.ask(&format!("{lines}{cookies}"));
        passed(&answer);
        assert_eq!(answer.fields("cookie"), ["a=1; b=\"2\"; c=3"], "{lines}");
        assert_eq!(answer.field("x-request-id").unwrap().len(), 16);
        let head = String::from_utf8_lossy(&answer.head);
        assert!(!head.contains("evil") && !head.contains("set-cookie"), "{head}");
        for name in NAMES {
            assert_eq!(answer.fields(name).len(), 1, "{name}");
        }
    }
    let answer = stage.ask("{about GET /dossier}Cookie: {session}\r\n");
    passed(&answer);
    assert_eq!(answer.fields("cookie"), [""], "a copy takes ours away");
}

fn public(stage: &Stage) {
    let lookups = stage.lookups();
    for lines in ["", "Cookie: {session}; a=1\r\n", "X-Guichet-Sub: evil\r\n"] {
        let answer = stage.ask(&format!("{{about GET /public/logo}}{lines}"));
        assert_eq!(answer.status, 200);
        says_nothing(&answer);
    }
    assert_eq!(stage.lookups(), lookups);
    let answer = stage.ask("{about GET /optional}");
    assert_eq!(
        (answer.status, answer.field("x-guichet-status")),
        (200, Some("anonymous"))
    );
    assert_eq!(answer.fields("x-guichet-assertion"), [""]);
}

fn logins(stage: &Stage) {
    let login = stage.filled("http://{host}/_guichet/login?return_to=/dossier%3Fx%3D1");
    let navigation = "{about GET /dossier?x=1}Sec-Fetch-Mode: navigate\r\n";
    let answer = stage.ask(navigation);
    refused(&answer, 401);
    assert_eq!(answer.fields("location"), [&*login]);
    assert!(answer.field("www-authenticate").is_some());
    let redirecting = HEAD.replace("/auth ", "/auth?challenge=redirect ");
    let mut client = RawClient::connect(stage.scene.gateway.address());
    let answer = stage.send(&mut client, &format!("{redirecting}{{proof}}{navigation}\r\n"));
    refused(&answer, 303);
    assert_eq!(answer.fields("location"), [&*login]);
    // A script and a form are not led anywhere, whatever the shape.
    for (lines, kind) in [
        (
            "{about GET /api}Sec-Fetch-Mode: cors\r\n",
            "application/problem+json",
        ),
        (
            "{about POST /form}Sec-Fetch-Mode: navigate\r\n",
            "text/html; charset=utf-8",
        ),
    ] {
        for head in [HEAD, &redirecting] {
            let answer = stage.send(&mut client, &format!("{head}{{proof}}{lines}\r\n"));
            refused(&answer, 401);
            assert_eq!(answer.fields("location"), [""; 0]);
            assert_eq!(answer.field("content-type"), Some(kind));
        }
    }
    let told = stage.scene.gateway.audited("login_failed");
    assert!(told.is_empty(), "{told:?}");
}

fn judged_alike(stage: &Stage) {
    for (about, status) in [
        ("{about GET /public/../dossier}", 400),
        ("{about GET /public/%2e%2e/dossier}", 400),
        ("{about GET /public%2f..%2fdossier}", 400),
        ("{about GET //dossier}", 400),
        ("{about GET /public/;/dossier}", 400),
        ("{about GET /PUBLIC/logo}", 401),
        ("{about GET /public%C2%A0/logo}", 401),
        ("{about GET /public/%E3%80%80/x}", 400),
        ("{about GET /public/..%E2%80%8B/dossier}", 400),
        ("{about GET /_guichet%C2%A0/jwks.json}", 421),
        ("{about GET /%E2%80%A8_guichet/x}", 421),
        ("{about get /dossier}", 405),
        ("{about TRACE /dossier}", 405),
        ("{about CONNECT /dossier}", 405),
        ("{about GET /_guichet/jwks.json}", 421),
        ("{about GET /_GUICHET/x}", 421),
        ("{about GET /here/x}", 421),
    ] {
        refused(&stage.ask(about), status);
        if status != 401 {
            refused(&stage.ask(&format!("{about}Cookie: {{session}}\r\n")), status);
        }
    }
    let about = stage.filled("{about GET /public}");
    for host in ["evil.example", "localhost", "a, b", "x@localhost", ""] {
        let about = about.replace(&stage.scene.host(), host);
        let answer = stage.ask(&about);
        let status = if matches!(host, "evil.example" | "localhost") {
            421
        } else {
            400
        };
        refused(&answer, status);
    }
}

fn contradictions(stage: &Stage) {
    let about = "{about GET /public}";
    for more in [
        "X-Forwarded-Uri: /dossier\r\n",
        "X-Forwarded-Uri: /public\r\n",
        "X-Forwarded-Host: {host}\r\n",
        "X-Forwarded-Method: GET\r\n",
        "X-Forwarded-Proto: http\r\n",
        "X-Original-Method: POST\r\n",
        "X-Original-URL: http://{host}/dossier\r\n",
        "X-Original-URL: http://evil.example/public\r\n",
        "X-Original-URL: https://{host}/public\r\n",
        "X-Original-URL: /public\r\n",
    ] {
        refused(&stage.ask(&format!("{about}{more}")), 400);
    }
    let agreed = stage.ask(&format!(
        "{about}X-Original-URL: http://{{host}}/public\r\nX-Original-Method: GET\r\n"
    ));
    assert_eq!(agreed.status, 200);
}

fn strangers(stage: &Stage) {
    let lookups = stage.lookups();
    let long = format!("X-Forward-Auth-Secret: {SECRET}x\r\n");
    for proof in [
        "",
        "X-Forward-Auth-Secret: \r\n",
        "X-Forward-Auth-Secret: wrong\r\n",
        "{proof}{proof}",
        "X_Forward_Auth_Secret: {proof}",
        &long,
    ] {
        for about in ["{about GET /dossier}", "{about GET /public}", ""] {
            let words = format!("{HEAD}{proof}{about}Cookie: {{session}}\r\n\r\n");
            let mut client = RawClient::connect(stage.scene.gateway.address());
            let answer = stage.send(&mut client, &words);
            refused(&answer, 401);
            assert_eq!(answer.fields("location"), [""; 0]);
        }
    }
    assert_eq!(stage.lookups(), lookups);
    let told = stage.scene.gateway.audited("request_refused");
    let told = told
        .iter()
        .filter(|event| event["event.reason"] == "caller_secret");
    assert_eq!(told.count(), 1, "once for each address, not for each request");
}

fn other_questions(stage: &Stage) {
    for (line, status) in [
        ("POST /_guichet/auth HTTP/1.1", 405),
        ("GET /_guichet/auth?challenge=other HTTP/1.1", 400),
        ("GET /_guichet/auth/ HTTP/1.1", 404),
        ("GET /_GUICHET/auth HTTP/1.1", 404),
    ] {
        let words =
            format!("{line}\r\nHost: {{host}}\r\n{{proof}}{{about GET /dossier}}Cookie: {{session}}\r\n\r\n");
        let mut client = RawClient::connect(stage.scene.gateway.address());
        refused(&stage.send(&mut client, &words), status);
    }
}

/// A sub-request with these lines, up to the end of its head.
fn sub_request(line: &str, more: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: 10.0.0.2:8080\r\n{more}\r\n")
}

const ABOUT_THE_DOSSIER: &str = "{proof}{about GET /dossier}";
const SIGNED_IN: &str = "{proof}{about GET /dossier}Cookie: {session}\r\n";

/// Without a session, without a proof, or about something that nobody may have; in every shape.
fn questions_to_say_no_to() -> Vec<String> {
    let mut questions = Vec::new();
    for line in [
        "GET /_guichet/auth",
        "HEAD /_guichet/auth",
        "GET /_guichet/auth?challenge=redirect",
    ] {
        for fields in [
            "",
            "Sec-Fetch-Mode: cors\r\n",
            "Accept: application/json\r\n",
            "Upgrade: h2c\r\nConnection: Upgrade\r\n",
        ] {
            questions.push(sub_request(line, &format!("{ABOUT_THE_DOSSIER}{fields}")));
        }
        for lines in [
            "",
            "{proof}",
            "{about GET /dossier}Cookie: {session}\r\n",
            "{proof}{about OPTIONS *}",
            "{proof}{about OPTIONS /dossier}",
            "{proof}{about POST /dossier}",
            "{proof}{about GET /_guichet/login}",
            "{proof}{about GET /here}",
            "{proof}{about GET /a/../b}",
        ] {
            questions.push(sub_request(line, lines));
        }
    }
    questions
}

/// What would let pass, asked by another method, at another address, or with something wrong about it.
fn questions_that_are_none() -> Vec<String> {
    let methods = [
        "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "PROPFIND", "TRACE", "get", "QUERY", "X",
    ];
    let by_another_method = methods.map(|method| format!("{method} /_guichet/auth"));
    let addresses = [
        "/_guichet/auth/",
        "/_guichet/auth?challenge=none",
        "/_guichet/%61uth",
        "/_guichet/Auth",
        "/_guichet//auth",
        "/_guichet/auth;x",
        "/_guichet",
    ];
    let at_another_address = addresses.map(|address| format!("GET {address}"));
    let lines = by_another_method.into_iter().chain(at_another_address);
    let fields = [
        "Expect: 200-ok\r\n".to_owned(),
        "Connection: content-length\r\n".to_owned(),
        format!("X-Long: {}\r\n", "a".repeat(70_000)),
        "X-Many: a\r\n".repeat(200),
        format!("Cookie: c={}\r\n", "a".repeat(5_000)),
    ];
    let with_fields = fields.map(|fields| sub_request("GET /_guichet/auth", &format!("{SIGNED_IN}{fields}")));
    lines
        .map(|line| sub_request(&line, SIGNED_IN))
        .chain(with_fields)
        .collect()
}

fn no_other_success(stage: &Stage) {
    for question in [questions_to_say_no_to(), questions_that_are_none()].concat() {
        let method = question.split(' ').next().unwrap();
        let mut client = RawClient::connect(stage.scene.gateway.address());
        let answer = client.send(stage.filled(&question)).try_answer(method).unwrap();
        assert!(answer.status >= 300, "{}\n{question}", answer.status);
        assert!(answer.interim.is_empty(), "{question}");
        tells_no_application(&answer);
    }
    let mut client = RawClient::connect(stage.scene.gateway.address());
    let pass = stage.filled(&sub_request("HEAD /_guichet/auth", SIGNED_IN));
    passed(&client.send(pass).try_answer("HEAD").unwrap());
    assert_eq!(client.afterwards(), Connection::Open);
    assert_eq!(stage.scene.application.byte_count(), 0);
}

fn framed_twice(stage: &Stage) {
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: +5\r\n",
        "Content_Length: 5\r\n",
        "Transfer-Encoding: gzip\r\n",
    ] {
        for proof in ["", "{proof}"] {
            let words =
                format!("{HEAD}{proof}{framing}{{about GET /dossier}}Cookie: {{session}}\r\n\r\nabcde");
            let mut client = RawClient::connect(stage.scene.gateway.address());
            refused(&stage.send(&mut client, &words), 400);
            client.until_closed();
        }
    }
    // One of nginx, which leaves the length and takes the content away, is none of these.
    for framing in ["Content-Length: 5\r\n", "Content-Length: 0\r\n"] {
        let words = format!("{HEAD}{{proof}}{framing}{{about POST /dossier}}Cookie: {{session}}\r\n\r\n");
        let mut client = RawClient::connect(stage.scene.gateway.address());
        passed(&stage.send(&mut client, &words));
    }
}

/// Whoever asks from elsewhere is a stranger, and without a configuration everybody is.
#[test]
fn nobody_is_a_caller_unless_the_configuration_says_so() {
    let mut stage = Stage::configured("callers = [\"127.0.0.1\"]");
    let asks = |stage: &Stage| {
        let mut client = RawClient::connect(stage.scene.gateway.address());
        let words = format!("{HEAD}{{about GET /dossier}}Cookie: {{session}}\r\n\r\n");
        stage.send(&mut client, &words)
    };
    passed(&asks(&stage));
    let gateway = &mut stage.scene.gateway;
    gateway
        .reload(|text| {
            text.replace(
                "callers = [\"127.0.0.1\"]",
                "callers = [\"127.0.0.2\", \"192.0.2.0/24\"]",
            )
        })
        .unwrap();
    let answer = asks(&stage);
    refused(&answer, 401);
    assert!(
        answer.text().contains("127.0.0.1 is not in forward_auth.callers"),
        "{}",
        answer.text()
    );

    let gateway = &mut stage.scene.gateway;
    let upstream = format!("upstreams = [\"{}\"]", stage.scene.application.url());
    gateway
        .reload(|text| {
            let (text, _table) = text.split_once("[forward_auth]").unwrap();
            text.replace("mode = \"forward_auth\"", &upstream)
        })
        .unwrap();
    refused(&asks(&stage), 404);
}

/// The store is away: nobody passes who brings a session, and nobody is sent to a login.
#[test]
fn without_the_store_the_answer_is_503() {
    let mut stage = Stage::start_with(Store::Redis, |place, usual| {
        behind_forward_auth(place, &usual, "callers = [\"127.0.0.1\"]")
    });
    passed(&stage.ask("{about GET /dossier}Cookie: {session}\r\n"));
    stage.scene.redis.as_mut().unwrap().kill();
    for page in ["/dossier", "/optional"] {
        refused(
            &stage.ask(&format!("{{about GET {page}}}Cookie: {{session}}\r\n")),
            503,
        );
    }
    assert_eq!(stage.ask("{about GET /public}Cookie: {session}\r\n").status, 200);
}

/// The head of an answer is never longer than the proxy reads: it is refused, not cut.
#[test]
fn an_answer_that_is_longer_than_the_proxy_reads_is_refused() {
    let stage = Stage::configured("callers = [\"127.0.0.1\"]");
    let ask = |length: usize| {
        let cookie = "x".repeat(length);
        stage.ask(&format!(
            "{{about GET /dossier}}Cookie: {{session}}; c={cookie}\r\n"
        ))
    };
    let bare = ask(1).head.len();
    let (mut fits, mut too_long) = (1_usize, 4096);
    while too_long - fits > 1 {
        let length = fits.midpoint(too_long);
        let answer = ask(length);
        if answer.status == 200 {
            assert!(answer.head.len() <= 4096 && answer.head.len() == bare + length - 1);
            fits = length;
        } else {
            refused(&answer, 400);
            too_long = length;
        }
    }
    assert!(
        (4096 - 192..=4096).contains(&(bare + fits - 1)),
        "{}",
        bare + fits
    );
}

/// Through the gateway itself an application behind another proxy is not reached: a visitor still finds the login, whoever is
/// signed in a page that says so.
#[test]
fn requests_that_come_here_are_not_forwarded() {
    let stage = Stage::configured("callers = [\"127.0.0.1\"]");
    let scene = &stage.scene;
    for (cookie, path, status) in [
        ("", "/dossier", 303),
        ("Cookie: {session}\r\n", "/dossier", 421),
        ("", "/public", 421),
        ("", "/_guichet/login?return_to=/dossier", 200),
    ] {
        let answer = scene.ask(path, &stage.filled(cookie));
        assert_eq!(answer.status, status, "{path}");
        tells_no_application(&answer);
    }
    assert_eq!(scene.application.byte_count(), 0);
    let line = "`urbanisme` has mode =";
    until("it is told", || !scene.gateway.logs().lines_with(line).is_empty());
}

/// Whom the caller names is whom the audit stream names.
#[test]
fn the_client_is_the_one_whom_the_caller_names() {
    let stage = Stage::configured("callers = [\"127.0.0.1\"]");
    let forwarded = "X-Forwarded-For: 203.0.113.66, 198.51.100.7\r\n";
    let over = format!("{SESSION}={}", "A".repeat(43));
    refused(&stage.ask(&format!("{{about GET /a/../b}}{forwarded}")), 400);
    refused(
        &stage.ask(&format!("{{about GET /dossier}}{forwarded}Cookie: {over}\r\n")),
        401,
    );
    for action in ["request_refused", "session_over"] {
        let told = stage.scene.gateway.audited(action);
        assert_eq!(told.last().unwrap()["source.ip"], "198.51.100.7", "{told:?}");
    }
}

/// A page of an https site that the browser asked for in the open.
#[test]
fn what_a_browser_asked_for_in_the_open_does_not_pass() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
        let usual = usual
            .replace(&place.public_url(), &format!("https://{}", place.host()))
            .replace("[server]", "[server]\ntrusted_proxies = [\"127.0.0.1\"]");
        behind_forward_auth(place, &usual, "callers = [\"127.0.0.1\"]")
    });
    for (scheme, status) in [("https", 200), ("http", 421)] {
        let about = format!(
            "X-Forwarded-Method: GET\r\nX-Forwarded-Proto: {scheme}\r\nX-Forwarded-Host: {}\r\nX-Forwarded-Uri: /public\r\n",
            scene.host()
        );
        let answer = exchange(scene.gateway.address(), format!("{HEAD}{about}\r\n"));
        assert_eq!(answer.status, status, "{scheme}: {}", answer.text());
    }
}
