//! The way to the provider: through the organisation's proxy and by the organisation's authority, and nothing else goes there.

use crate::cases;
use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::gateway::Place;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::redis::Redis;
use crate::support::scene::Scene;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::tinyproxy::Tinyproxy;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["F036"],
            sentence: "discovery, keys, token and userinfo go through the proxy, by TLS end to end; the application and Redis never",
            plays: every_call_goes_through_the_proxy,
        },
    ]
}

/// A line of the configuration gets more before it.
fn before(text: &str, line: &str, more: &str) -> String {
    assert!(text.contains(line), "no {line:?} in\n{text}");
    text.replace(line, &format!("{more}{line}"))
}

/// A provider with a certificate of a private authority, and a gateway that is told so.
struct Outside {
    scene: Scene,
    browser: Browser,
    _authority: Authority,
}

/// `lines` is what `[outbound]` says beside the authority.
fn outside(lines: impl FnOnce(&Place) -> String) -> Outside {
    let authority = Authority::new();
    let provider = Provider::start_over_tls(Alg::Es256, &authority.issue("provider", LOCALHOST, LONG));
    let ca_file = authority.root();
    let scene = Scene::start_at(provider, Some(Redis::start()), Alg::Es256, |place, text| {
        let lines = lines(place);
        before(
            &text,
            "[session]",
            &format!("[outbound]\nca_file = {ca_file:?}\n{lines}\n"),
        )
    });
    let browser = Browser::new();
    scene.provider.is_reached_by(&browser);
    Outside {
        scene,
        browser,
        _authority: authority,
    }
}

impl Outside {
    fn sign_in(&self) -> Page {
        self.scene.sign_in(&self.browser, "/dossier")
    }

    /// `host:port` of the provider.
    fn provider(&self) -> String {
        let issuer = self.scene.provider.issuer();
        issuer
            .trim_start_matches("https://")
            .trim_end_matches("/api/v2")
            .to_owned()
    }

    /// What the gateway itself asked of the provider.
    fn asked(&self) -> Vec<String> {
        let requests = self.scene.provider.requests();
        let by_tls = requests.into_iter().filter(|asked| asked.encrypted);
        by_tls.map(|asked| asked.path).collect()
    }

    /// The person is told that the provider does not respond, and the log why.
    fn the_provider_is_away(&self, why: &str) {
        let page = self.scene.to_the_provider(&self.browser, "/dossier");
        assert_eq!(page.status(), 503, "{}\n{}", page.url, page.text());
        assert_eq!(self.asked(), [""; 0], "somebody found a way");
        assert_eq!(self.scene.application.byte_count(), 0);
        let log = self.scene.gateway.logs().text();
        assert!(log.contains(why), "{log}");
    }
}

fn every_call_goes_through_the_proxy() {
    let mut proxy = Tinyproxy::start();
    let outside = outside(|_| format!("proxy = {:?}\n", proxy.url()));
    let page = outside.sign_in();
    assert_eq!(page.url, outside.scene.url("/dossier"), "{}", page.text());
    let mut asked = outside.asked();
    asked.sort();
    asked.dedup();
    assert_eq!(
        asked,
        [
            "/.well-known/openid-configuration",
            "/jwks",
            "/token",
            "/userinfo"
        ]
    );
    let tunnel = format!("CONNECT {} HTTP/1.1", outside.provider());
    let requests = proxy.requests();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| *request == tunnel), "{requests:?}");

    // Without the proxy the application and Redis are there, and the provider is not: no call went past it.
    proxy.kill();
    outside.scene.provider.reset();
    assert!(outside.scene.is_signed_in(&outside.browser));
    let somebody = Browser::new();
    outside.scene.provider.is_reached_by(&somebody);
    let callback = to_the_callback(&outside.scene, &somebody, "/dossier", 0);
    outside.scene.application.forget();
    let page = somebody.open(&callback);
    assert_eq!(page.status(), 503, "{}", page.text());
    assert_eq!(outside.asked(), [""; 0], "the token request found another way");
    assert_eq!(outside.scene.application.byte_count(), 0);
    let log = outside.scene.gateway.logs().text();
    assert!(log.contains("the proxy cannot be reached"), "{log}");
}

#[test]
fn a_proxy_that_asks_for_a_login_gets_it_and_the_log_does_not() {
    let proxy = Tinyproxy::start_for("guichet", "pass-the-proxy");
    let outside = outside(|place| {
        let login = place.secret("proxy_login", "guichet:pass-the-proxy\n");
        format!("proxy = {:?}\nproxy_login = {login}\n", proxy.url())
    });
    let page = outside.sign_in();
    assert_eq!(page.url, outside.scene.url("/dossier"), "{}", page.text());
    let log = outside.scene.gateway.logs().text();
    assert!(!log.contains("pass-the-proxy"), "{log}");
    assert!(!log.contains("Z3VpY2hldDpwYXNzLXRoZS1wcm94eQ"), "{log}");
}

#[test]
fn a_proxy_that_does_not_let_us_through_is_told_from_a_provider_that_is_away() {
    let proxy = Tinyproxy::start_for("guichet", "pass-the-proxy");
    let outside = outside(|_| format!("proxy = {:?}\n", proxy.url()));
    outside.the_provider_is_away("the proxy cannot be reached, or does not let us through");
}

#[test]
fn a_provider_with_a_certificate_of_another_authority_is_not_believed_through_a_tunnel() {
    let proxy = Tinyproxy::start();
    let other = Authority::new();
    let mut outside = outside(|_| format!("proxy = {:?}\n", proxy.url()));
    outside.scene.gateway.restart(|text| {
        let before = text.lines().find(|line| line.starts_with("ca_file = "));
        text.replace(before.unwrap(), &format!("ca_file = {:?}", other.root()))
    });
    outside.the_provider_is_away("the provider cannot be reached");
}
