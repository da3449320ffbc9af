//! What a provider says about itself (OpenID Connect Discovery 1.0, section 4), and where that would lead.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::stage::arrives;
use super::stage::begins_no_login;
use super::stage::ends_in_no_login;
use super::stage::lie_on;
use super::stage::lying;
use crate::cases;
use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::provider::people;
use crate::support::redis::Redis;
use crate::support::scene::Scene;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::tunnel::Tunnel;
use crate::support::upstream::Upstream;

/// Longer than the document is fresh.
const A_WHILE: Duration = Duration::from_mins(11);
/// Longer than one that cannot be had again is used.
const TWO_DAYS: Duration = Duration::from_hours(49);

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T273"],
            sentence: "a document of another issuer begins no login; the one before stays in use, for two days",
            plays: another_issuer,
        },
        Play {
            ids: &["T274"],
            sentence: "an endpoint on another machine than the issuer's is never asked",
            plays: || for member in MEMBERS {
                nobody_goes(member, &["https://evil.example/x", "{renamed}/x"]);
            },
        },
        Play {
            ids: &["T275"],
            sentence: "an endpoint in the open is never asked, of an issuer in TLS not on this machine either",
            plays: in_the_open,
        },
        Play {
            ids: &["T277"],
            sentence: "an endpoint inside the network is never asked, in whatever spelling",
            plays: inside,
        },
        Play {
            ids: &["T292"],
            sentence: "an address that would break a header or a page is none",
            plays: || nobody_goes("end_session_endpoint", &[
                "{issuer}/session/end\r\nSet-Cookie: a=b",
                "{issuer}/session/end\nx",
                "{issuer}/session/\"><script>",
                "{issuer}/session/end'\\",
                "{issuer}/session/end\u{2028}",
                "javascript:alert(1)//{issuer}",
            ]),
        },
    ]
}

/// Every address in the document.
const MEMBERS: [&str; 5] = [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
];

fn says(member: &str, value: &Value) -> Value {
    json!({ "target": "discovery", "json": [{ "set": member, "to": value }] })
}

/// With one of these as this address nobody is sent anywhere; `{issuer}` stands for the true one, `{renamed}` for the same port
/// of another name.
fn nobody_goes(member: &str, addresses: &[&str]) {
    for address in addresses {
        let scene = lying(&[]);
        let issuer = scene.provider.issuer();
        let address = address
            .replace("{issuer}", issuer)
            .replace("{renamed}", &issuer.replace("127.0.0.1", "localhost"));
        lie_on(&scene, &[says(member, &json!(address))]);
        begins_no_login(&scene, 502, "discovery_refused");
        asked_for_the_document_alone(&scene);
    }
}

fn asked_for_the_document_alone(scene: &Scene) {
    let asked = scene.provider.requests().into_iter().map(|asked| asked.path);
    assert!(
        asked
            .into_iter()
            .all(|path| path == "/.well-known/openid-configuration"),
        "something else was asked"
    );
}

fn another_issuer() {
    for (from, to) in [
        ("/api/v2", "/api/v2/"),
        ("/api/v2", "/API/v2"),
        ("http:", "https:"),
        ("127.0.0.1", "evil.example"),
    ] {
        let lie = says("issuer", &json!({ "$": "issuer", "replace": [from, to] }));
        let scene = lying(&[lie]);
        begins_no_login(&scene, 502, "discovery_issuer_mismatch");
        asked_for_the_document_alone(&scene);
    }
    // A provider that changes its mind is not followed.
    let scene = lying(&[]);
    arrives(&scene);
    lie_on(
        &scene,
        &[
            says("issuer", &json!("https://evil.example/api/v2")),
            says("token_endpoint", &json!("https://evil.example/token")),
        ],
    );
    scene.gateway.clock().advance(A_WHILE);
    scene.provider.clock_ahead(A_WHILE);
    arrives(&scene);
    let said = scene
        .gateway
        .logs()
        .lines_with("the one before stays in use")
        .join("\n");
    assert!(said.contains("reason=\"discovery_issuer_mismatch\""), "{said}");
    scene.gateway.clock().advance(TWO_DAYS);
    begins_no_login(&scene, 502, "discovery_issuer_mismatch");
}

/// A provider in TLS, believed because of `[outbound]`.
fn in_tls() -> (Scene, Authority) {
    let authority = Authority::new();
    let provider = Provider::start_over_tls(Alg::Es256, &authority.issue("provider", LOCALHOST, LONG));
    let ca_file = authority.root();
    let scene = Scene::start_at(provider, Some(Redis::start()), Alg::Es256, |_, usual| {
        usual.replace(
            "[session]",
            &format!("[outbound]\nca_file = {ca_file:?}\n\n[session]"),
        )
    });
    (scene, authority)
}

