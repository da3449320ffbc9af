//! A client that names an identity, where the application refuses whoever tries, and where it does not.

use crate::support::provider::Alg;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::wait;

/// Each names an identity to some application server.
const SPOOFS: [&str; 14] = [
    "X-Guichet-Sub",
    "x_guichet.assertion",
    "Remote-User",
    "REMOTE_USER",
    "X-Forwarded-User",
    "X-Auth-Request-Email",
    "X~SSL~Client~S~DN",
    "X-Authentik-Username",
    "X-User-Id",
    "X-Consumer-Username",
    "X-Amzn-Oidc-Data",
    "Auth-User",
    "iv-user",
    "X--Guichet__Sub",
];
/// What proxies of visitors, extensions and scripts send.
const NOISE: [&str; 8] = [
    "X-Forwarded-For",
    "X_Forwarded_For",
    "Forwarded",
    "X-Real-IP",
    "X-Request-Id",
    "X-HTTP-Method-Override",
    "My_App.Token",
    "Proxy-Connection",
];

fn scene(app: &str) -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        usual.replace("path = \"/\"\n", &format!("path = \"/\"\n{app}\n"))
    })
}

/// The status, and whether the connection takes another request.
fn ask(scene: &Scene, path: &str, fields: &str) -> (u16, Connection) {
    scene.application.forget();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{fields}\r\n", scene.host());
    let mut client = RawClient::connect(scene.gateway.address());
    let answer = client.send(request).answer();
    assert!(!answer.text().contains("evil"), "{}", answer.text());
    let next = client.send(format!("OPTIONS * HTTP/1.1\r\nHost: {}\r\n\r\n", scene.host()));
    let afterwards = match next.try_answer("OPTIONS") {
        Ok(_) => Connection::Open,
        Err(_) => Connection::Closed,
    };
    (answer.status, afterwards)
}

fn counted(scene: &Scene, app: &str) -> u64 {
    let name = format!("guichet_spoofed_headers_total{{app=\"{app}\"}} ");
    let metrics = scene.gateway.metrics();
    let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
    value.map_or(0, |value| value.parse().unwrap())
}

/// Every attempt is told, but not who it was to be, nor under which name.
fn told(scene: &Scene, handling: &str) {
    wait::until("an event", || {
        !scene.gateway.audited("identity_spoofed").is_empty()
    });
    for event in scene.gateway.audited("identity_spoofed") {
        assert_eq!(event["labels"]["handling"], handling);
        assert!(event["labels"]["fields"].as_u64().unwrap() > 0);
        assert_eq!(event["source.ip"], "127.0.0.1");
    }
    let audit = scene.gateway.audit();
    let log = scene.gateway.logs().text();
    for text in [audit, log] {
        assert!(
            !text.contains("evil") && !text.to_lowercase().contains("remote"),
            "{text}"
        );
    }
}

#[test]
fn a_name_of_an_identity_is_left_away_counted_and_told() {
    let scene = scene("");
    for name in SPOOFS {
        let passed = ask(&scene, "/public", &format!("{name}: evil\r\n"));
        assert_eq!(passed, (200, Connection::Open), "{name}");
        assert!(!scene.application.only().contains("evil"), "{name}");
    }
    assert_eq!(counted(&scene, "urbanisme"), 14);
    told(&scene, "stripped");
    assert_eq!(
        scene.gateway.audited("identity_spoofed")[0]["labels"]["app"],
        "urbanisme"
    );
    ask(
        &scene,
        "/_guichet/jwks.json",
        "X-Guichet-Sub: evil\r\nX-Guichet-Sub: evil\r\n",
    );
    assert_eq!(counted(&scene, ""), 2, "a path of ours is no application's");
}

#[test]
fn whoever_names_an_identity_is_refused_where_the_application_says_so() {
    let scene = scene("on_spoof = \"reject\"");
    for name in SPOOFS {
        for path in ["/public", "/dossier"] {
            let refused = ask(&scene, path, &format!("{name}: evil\r\n"));
            assert_eq!(refused, (400, Connection::Closed), "{name}");
            assert_eq!(scene.application.byte_count(), 0, "{name}");
        }
    }
    assert_eq!(counted(&scene, "urbanisme"), 28);
    told(&scene, "refused");
    for name in NOISE {
        let passed = ask(&scene, "/public", &format!("{name}: evil\r\n"));
        assert_eq!(passed, (200, Connection::Open), "{name}");
        assert!(!scene.application.only().contains("evil"), "{name}");
    }
    assert_eq!(counted(&scene, "urbanisme"), 28, "nothing of it is an attack");
}

#[test]
fn events_of_strangers_do_not_fill_a_disk() {
    let scene = scene("");
    for _ in 0..60 {
        ask(&scene, "/public", "X-Guichet-Sub: evil\r\n");
    }
    assert_eq!(counted(&scene, "urbanisme"), 60);
    let dropped = "guichet_audit_events_dropped_total{action=\"identity_spoofed\"}";
    wait::until("events are left away", || {
        scene.gateway.metrics().contains(dropped)
    });
}
