//! Who answers at the other end: a server that is not the provider gets nothing.

use std::process::Command;

use serde_json::Value;
use serde_json::json;

use super::stage::begins_no_login;
use crate::cases;
use crate::support::authority::Authority;
use crate::support::authority::EXPIRED;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::authority::Pair;
use crate::support::browser::Browser;
use crate::support::command::GUICHET;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::gateway::TestGateway;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::redis::Redis;
use crate::support::scene::Scene;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Upstream;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T279"],
            sentence: "a proxy that the environment names is not asked",
            plays: proxies_of_the_environment,
        },
        Play {
            ids: &["T280"],
            sentence: "a server without a certificate that is believed, for its name and of now, or with an old TLS, is not spoken to; nothing switches that off",
            plays: not_the_provider,
        },
    ]
}

fn proxies_of_the_environment() {
    let trap = Upstream::start();
    let names = [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ];
    let url = trap.url();
    let gateway = Executable::start(&Start {
        provider: true,
        command: &|_| {
            let mut command = Command::new(GUICHET);
            command.envs(names.map(|name| (name, url.as_str())));
            command
        },
        ..Start::default()
    });
    let browser = Browser::new();
    let page = gateway.sign_in(&browser, "/dossier");
    assert_eq!(page.url, gateway.url("/dossier"), "{}", page.text());
    assert_eq!(trap.connection_count(), 0);
}

/// A scene whose provider shows this certificate, and whose gateway believes this authority.
fn shown(certificate: &Pair, options: &Value, believed: &Authority) -> Scene {
    let provider = Provider::start_over_tls_with(Alg::Es256, certificate, options);
    let ca_file = believed.root();
    Scene::start_at(provider, Some(Redis::start()), Alg::Es256, |_, usual| {
        usual.replace(
            "[session]",
            &format!("[outbound]\nca_file = {ca_file:?}\n\n[session]"),
        )
    })
}

fn not_the_provider() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let modern = json!({});
    let old = |version: &str| json!({ "minVersion": version, "maxVersion": version, "ciphers": "DEFAULT@SECLEVEL=0" });
    for (certificate, options) in [
        (stranger.self_signed("self", LOCALHOST), modern.clone()),
        (stranger.issue("other", LOCALHOST, LONG), modern.clone()),
        (authority.issue("expired", LOCALHOST, EXPIRED), modern.clone()),
        (
            authority.issue("tomorrow", LOCALHOST, ("20980101000000Z", "20991231235959Z")),
            modern.clone(),
        ),
        (
            authority.issue("name", "DNS:provider.example", LONG),
            modern.clone(),
        ),
        (authority.issue("wild", "DNS:*", LONG), modern.clone()),
        (authority.issue("old", LOCALHOST, LONG), old("TLSv1")),
        (authority.issue("older", LOCALHOST, LONG), old("TLSv1.1")),
    ] {
        let scene = shown(&certificate, &options, &authority);
        begins_no_login(&scene, 503, "provider_unreachable");
        assert!(
            scene.provider.requests().is_empty(),
            "{certificate:?}: something was said"
        );
    }
    // Somebody else does speak to the old ones.
    for (version, spoken) in [("TLSv1", "-tls1"), ("TLSv1.1", "-tls1_1")] {
        let certificate = authority.pair("old");
        let provider = Provider::start_over_tls_with(Alg::Es256, &certificate, &old(version));
        let said = authority.s_client(
            (provider.address(), "localhost"),
            &[spoken, "-cipher", "DEFAULT@SECLEVEL=0"],
            "",
        );
        assert!(said.contains(&format!("Protocol  : {version}\n")), "{said}");
    }
    // It is the certificate alone.
    let scene = shown(&authority.issue("good", LOCALHOST, LONG), &modern, &authority);
    let browser = Browser::new();
    scene.provider.is_reached_by(&browser);
    let page = scene.sign_in(&browser, "/dossier");
    assert_eq!(page.url, scene.url("/dossier"), "{}", page.text());
    for key in ["insecure", "verify", "tls_verify", "skip_verify"] {
        let refusal = TestGateway::try_start(|_| format!("[outbound]\n{key} = true\n")).unwrap_err();
        assert!(
            refusal.contains(&format!("unknown key `{key}` in `outbound`")),
            "{refusal}"
        );
    }
}
