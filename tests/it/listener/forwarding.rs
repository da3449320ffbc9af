//! What an application learns about the way to it: who asks, at which host, by which scheme. Area B.

use crate::cases;
use crate::listener::stage::exchange;
use crate::support::provider::Alg;
use crate::support::raw::Answer;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::upstream::Received;

/// One gateway that believes nobody, and one that believes this machine and a network.
#[derive(Debug)]
struct Stage {
    direct: Scene,
    proxied: Scene,
}

impl Stage {
    fn start() -> Self {
        Self {
            direct: Scene::start(Alg::Es256, Store::Memory),
            proxied: Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
                let trusted = "[server]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]";
                usual.replace("[server]", trusted)
            }),
        }
    }
}

fn ask(scene: &Scene, path: &str, fields: &str) -> Answer {
    scene.application.forget();
    let host = scene.host();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}");
    exchange(scene.gateway.address(), head.trim_end())
}

/// What the application received of a public page.
fn received(scene: &Scene, fields: &str) -> Received {
    let answer = ask(scene, "/public", fields);
    assert_eq!(answer.status, 200, "{fields}");
    scene.application.only()
}

fn client(scene: &Scene, fields: &str) -> Vec<String> {
    received(scene, fields).values("x-forwarded-for")
}

fn nobody_says_who_he_is(stage: &Stage) {
    for spoof in ["6.6.6.6", "10.0.0.1", "::1", "6.6.6.6, 127.0.0.1"] {
        let fields = format!("X-Forwarded-For: {spoof}\r\nX-Forwarded-For: {spoof}");
        assert_eq!(client(&stage.direct, &fields), ["127.0.0.1"], "{spoof}");
    }
}

fn nobody_is_believed_by_default(stage: &Stage) {
    let received = received(
        &stage.direct,
        "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n\
         X-Forwarded-Port: 1\r\nForwarded: for=6.6.6.6;proto=https;host=evil.example",
    );
    let port = stage.direct.gateway.place().port();
    assert_eq!(received.values("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(received.values("x-forwarded-proto"), ["http"]);
    assert_eq!(received.values("x-forwarded-host"), [stage.direct.host()]);
    assert_eq!(received.values("x-forwarded-port"), [port.to_string()]);
    assert_eq!(received.values("forwarded"), [""; 0]);
}

fn the_first_stranger_from_the_right_asks(stage: &Stage) {
    for (fields, named) in [
        ("X-Forwarded-For: 1.1.1.1, 6.6.6.6, 10.0.0.2", "6.6.6.6"),
        (
            "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 10.0.0.2",
            "6.6.6.6",
        ),
        ("X-Forwarded-For: 2001:db8::9", "2001:db8::9"),
        ("X-Forwarded-For: \u{e9}, 6.6.6.6", "6.6.6.6"),
        // As Azure Application Gateway writes it.
        ("X-Forwarded-For: 1.1.1.1:1, 6.6.6.6:443, 10.0.0.2:2", "6.6.6.6"),
        ("X-Forwarded-For: [2001:db8::9]:443", "2001:db8::9"),
        ("Accept: */*", "127.0.0.1"),
    ] {
        assert_eq!(client(&stage.proxied, fields), [named], "{fields}");
    }
}

fn garbage_leads_to_the_peer(stage: &Stage) {
    for garbage in [
        "unknown",
        "_hidden",
        "1.2.3.4:",
        "1.2.3.4:65536",
        "[::1",
        "0x7f.1",
        "6.6.6.6,",
        "6.6.6.6 evil",
    ] {
        let fields = format!("X-Forwarded-For: {garbage}");
        assert_eq!(client(&stage.proxied, &fields), ["127.0.0.1"], "{garbage}");
    }
    let all = "X-Forwarded-For: unknown, _hidden, 1.2.3.4:, [::1, ::ffff:127.0.0.1, 0x7f.1";
    assert_eq!(client(&stage.proxied, all), ["127.0.0.1"]);
    // An IPv4 address in its IPv6 spelling is the proxy that it is.
    let mapped = "X-Forwarded-For: 6.6.6.6, ::ffff:10.0.0.2, ::ffff:127.0.0.1";
    assert_eq!(client(&stage.proxied, mapped), ["6.6.6.6"]);
}

fn one_field_counts(stage: &Stage) {
    let received = received(
        &stage.proxied,
        "Forwarded: for=1.1.1.1;host=evil.example;proto=https\r\nX-Forwarded-For: 2.2.2.2",
    );
    assert_eq!(received.values("x-forwarded-for"), ["2.2.2.2"]);
    assert_eq!(received.values("forwarded"), [""; 0]);
    assert!(!received.contains("1.1.1.1") && !received.contains("evil"));
}

const LEADING: [&str; 14] = [
    "X-Forwarded-Prefix",
    "X-Forwarded-Uri",
    "X-Forwarded-Path",
    "X-Forwarded-Method",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Forwarded-Scheme",
    "X-Script-Name",
    "X-Real-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
];

fn no_other_field_leads_anywhere(stage: &Stage) {
    for scene in [&stage.direct, &stage.proxied] {
        for name in LEADING {
            let received = received(scene, &format!("{name}: /public/evil"));
            assert!(!received.contains("evil"), "{name}");
            // Nor does it make a page public, or another site of ours.
            let answer = ask(scene, "/dossier", &format!("{name}: /public"));
            assert_eq!(answer.status, 303, "{name}");
            let location = answer.field("location").unwrap();
            assert!(location.starts_with("/_guichet/login"), "{name}: {location}");
            assert_eq!(scene.application.byte_count(), 0, "{name}");
        }
    }
}

cases! {
    Proof<Stage>,
    run = on(Stage::start()),
    rows = [
        Proof {
            ids: &["T041"],
            sentence: "who is no listed proxy says nothing about who asks",
            holds: nobody_says_who_he_is,
        },
        Proof {
            ids: &["T042"],
            sentence: "nobody is believed about anything unless he is listed",
            holds: nobody_is_believed_by_default,
        },
        Proof {
            ids: &["T043"],
            sentence: "the client is the first from the right who is no proxy of ours",
            holds: the_first_stranger_from_the_right_asks,
        },
        Proof {
            ids: &["T044"],
            sentence: "what is no address leads to the peer",
            holds: garbage_leads_to_the_peer,
        },
        Proof {
            ids: &["T046"],
            sentence: "X-Forwarded-For counts, Forwarded does not, and neither passes as it came",
            holds: one_field_counts,
        },
        Proof {
            ids: &["T049"],
            sentence: "no other field about the way passes, or decides anything, whoever sends it",
            holds: no_other_field_leads_anywhere,
        },
    ]
}
