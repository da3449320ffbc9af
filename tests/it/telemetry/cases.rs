//! Logging, privacy and audit: what threatens them, by number.

use std::fs;
use std::net::SocketAddr;
use std::panic::PanicHookInfo;
use std::thread;
use std::time::Duration;

use guichet::telemetry::line::LineFormat;
use guichet::telemetry::logging;
use guichet::telemetry::logging::LineLimits;
use guichet::telemetry::panics;
use serde_json::Value;
use serde_json::json;

use super::canary;
use super::watched::Watched;
use super::watched::parsed;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::executable::Log;
use crate::support::executable::Start;
use crate::support::logs::Logs;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T427"],
            sentence: "whatever a stranger writes is one escaped line of JSON for each event",
            plays: one_line_each,
        },
        Play {
            ids: &["T428", "T429"],
            sentence: "a whole journey at TRACE leaves no secret and nothing of a person in log, audit, metrics and pages",
            plays: canary::finds_nothing,
        },
        Play {
            ids: &["T431"],
            sentence: "other people's crates say nothing at fine levels, whatever the filter asks for",
            plays: foreign_crates_are_capped,
        },
        Play {
            ids: &["T432"],
            sentence: "a panic is one line with its place and without its message",
            plays: a_panic_quotes_nothing,
        },
        Play {
            ids: &["T433"],
            sentence: "every event of the audit stream has its time, place, outcome, cause, person's tag and request",
            plays: the_audit_stream_is_complete,
        },
        Play {
            ids: &["T434"],
            sentence: "the number of a request is made here, whatever the client calls it",
            plays: a_number_of_our_own,
        },
        Play {
            ids: &["T435"],
            sentence: "the log and the audit stream name the peer, not whom it claims to speak for",
            plays: the_peer_is_named,
        },
        Play {
            ids: &["T436"],
            sentence: "a long user agent is cut and a referer is not logged",
            plays: a_long_field_is_cut,
        },
        Play {
            ids: &["T438"],
            sentence: "the metrics have no label with a person, an address, a path or a reference",
            plays: metrics_name_nobody,
        },
        Play {
            ids: &["T439"],
            sentence: "the service goes on when nobody reads its log, or when its disk is full",
            plays: a_log_that_cannot_be_written,
        },
        Play {
            ids: &["F045"],
            sentence: "the monitor at another address than this machine's own has nothing that could be changed",
            plays: nothing_to_administer,
        },
        Play {
            ids: &["F046"],
            sentence: "a thousand probes are no line of the log, and are counted",
            plays: probes_are_counted,
        },
    ]
}

fn one_line_each() {
    let mut gateway = Watched::start();
    let odd = "\u{2028}\u{202e}\\\"}{\\\"level\\\":\\\"info\\\"";
    let requests = [
        format!("GET /public/a%0Ab%0D%1B[2J HTTP/1.1\r\nHost: localhost:{{port}}\r\nUser-Agent: one {odd}\r\n\r\n"),
        format!("GET /public/two HTTP/1.1\r\nHost: localhost:{{port}}\r\nUser-Agent: two\t{odd}\r\n\r\n"),
        "GET /_guichet/callback?code=x&state=a%0Ab%E2%80%A8%22%7D%7B%22log.level%22%3A HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".to_owned(),
        "GET /_guichet/callback?error=a%0D%0Aforged&state=x HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".to_owned(),
        "GET /public/\u{e9}\u{2028} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".to_owned(),
    ];
    for request in &requests {
        let port = gateway.executable.place().port().to_string();
        exchange(gateway.executable.address(), request.replace("{port}", &port));
    }
    gateway.end();
    let text = gateway.text();
    assert!(
        !text.contains(|odd: char| (odd.is_control() && odd != '\n') || matches!(odd, '\u{2028}' | '\u{202e}')),
        "{text}"
    );
    let (accesses, audited) = (gateway.dataset("guichet.access"), gateway.audited());
    // The last one is refused before it is a request.
    assert!((4..=5).contains(&accesses.len()), "{accesses:?}");
    let answered = accesses.iter().map(|line| &line["http.response.status_code"]);
    assert_eq!(
        answered.filter(|status| **status == 200).count(),
        1,
        "{accesses:?}"
    );
    assert_eq!(
        audited
            .iter()
            .filter(|event| event["event.action"] == "login_failed")
            .count(),
        2
    );
    assert!(accesses.iter().all(|line| line["log.level"] == "info"));
}

