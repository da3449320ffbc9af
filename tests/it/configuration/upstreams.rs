//! The servers of an application: what they may be together, and what is found about them.

use guichet::routing::upstream::Address;
use guichet::routing::upstream::UpstreamLimits;

use super::text::SMALLEST;
use super::text::found;
use super::text::found_beside;
use super::text::found_with;
use super::text::load;
use crate::support::authority::Authority;

const ONE: &str = "[\"http://127.0.0.1:9000\"]";

#[test]
fn several_servers_differ_in_their_addresses_only() {
    let several = "[\"http://127.0.0.1:9000\", \"http://127.0.0.1:9001\", \"unix:/run/a.sock\"]";
    let health = "health = { path = \"/healthz?deep=1\" }\ntotal_timeout = \"10m\"";
    let loaded = load(&format!("{}{health}", SMALLEST.replace(ONE, several))).unwrap();
    let servers = loaded.config.apps[0].upstreams();
    let addresses: Vec<String> = servers.iter().map(|server| server.address.to_string()).collect();
    assert_eq!(
        addresses,
        [
            "http://127.0.0.1:9000",
            "http://127.0.0.1:9001",
            "unix:/run/a.sock"
        ]
    );
    assert!(matches!(servers[2].address, Address::Socket(_)));
    for server in servers {
        let health = server.health.as_ref().unwrap();
        assert_eq!(health.target.as_str(), "/healthz?deep=1");
        assert_eq!(health.interval.as_secs(), 10);
        assert_eq!(server.limits.total_timeout.map(|time| time.as_secs()), Some(600));
    }
}

/// `F044`: a report that takes 45 seconds arrives with the defaults.
#[test]
fn the_defaults_wait_for_long_reports_and_end_no_download() {
    let limits = UpstreamLimits::default();
    assert!(limits.response_timeout.as_secs() > 45);
    assert_eq!(limits.total_timeout, None);
}

#[test]
fn what_cannot_be_a_server_is_refused_at_its_place() {
    for (servers, expected) in [
        (
            "[\"http://127.0.0.1:1\", \"http://127.0.0.1:2\", \"http://127.0.0.1:1/\"]",
            "C038 apps[0].upstreams[2]",
        ),
        ("[\"unix:/a\", \"unix:/a\"]", "C038 apps[0].upstreams[1]"),
        ("[\"unix:run/a.sock\"]", "C095 apps[0].upstreams[0]"),
        ("[\"unix:/run/\"]", "C095 apps[0].upstreams[0]"),
        ("[\"unix:\"]", "C095 apps[0].upstreams[0]"),
        (
            "[\"http://127.0.0.1:1\", \"127.0.0.1:2\"]",
            "C012 apps[0].upstreams[1]",
        ),
        (
            "[\"http://127.0.0.1:1\", \"http://10.0.0.1\"]",
            "C082 apps[0].upstreams[1]",
        ),
        (
            "[\"unix:/a\"]\nhost_header = \"upstream\"",
            "C038 apps[0].host_header",
        ),
        (
            "[\"http://127.0.0.1:1\", \"unix:/a\"]\nhost_header = \"upstream\"",
            "C038 apps[0].host_header",
        ),
    ] {
        assert_eq!(found_with(ONE, servers), [expected], "{servers}");
    }
    let socket = |length: usize| format!("[\"unix:/{}\"]", "x".repeat(length - 1));
    assert!(found_with(ONE, &socket(107)).is_empty());
    assert_eq!(found_with(ONE, &socket(108)), ["C095 apps[0].upstreams[0]"]);
}

#[test]
fn a_health_check_is_a_path_and_an_interval() {
    for (addition, expected) in [
        ("health = {}", "C005 apps[0].health.path"),
        ("health = { path = \"healthz\" }", "C033 apps[0].health.path"),
        ("health = { path = \"/a/../b\" }", "C033 apps[0].health.path"),
        (
            "health = { path = \"/\", interval = \"10ms\" }",
            "C011 apps[0].health.interval",
        ),
        ("health = \"/healthz\"", "C004 apps[0].health"),
        (
            "health = { url = \"/\", path = \"/\" }",
            "C003 apps[0].health.url",
        ),
        ("total_timeout = \"1ms\"", "C011 apps[0].total_timeout"),
    ] {
        assert_eq!(found_beside(addition), [expected], "{addition}");
    }
}

