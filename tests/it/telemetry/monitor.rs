//! The monitor: what probes are told and how they are counted, what the metrics say, and what nobody can do there.

use std::fs;
use std::net::SocketAddr;

use serde_json::json;

use super::watched::Watched;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::executable::Start;
use crate::support::provider::Alg;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::redis::Redis;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::scene::redis_store;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::wait::eventually;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T438"],
            sentence: "the metrics have no label with a person, a visitor's address, a path or a reference",
            plays: metrics_name_nobody,
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
    // The servers of an application stand there as the configuration names them; no other address does.
    let (servers, rest): (Vec<&str>, Vec<&str>) = metrics
        .lines()
        .partition(|line| line.starts_with("guichet_upstream_up{"));
    let server = format!("upstream=\"{}\"", scene.application.url());
    assert!(servers.iter().all(|line| line.contains(&server)), "{servers:?}");
    let rest = rest.join("\n");
    for absent in ["127.0.0.1", "dossier", "nobody-s-entry", "zoe", "localhost"] {
        assert!(!rest.contains(absent), "{absent} in\n{rest}");
    }
    // What a label may be called; a new one is thought about here.
    let labels = [
        "http_request_method",
        "http_response_status_code",
        "http_route",
        "app",
        "upstream",
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
        "limit",
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

#[test]
fn a_redis_that_is_full_is_counted_and_keeps_the_process_ready() {
    let redis = Redis::start();
    let mut gateway = Watched::start_as(&Start {
        store: &|place| redis_store(place, &redis),
        provider: true,
        ..Start::default()
    });
    redis.say(&["CONFIG", "SET", "maxmemory", "1"]);
    let page = gateway.executable.sign_in(&Browser::new(), "/dossier");
    assert_eq!(page.status(), 503, "{}", page.text());
    let metrics = gateway.probe("GET /metrics").text();
    let failed = "guichet_session_store_errors_total{store=\"redis\"} ";
    let failed = metrics.lines().find_map(|line| line.strip_prefix(failed));
    assert_ne!(failed, Some("0"), "{metrics}");
    assert_eq!(gateway.probe("GET /readyz").status, 200);
    gateway.end();
    assert!(
        gateway
            .executable
            .log()
            .contains("the session store refused SET: OOM")
    );
}

#[test]
fn a_process_without_its_store_is_alive_and_not_ready_and_says_so_once() {
    let mut redis = Redis::start();
    let mut gateway = Watched::start_as(&Start {
        store: &|place| redis_store(place, &redis),
        ..Start::default()
    });
    let ready = gateway.probe("GET /readyz");
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert_eq!(ready.json()["status"], "ready");
    redis.kill();
    let not_ready = until(&gateway, 503);
    let told = json!({
        "status": "not-ready",
        "checks": { "configuration": "ok", "keys": "ok", "store": "failed", "reason": "unreachable" }
    });
    assert_eq!(not_ready.json(), told);
    assert_eq!(gateway.probe("GET /livez").status, 200);
    let healthy = gateway.healthcheck();
    assert!(healthy, "a restart would not bring the store back");
    let metrics = gateway.probe("GET /metrics").text();
    assert!(
        metrics.contains("guichet_session_store_errors_total{store=\"redis\"} "),
        "{metrics}"
    );
    redis.resume();
    until(&gateway, 200);
    gateway.end();
    assert!(!gateway.healthcheck());
    let said = gateway.lines();
    let said = said.iter().filter_map(|line| line["message"].as_str());
    let said: Vec<&str> = said.filter(|message| message.contains("ready")).collect();
    assert_eq!(said, ["ready", "not ready: the session store fails", "ready"]);
}

#[test]
fn who_asks_and_who_reads_the_log_are_told_why_the_store_fails() {
    let redis = Redis::start();
    let everything = ["~*", "&*", "+@all"];
    let set = |words: &[&str]| redis.say(&[&["ACL", "SETUSER", "gate"], words].concat());
    set(&[&["on", ">first-s3cret"], &everything[..]].concat());
    let mut gateway = Watched::start_as(&Start {
        store: &|place| {
            let url = place.secret("redis_url", &redis.url_of("gate:first-s3cret@"));
            format!("store = \"redis\"\nredis = {{ url = {url} }}\n")
        },
        ..Start::default()
    });
    until(&gateway, 200);
    let why = |gateway: &Watched, reason: &str| {
        let said = eventually(|| {
            let answer = gateway.probe("GET /readyz");
            (answer.status == 503 && answer.json()["checks"]["reason"] == reason).then(|| answer.text())
        });
        let said = said.unwrap_or_else(|| panic!("never {reason}\n{}", gateway.text()));
        assert!(!said.contains("s3cret") && !said.contains("127.0.0.1"), "{said}");
    };
    set(&["-zadd"]);
    why(&gateway, "permission");
    let refused = gateway.probe("GET /readyz").json()["checks"]["refused_command"].clone();
    assert_eq!(refused, "ZADD");
    set(&["+zadd", "resetpass", ">second-s3cret"]);
    redis.say(&["CLIENT", "KILL", "USER", "gate"]);
    why(&gateway, "credentials");
    set(&["resetpass", ">first-s3cret"]);
    until(&gateway, 200);
    redis.pause();
    why(&gateway, "timeout");
    redis.unpause();
    until(&gateway, 200);
    gateway.end();
    let mut said = gateway.dataset("guichet.diagnostic");
    said.retain(|line| line["message"] == "not ready: the session store fails");
    for reason in ["permission", "credentials", "timeout"] {
        assert!(said.iter().any(|line| line["event.reason"] == reason), "{said:?}");
    }
    assert!(
        said.iter().any(|line| line["guichet.command"] == "ZADD"),
        "{said:?}"
    );
    assert!(!gateway.text().contains("s3cret"), "{}", gateway.text());
}

/// Readiness is asked again until it has this status; the store's answer counts for a second.
fn until(gateway: &Watched, status: u16) -> Answer {
    let ready = || Some(gateway.probe("GET /readyz")).filter(|answer| answer.status == status);
    eventually(ready).unwrap_or_else(|| panic!("/readyz is never {status}"))
}

#[test]
fn a_provider_that_is_away_leaves_the_gateway_ready() {
    let gateway = Watched::start();
    let begun = gateway.ask("GET /_guichet/login/fc", "");
    assert_eq!(begun.status, 503, "{}", begun.text());
    let metrics = gateway.probe("GET /metrics").text();
    assert!(
        metrics.contains("guichet_provider_up{provider=\"fc\"} 0"),
        "{metrics}"
    );
    assert_eq!(gateway.probe("GET /readyz").status, 200);
}

#[test]
fn the_monitor_takes_no_long_head_and_no_unknown_path() {
    let gateway = Watched::start();
    assert_eq!(gateway.probe("GET /").status, 404);
    assert_eq!(gateway.probe("GET /livez/x").status, 404);
    let long = format!(
        "GET /livez HTTP/1.1\r\nHost: m\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    assert_eq!(exchange(gateway.monitor, long).status, 431);
    let head = gateway.probe("GET /livez");
    assert_eq!(head.field("cache-control"), Some("no-store"));
}

#[test]
fn what_an_operator_does_is_an_event_and_a_number() {
    let mut gateway = Watched::start();
    assert!(gateway.command(&["sessions", "revoke-all", "--yes"]));
    assert!(gateway.command(&["reload"]));
    gateway
        .executable
        .rewrite(|text| text.replace("\"public\"", "\"nobody\""));
    assert!(!gateway.command(&["reload"]));
    let metrics = gateway.probe("GET /metrics").text();
    assert!(
        metrics.contains("guichet_config_last_reload_successful 0\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("guichet_logouts_total{kind=\"operator\",result=\"partial\"} 0\n"),
        "nobody was signed out\n{metrics}"
    );
    gateway.end();
    let events = gateway.audited();
    let actions: Vec<&str> = events
        .iter()
        .filter_map(|event| event["event.action"].as_str())
        .collect();
    assert_eq!(actions, ["sessions_revoked", "config_reloaded", "config_refused"]);
    assert_eq!(events[0]["labels"], json!({ "by": "all", "count": 0 }));
    assert_eq!(events[0]["user.roles"], json!(["operator"]));
}

#[test]
fn sessions_that_an_operator_ends_are_counted_and_not_the_commands() {
    let gateway = Watched::start_as(&Start {
        provider: true,
        ..Start::default()
    });
    for _ in 0..2 {
        let page = gateway.executable.sign_in(&Browser::new(), "/dossier");
        assert_eq!(page.status(), 200);
    }
    for _ in 0..3 {
        assert!(gateway.command(&["sessions", "revoke", "--entry", "fc"]));
    }
    let metrics = gateway.probe("GET /metrics").text();
    let counted = "guichet_logouts_total{kind=\"operator\",result=\"partial\"} 2\n";
    assert!(metrics.contains(counted), "{metrics}");
}

/// An alarm about growth misses what was not there before.
#[test]
fn what_an_alarm_waits_for_is_at_zero_before_it_happens() {
    let gateway = Watched::start();
    let metrics = gateway.probe("GET /metrics").text();
    let login = |acr: &str, result: &str| {
        format!(
            "guichet_logins_total{{provider=\"fc\",app=\"urbanisme\",acr=\"{acr}\",result=\"{result}\"}} 0"
        )
    };
    let failures = [
        "cancelled",
        "provider_error",
        "provider_unavailable",
        "invalid_state",
        "invalid_token",
        "acr_too_low",
        "expired",
        "interrupted",
    ];
    let logins = failures.map(|result| login("", result));
    for line in logins.into_iter().chain([
        login("eidas1", "success"),
        "guichet_session_store_errors_total{store=\"memory\"} 0".to_owned(),
        "guichet_header_budget_exceeded_total{app=\"urbanisme\"} 0".to_owned(),
        "guichet_logouts_total{kind=\"person\",result=\"complete\"} 0".to_owned(),
        "guichet_logouts_total{kind=\"person\",result=\"partial\"} 0".to_owned(),
        "guichet_audit_events_dropped_total{action=\"\"} 0".to_owned(),
        "guichet_log_lines_dropped_total{reason=\"not_written\"} 0".to_owned(),
    ]) {
        assert!(metrics.lines().any(|each| each == line), "{line}\n{metrics}");
    }
    assert!(
        !metrics.contains("guichet_provider_up{"),
        "nobody asked it yet\n{metrics}"
    );
    // An application that a reload brings has its numbers from then on.
    gateway
        .executable
        .rewrite(|text| text.replace("name = \"urbanisme\"", "name = \"cimetieres\""));
    assert!(gateway.command(&["reload"]));
    let metrics = gateway.probe("GET /metrics").text();
    assert!(
        metrics.contains("guichet_header_budget_exceeded_total{app=\"cimetieres\"} 0\n"),
        "{metrics}"
    );
}
