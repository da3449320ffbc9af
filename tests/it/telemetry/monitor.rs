//! The monitor: what probes are told, and what nobody can do there.

use serde_json::json;

use super::watched::Watched;
use crate::support::executable::Start;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::redis::Redis;
use crate::support::scene::redis_store;
use crate::support::wait::eventually;

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
        "checks": { "configuration": "ok", "keys": "ok", "store": "failed" }
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
    assert_eq!(
        said,
        ["ready", "not ready: the session store does not answer", "ready"]
    );
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
        metrics.contains("guichet_logouts_total{kind=\"operator\","),
        "{metrics}"
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