#[test]
fn authorities_of_an_application_are_a_file_and_need_tls() {
    let ours = Authority::new();
    let key = ours
        .issue("key", "DNS:a.example", ("20200101000000Z", "20991231235959Z"))
        .key_file;
    let beside = |servers: &str, file: &std::path::Path| {
        let text = SMALLEST.replace(ONE, servers);
        found(load(&format!("{text}ca_file = {file:?}\n")))
    };
    let encrypted = "[\"https://app.example\"]";
    assert!(beside(encrypted, &ours.root()).is_empty());
    assert_eq!(beside(ONE, &ours.root()), ["C125 apps[0].ca_file"]);
    for file in [ours.path("nothing"), key, ours.path("index")] {
        assert_eq!(beside(encrypted, &file), ["C116 apps[0].ca_file"], "{file:?}");
    }
}

#[test]
fn an_application_that_would_be_the_gateway_itself_is_refused() {
    for (listen, upstream, is_refused) in [
        ("127.0.0.1:9000", "http://127.0.0.1:9000", true),
        ("127.0.0.1:9000", "http://localhost:9000", true),
        ("0.0.0.0:9000", "http://127.0.0.1:9000", true),
        ("0.0.0.0:9000", "http://0.0.0.0:9000", true),
        ("0.0.0.0:9000", "http://localhost:9000", true),
        ("[::]:9000", "http://127.0.0.1:9000", true),
        ("[::1]:9000", "http://[::1]:9000", true),
        ("127.0.0.1:80", "http://127.0.0.1", true),
        ("127.0.0.1:443", "https://127.0.0.1", true),
        ("192.0.2.1:9000", "https://192.0.2.1:9000", true),
        ("127.0.0.1:9000", "http://127.1:9000", true),
        ("127.0.0.1:9000", "http://0x7f.0.0.1:9000", true),
        ("127.0.0.1:9000", "http://2130706433:9000", true),
        ("127.0.0.1:9000", "http://0.0.0.0:9000", true),
        ("127.0.0.1:9000", "http://0:9000", true),
        ("127.0.0.1:9000", "http://[::ffff:127.0.0.1]:9000", true),
        ("[::ffff:127.0.0.1]:9000", "http://127.0.0.1:9000", true),
        ("0.0.0.0:9000", "http://[::ffff:127.0.0.1]:9000", true),
        ("[::1]:9000", "http://[::]:9000", true),
        ("[::]:9000", "http://127.1:9000", true),
        ("127.0.0.1:9001", "http://127.0.0.1:9000", false),
        ("127.0.0.2:9000", "http://127.0.0.1:9000", false),
        ("127.0.0.2:9000", "http://127.1:9000", false),
        ("192.0.2.1:9000", "http://0.0.0.0:9000", false),
        ("0.0.0.0:9000", "http://[::]:9000", false),
        ("0.0.0.0:9000", "http://[::1]:9000", false),
        ("192.0.2.1:9000", "http://localhost:9000", false),
        ("127.0.0.1:9000", "https://application.example:9000", false),
    ] {
        let text = SMALLEST.replace("http://127.0.0.1:9000", upstream);
        let found = found(load(&format!(
            "{text}[server]\nlisten = {listen:?}\ntrusted_proxies = [\"192.0.2.9\"]\n"
        )));
        let expected = is_refused.then(|| "C083 apps[0].upstreams[0]".to_owned());
        let found: Vec<String> = found
            .into_iter()
            .filter(|each| !each.starts_with("C082"))
            .collect();
        assert_eq!(
            found,
            expected.into_iter().collect::<Vec<_>>(),
            "{listen} {upstream}"
        );
    }
    let second = SMALLEST.replace(ONE, "[\"http://127.0.0.1:1\", \"http://127.0.0.1:9000\"]");
    assert_eq!(
        found(load(&format!("{second}[server]\nlisten = \"127.0.0.1:9000\""))),
        ["C083 apps[0].upstreams[1]"]
    );
    let socket = SMALLEST.replace(ONE, "[\"unix:/run/guichet/admin.sock\"]");
    assert_eq!(
        found(load(&format!(
            "{socket}[server]\nadmin_socket = \"/run/guichet/admin.sock\""
        ))),
        ["C083 apps[0].upstreams[0]"]
    );
    let monitor = "[server]\nmonitor_listen = \"127.0.0.1:9000\"";
    assert_eq!(found_beside(monitor), ["C083 apps[0].upstreams[0]"]);
}