fn foreign_crates_are_capped() {
    let mut gateway = Watched::start();
    let cookie = "PHPSESSID=planted-cookie-of-the-application";
    let answer = gateway.ask("GET /public", &format!("Cookie: {cookie}\r\n"));
    assert_eq!(answer.status, 200);
    // hyper's parser holds these bytes in its hand when it refuses them.
    exchange(
        gateway.executable.address(),
        format!("GET /public HTTP/1.1\r\nHost: a\r\nCookie {cookie}\u{1}\r\n\r\n"),
    );
    gateway.end();
    let lines = gateway.lines();
    let is_ours = |line: &Value| line["log.logger"].as_str().unwrap().starts_with("guichet");
    assert!(
        lines
            .iter()
            .any(|line| is_ours(line) && line["log.level"] == "debug"),
        "{lines:?}"
    );
    for line in lines.iter().filter(|line| !is_ours(line)) {
        assert!(
            ["info", "warn", "error"].contains(&line["log.level"].as_str().unwrap()),
            "{line}"
        );
    }
    assert!(!gateway.executable.log().contains("planted-cookie"));
}

fn a_panic_quotes_nothing() {
    const ON_PURPOSE: &str = "panics on purpose";
    let others = std::panic::take_hook();
    let hook = move |panicked: &PanicHookInfo<'_>| {
        // The hook is the whole process's; other tests keep theirs.
        if thread::current().name() == Some(ON_PURPOSE) {
            panics::one_line(panicked);
        } else {
            others(panicked);
        }
    };
    std::panic::set_hook(Box::new(hook));
    let logs = Logs::default();
    let dispatch = logging::dispatch("trace", LineFormat::Json, LineLimits::default(), logs.clone());
    let panicking = thread::Builder::new().name(ON_PURPOSE.to_owned()).spawn(move || {
        let secret = "s3cret-in-scope".to_owned();
        tracing::dispatcher::with_default(&dispatch, || panic!("could not use {secret:?}"));
    });
    assert!(panicking.unwrap().join().is_err());
    let lines = parsed(&logs.text());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0]["guichet.place"].as_str().unwrap().contains("cases.rs:"));
    assert!(!logs.text().contains("s3cret"));
}

fn the_audit_stream_is_complete() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let first = scene.gateway.audited("login").remove(0);
    assert_eq!(first["labels"]["app"], "urbanisme");
    assert_eq!(first["labels"]["provider"], "fc");
    assert_eq!(first["labels"]["acr"], "eidas1");
    let claims = first["labels"]["claims"].as_str().unwrap();
    assert!(claims.split(',').any(|name| name == "birthdate"), "{claims}");
    assert!(first["user.hash"].as_str().unwrap().starts_with("hmac-sha256:"));

    sign_out(&scene, &browser);
    let ended = scene.gateway.audited("logout").remove(0);
    assert_eq!(ended["user.hash"], first["user.hash"]);
    assert_eq!(ended["guichet.session"], first["guichet.session"]);
    assert_eq!(ended["labels"]["logout"], "complete");

    scene
        .provider
        .cancel(&browser, &scene.to_the_provider(&browser, "/dossier"));
    assert_eq!(scene.gateway.audited("login_cancelled").len(), 1);
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": [{ "set": "nonce", "to": "another" }] }));
    scene.sign_in(&Browser::new(), "/dossier");
    browser.open(&scene.url("/_guichet/callback?code=x&state=nobodys"));
    let failed = scene.gateway.audited("login_failed");
    let causes: Vec<&Value> = failed.iter().map(|event| &event["event.reason"]).collect();
    assert_eq!(causes, ["nonce_mismatch", "state_unknown"]);
    assert_eq!(
        failed[0]["labels"],
        json!({ "app": "urbanisme", "provider": "fc" })
    );
    assert_eq!(failed[0]["event.code"], "L11");
    refused(&scene);
    expired(&scene, &browser, &first);
    every_event_is_whole(&scene);
}

/// Another login of the same person, which expires.
fn expired(scene: &Scene, browser: &Browser, first: &Value) {
    scene.sign_in(browser, "/dossier");
    let second = scene.gateway.audited("login").remove(1);
    assert_eq!(second["user.hash"], first["user.hash"], "one person, one tag");
    assert_ne!(second["guichet.session"], first["guichet.session"]);
    let cookies = cookie_field(browser);
    scene.gateway.clock().advance(Duration::from_hours(9));
    scene.redis.as_ref().unwrap().advance(Duration::from_hours(9));
    for _ in 0..3 {
        let host = scene.host();
        exchange(
            scene.gateway.address(),
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n"),
        );
    }
    let over = scene.gateway.audited("session_over");
    assert_eq!(over.len(), 1, "once for a session: {over:?}");
    assert_eq!(over[0]["guichet.session"], second["guichet.session"]);
}