fn in_the_open() {
    nobody_goes(
        "jwks_uri",
        &["http://provider.example/jwks", "//127.0.0.1/jwks", "/jwks"],
    );
    let open = Upstream::start();
    for member in ["jwks_uri", "token_endpoint"] {
        let (scene, _authority) = in_tls();
        let address = open.url().replace("127.0.0.1", "localhost");
        lie_on(&scene, &[says(member, &json!(format!("{address}/jwks")))]);
        begins_no_login(&scene, 502, "discovery_refused");
        asked_for_the_document_alone(&scene);
    }
    assert_eq!(open.connection_count(), 0, "somebody asked in the open");
    // The host and the port of the issuer, without its TLS.
    let (scene, _authority) = in_tls();
    let bare = scene.provider.issuer().replace("https:", "http:");
    lie_on(&scene, &[says("jwks_uri", &json!(format!("{bare}/jwks")))]);
    begins_no_login(&scene, 502, "discovery_refused");
    asked_for_the_document_alone(&scene);
    // A provider that may name other machines.
    let generic = Generic::new();
    for member in ["jwks_uri", "token_endpoint"] {
        generic.nobody_goes(member, &format!("{}/jwks", open.url()));
    }
    let tried_out = generic.out_of_tls();
    for address in ["http://provider.example/jwks", "//127.0.0.1/jwks", "/jwks"] {
        tried_out.nobody_goes("jwks_uri", address);
    }
    assert_eq!(open.connection_count(), 0, "somebody asked in the open");
}

fn inside() {
    let trap = Upstream::start();
    let port = trap.address().port();
    let spellings = [
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        format!("https://[::ffff:127.0.0.1]:{port}/jwks"),
        format!("http://[::ffff:127.0.0.1]:{port}/jwks"),
        format!("http://0.0.0.0:{port}/jwks"),
        format!("http://2130706433:{port}/jwks"),
        format!("http://0x7f000001:{port}/jwks"),
        format!("http://127.1:{port}/jwks"),
        format!("http://localhost.:{port}/jwks"),
        format!("http://localhost:{port}/jwks"),
        format!("http://127.0.0.1:{port}/jwks"),
        format!("https://127.0.0.1:{port}/jwks"),
        format!("https://{}:{port}/jwks", name_of_this_machine()),
        "https://10.0.0.1/jwks".to_owned(),
    ];
    let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
    nobody_goes("jwks_uri", &spellings);
    assert_eq!(trap.connection_count(), 0, "somebody was led there");
    // Where other machines may be named, each has one spelling.
    let generic = Generic::new();
    for spelling in [
        "2130706433",
        "0x7f000001",
        "127.1",
        "[::ffff:127.0.0.1]",
        "localhost.",
    ] {
        generic.nobody_goes("jwks_uri", &format!("https://{spelling}:{port}/jwks"));
    }
    assert_eq!(trap.connection_count(), 0, "somebody was led there");
    anywhere_is_over_tls(&generic);
}

/// A provider in TLS that may name other machines, and who vouches for it.
struct Generic {
    authority: Authority,
    options: Value,
}

impl Generic {
    fn new() -> Self {
        let authority = Authority::new();
        let shown = authority.issue("provider", LOCALHOST, LONG);
        let [cert, key] = [&shown.cert_file, &shown.key_file].map(|file| fs::read_to_string(file).unwrap());
        let options = json!({ "accounts": people(), "tls": { "cert": cert, "key": key } });
        Self { authority, options }
    }

    /// The same on this machine, in the open.
    fn out_of_tls(self) -> Self {
        let options = json!({ "accounts": people() });
        Self { options, ..self }
    }

    /// A scene in which it says this.
    fn saying(&self, member: &str, address: &str) -> Scene {
        let provider = Provider::start_as("oidc", Alg::Es256, &self.options);
        let scene = Scene::start_at(provider, Some(Redis::start()), Alg::Es256, |_, usual| {
            generic(&usual).replace(
                "[session]",
                &format!("[outbound]\nca_file = {:?}\n\n[session]", self.authority.root()),
            )
        });
        lie_on(&scene, &[says(member, &json!(address))]);
        scene
    }

    /// With this address nobody is sent anywhere.
    fn nobody_goes(&self, member: &str, address: &str) {
        let scene = self.saying(member, address);
        begins_no_login(&scene, 502, "discovery_refused");
        asked_for_the_document_alone(&scene);
    }
}

/// Whatever it names, and wherever that name leads by now, nothing is said to a machine that has no certificate for it.
fn anywhere_is_over_tls(generic: &Generic) {
    let (authority, stranger) = (&generic.authority, Authority::new());
    let inside = Upstream::start();
    let a_strangers = Tunnel::out_of_tls(inside.address(), &stranger.issue("inside", LOCALHOST, LONG));
    let another_name = Tunnel::out_of_tls(
        inside.address(),
        &authority.issue("inside", "DNS:inside.example", LONG),
    );
    let ports = [&a_strangers, &another_name].map(|tunnel| tunnel.address().port());
    for address in [
        format!("https://127.0.0.1:{}/jwks", ports[0]),
        format!("https://127.0.0.1:{}/jwks", ports[1]),
        format!("https://{}:{}/jwks", name_of_this_machine(), ports[1]),
    ] {
        let scene = generic.saying("jwks_uri", &address);
        ends_in_no_login(&scene, (503, "L10", "provider_unreachable"));
    }
    assert_eq!(inside.connection_count(), 0, "somebody was believed");
}

/// The usual configuration at any provider by its issuer.
fn generic(usual: &str) -> String {
    let lines = usual
        .lines()
        .map(|line| match line.split(" = ").next().unwrap_or(line) {
            "preset" => "preset = \"oidc\"".to_owned(),
            "scopes" => "scopes = [\"openid\"]".to_owned(),
            "claims" => "claims = [\"sub\"]".to_owned(),
            "plain_headers" => "plain_headers = [\"sub\"]".to_owned(),
            _ => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// A name that leads to an address of the local network.
fn name_of_this_machine() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .unwrap()
        .trim()
        .to_owned()
}
