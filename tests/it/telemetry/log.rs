//! The log: one line each, bounded, in our own words, and never in the way of the service.

use std::panic::PanicHookInfo;
use std::thread;

use guichet::telemetry::line::LineFormat;
use guichet::telemetry::logging;
use guichet::telemetry::logging::LineLimits;
use guichet::telemetry::panics;
use serde_json::Value;

use super::canary;
use super::watched::Watched;
use super::watched::parsed;
use crate::cases;
use crate::support::executable::Log;
use crate::support::executable::Start;
use crate::support::logs::Logs;
use crate::support::raw::exchange;
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
            ids: &["T439"],
            sentence: "the service goes on when nobody reads its log, or when its disk is full",
            plays: a_log_that_cannot_be_written,
        },
    ]
}

fn one_line_each() {
    let mut gateway = Watched::start();
    let odd = "\u{2028}\u{202e}\\\"}{\\\"level\\\":\\\"info\\\"";
    let requests = [
        format!("GET /public/a%0Ab%0D%1B[2J HTTP/1.1\r\nHost: {{host}}\r\nUser-Agent: one {odd}\r\n\r\n"),
        format!("GET /public/two HTTP/1.1\r\nHost: {{host}}\r\nUser-Agent: two\t{odd}\r\n\r\n"),
        "GET /_guichet/callback?code=x&state=a%0Ab%E2%80%A8%22%7D%7B%22log.level%22%3A HTTP/1.1\r\nHost: {host}\r\n\r\n".to_owned(),
        "GET /_guichet/callback?error=a%0D%0Aforged&state=x HTTP/1.1\r\nHost: {host}\r\n\r\n".to_owned(),
        "GET /public/\u{e9}\u{2028} HTTP/1.1\r\nHost: {host}\r\n\r\n".to_owned(),
    ];
    for request in &requests {
        let host = gateway.executable.place().host();
        exchange(gateway.executable.address(), request.replace("{host}", &host));
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
    assert!(lines[0]["guichet.place"].as_str().unwrap().contains("log.rs:"));
    assert!(!logs.text().contains("s3cret"));
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

const SPOOFED: &str = "a client sent fields that name an identity";

fn the_peer_is_named() {
    let mut gateway = Watched::start();
    let fields = "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\nX-Guichet-Sub: x\r\n";
    assert_eq!(gateway.ask("GET /public", fields).status, 200);
    gateway.ask("GET /_guichet/callback?code=x&state=y", fields);
    gateway.end();
    let (accesses, audited) = (gateway.dataset("guichet.access"), gateway.audited());
    assert_eq!((accesses.len(), audited.len()), (2, 3));
    let mut warned = gateway.lines();
    warned.retain(|line| line["message"] == SPOOFED);
    assert_eq!(warned.len(), 2);
    for line in accesses.iter().chain(&audited).chain(&warned) {
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