/// Another site signs somebody out; a head that is read in two ways.
fn refused(scene: &Scene) {
    let host = scene.host();
    for (head, status) in [
        (
            "POST /_guichet/logout HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n",
            403,
        ),
        (
            "POST /dossier HTTP/1.1\r\nExpect: the-impossible\r\nContent-Length: 0\r\n",
            400,
        ),
    ] {
        let answer = exchange(scene.gateway.address(), format!("{head}Host: {host}\r\n\r\n"));
        assert_eq!(answer.status, status, "{head}");
    }
    let refused = scene.gateway.audited("request_refused");
    let causes: Vec<&Value> = refused.iter().map(|event| &event["event.reason"]).collect();
    assert_eq!(causes, ["cross_site", "expectation"]);
}

fn every_event_is_whole(scene: &Scene) {
    let zoe = people()[ZOE]["sub"].as_str().unwrap().to_owned();
    let events = parsed(&scene.gateway.audit());
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["event.sequence"], number + 1, "{event}");
        assert!(event["@timestamp"].as_str().unwrap().ends_with('Z'), "{event}");
        assert_eq!(event["http.request.id"].as_str().unwrap().len(), 16, "{event}");
        assert_eq!(event["source.ip"], "127.0.0.1", "{event}");
        assert!(event["source.port"].as_u64().unwrap() > 0, "{event}");
        let outcome = event["event.outcome"].as_str().unwrap();
        assert!(["success", "failure", "unknown"].contains(&outcome), "{event}");
        assert!(!event.to_string().contains(&zoe), "{event}");
    }
    let number = events[0]["http.request.id"].as_str().unwrap();
    assert!(
        scene.gateway.logs().lines_with(number).len() >= 2,
        "its own lines have its number"
    );
}

fn a_number_of_our_own() {
    let mut gateway = Watched::start();
    for claimed in ["planted-number", "0123456789abcdef", &"x".repeat(20_000)] {
        gateway.executable.application.forget();
        let fields = format!("X-Request-Id: {claimed}\r\ntraceparent: 00-zz-zz-planted-number\r\n");
        assert_eq!(gateway.ask("GET /public", &fields).status, 200);
        let number = gateway.executable.application.only().values("x-request-id");
        assert_eq!(number.len(), 1);
        assert_ne!(number[0], claimed);
        assert!(number[0].len() == 16 && number[0].bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
    let too_long = format!("X-Request-Id: {}\r\n", "x".repeat(100_000));
    assert_eq!(gateway.ask("GET /public", &too_long).status, 431);
    gateway.end();
    assert!(!gateway.executable.log().contains("planted-number"));
    let known: Vec<Value> = gateway.dataset("guichet.access");
    assert!(
        known
            .iter()
            .all(|line| line["http.request.id"] != "0123456789abcdef")
    );
}

fn the_peer_is_named() {
    let mut gateway = Watched::start();
    let fields = "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n";
    assert_eq!(gateway.ask("GET /public", fields).status, 200);
    gateway.ask("GET /_guichet/callback?code=x&state=y", fields);
    gateway.end();
    let (accesses, audited) = (gateway.dataset("guichet.access"), gateway.audited());
    assert_eq!((accesses.len(), audited.len()), (2, 1));
    for line in accesses.iter().chain(&audited) {
        assert_eq!(line["source.ip"], "127.0.0.1", "{line}");
        assert!(line["source.port"].as_u64().unwrap() > 0, "{line}");
    }
    assert!(!gateway.text().contains("203.0.113.9"));
}

fn a_long_field_is_cut() {
    let mut gateway = Watched::start();
    let (agent, referer) = ("a".repeat(14_000), "r".repeat(14_000));
    let fields = format!("User-Agent: {agent}\r\nReferer: http://localhost/{referer}\r\n");
    assert_eq!(
        gateway
            .ask(
                "GET /public/x;jsessionid=planted-session?q=planted-query",
                &fields
            )
            .status,
        400,
        "a parameter of a path is refused, and the line is written all the same"
    );
    let whole = format!(
        "User-Agent: {}\r\nReferer: {}\r\n",
        "a".repeat(50_000),
        "r".repeat(50_000)
    );
    assert_eq!(gateway.ask("GET /public", &whole).status, 431);
    gateway.end();
    let line = gateway.dataset("guichet.access").remove(0);
    assert_eq!(line["user_agent.original"], "a".repeat(200));
    assert_eq!(line["url.path"], "/public/x");
    let text = gateway.executable.log();
    assert!(text.lines().all(|line| line.len() < 2000));
    for absent in ["rrrrrrrr", "planted-session", "planted-query"] {
        assert!(!text.contains(absent), "{absent}");
    }
}

fn metrics_name_nobody() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier/12");
    browser.open(&scene.url("/_guichet/login/nobody-s-entry"));
    scene.sign_in(&Browser::new(), "/dossier-zoe");
    sign_out(&scene, &browser);
    let metrics = scene.gateway.metrics();
    assert!(metrics.contains(
        "guichet_logins_total{provider=\"fc\",app=\"urbanisme\",acr=\"eidas1\",result=\"success\"} 2\n"
    ));
    assert!(metrics.contains("guichet_logouts_total{kind=\"person\",result=\"complete\"} 1\n"));
    assert!(metrics.contains("guichet_policy_decisions_total{app=\"urbanisme\",decision=\"signed_in\"} "));
    assert!(metrics.contains("peer=\"fc token\",http_response_status_code=\"200\""));
    assert!(metrics.contains("peer=\"app urbanisme\",http_response_status_code=\"200\""));
    assert!(metrics.contains("guichet_provider_up{provider=\"fc\"} 1\n"));
    assert!(metrics.contains("guichet_provider_clock_skew_seconds{provider=\"fc\"} "));
    assert!(
        metrics.contains("http_server_active_requests{app=\"urbanisme\"} 0\n"),
        "{metrics}"
    );
    for absent in ["127.0.0.1", "dossier", "nobody-s-entry", "zoe", "localhost"] {
        assert!(!metrics.contains(absent), "{absent} in\n{metrics}");
    }
    // What a label may be called; a new one is thought about here.
    let labels = [
        "http_request_method",
        "http_response_status_code",
        "http_route",
        "app",
        "peer",
        "error_type",
        "provider",
        "acr",
        "result",
        "kind",
        "decision",
        "store",
        "action",
        "endpoint",
        "reason",
        "version",
        "rustls_provider",
        "le",
    ];
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let Some((_, pairs)) = line.split_once('{') else {
            continue;
        };
        for pair in pairs.split("\",").filter_map(|pair| pair.split_once("=\"")) {
            assert!(labels.contains(&pair.0), "{line}");
        }
    }
}

fn a_log_that_cannot_be_written() {
    for log in [Log::Unheard, Log::Unread] {
        // A full disk, as the system shows it.
        let gateway = Watched::start_as(&Start {
            edit: &|_, usual| format!("logs = {{ audit_file = \"/dev/full\" }}\n{usual}"),
            log,
            ..Start::default()
        });
        for _ in 0..2000 {
            assert_eq!(
                gateway
                    .ask(
                        "GET /public",
                        "Connection: close\r\nUser-Agent: xxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"
                    )
                    .status,
                200
            );
        }
        gateway.ask("GET /_guichet/callback?code=x&state=y", "");
        let mut metrics = String::new();
        while !metrics.contains("guichet_audit_events_dropped_total{action=\"\"} 1") {
            metrics = gateway.probe("GET /metrics").text();
        }
        if log == Log::Unheard {
            let written = "guichet_log_lines_dropped_total{reason=\"not_written\"} 0";
            assert!(!metrics.contains(written), "{metrics}");
        }
        assert_eq!(gateway.probe("GET /readyz").status, 200);
    }
}

fn nothing_to_administer() {
    let gateway = Watched::start();
    // Only whoever listens everywhere is there.
    let text = fs::read_to_string(gateway.executable.place().file()).unwrap();
    assert!(text.contains("monitor_listen = \"0.0.0.0:"));
    let elsewhere = SocketAddr::from(([127, 0, 0, 2], gateway.monitor.port()));
    let probe = format!("GET /readyz HTTP/1.1\r\nHost: {elsewhere}\r\nConnection: close\r\n\r\n");
    assert_eq!(exchange(elsewhere, probe).status, 200);
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(gateway.probe(&format!("GET {path}")).status, 200, "{path}");
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let answer = gateway.probe(&format!("{method} {path}"));
            assert_eq!(
                (answer.status, answer.field("allow")),
                (405, Some("GET, HEAD")),
                "{method} {path}"
            );
        }
    }
    for path in [
        "/sessions",
        "/sessions/revoke-all",
        "/reload",
        "/config",
        "/_guichet/logout",
        "/debug/pprof",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            assert_eq!(
                gateway.probe(&format!("{method} {path}")).status,
                404,
                "{method} {path}"
            );
        }
    }
    assert_eq!(gateway.ask("GET /public", "").status, 200);
}

fn probes_are_counted() {
    let mut gateway = Watched::start();
    for _ in 0..500 {
        assert_eq!(gateway.probe("GET /livez").status, 200);
        assert_eq!(gateway.probe("GET /readyz").status, 200);
    }
    let metrics = gateway.probe("GET /metrics").text();
    for endpoint in ["/livez", "/readyz"] {
        let count = format!(
            "guichet_probes_total{{endpoint=\"{endpoint}\",http_response_status_code=\"200\"}} 500\n"
        );
        assert!(metrics.contains(&count), "{metrics}");
    }
    gateway.ask("GET /public", "");
    gateway.end();
    assert_eq!(gateway.dataset("guichet.access").len(), 1);
    let text = gateway.executable.log();
    assert!(!text.contains("livez") && !text.contains("readyz"), "{text}");
    let said = gateway.lines();
    assert_eq!(said.iter().filter(|line| line["message"] == "ready").count(), 1);
}
