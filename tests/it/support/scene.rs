//! The usual scene: one application behind the gateway, a provider that we did not write, a store, a person.

use std::time::Duration;

use serde_json::Value;

use super::browser::Browser;
use super::browser::Page;
use super::gateway::Place;
use super::gateway::TestGateway;
use super::provider::Alg;
use super::provider::Provider;
use super::provider::ZOE;
use super::provider::to_the_provider;
use super::raw::Answer;
use super::raw::exchange;
use super::redis::Redis;
use super::upstream::Upstream;
use super::usual;

/// Everything that stands on the stage. Fields end in this order: the gateway before what it talks to.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) gateway: TestGateway,
    pub(crate) provider: Provider,
    pub(crate) application: Upstream,
    pub(crate) redis: Option<Redis>,
}

/// Where sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Redis,
}

/// The cookie of a session on plain http, which is for loopback only, so without `__Host-`.
pub(crate) const SESSION: &str = "guichet-session-fc";
/// The field that an application trusts.
pub(crate) const ASSERTION: &str = "x-guichet-assertion";

pub(crate) const CLIENT_SECRET: &str = "the-client-secret-of-the-tests-0123456789";
pub(crate) const SESSION_SECRET: &str = "the-session-secret-of-the-tests-0123456789abcdef";

impl Scene {
    pub(crate) fn start(alg: Alg, store: Store) -> Self {
        Self::start_with(alg, store, |_, usual| usual)
    }

    /// The usual configuration, changed by `edit`.
    pub(crate) fn start_with(alg: Alg, store: Store, edit: impl FnOnce(&Place, String) -> String) -> Self {
        let redis = (store == Store::Redis).then(Redis::start);
        Self::start_on(redis, alg, edit)
    }

    /// With a Redis that the test set up.
    pub(crate) fn start_on(
        redis: Option<Redis>,
        alg: Alg,
        edit: impl FnOnce(&Place, String) -> String,
    ) -> Self {
        Self::start_at(Provider::start(alg), redis, alg, edit)
    }

    /// At a provider that the test set up.
    pub(crate) fn start_at(
        provider: Provider,
        redis: Option<Redis>,
        alg: Alg,
        edit: impl FnOnce(&Place, String) -> String,
    ) -> Self {
        let application = Upstream::start();
        let gateway = TestGateway::start(|place| {
            let store = redis
                .as_ref()
                .map_or_else(String::new, |redis| redis_store(place, redis));
            edit(
                place,
                usual(place, (provider.issuer(), alg), &application, &store),
            )
        });
        let scene = Self {
            gateway,
            provider,
            application,
            redis,
        };
        scene.is_registered_with(CLIENT_SECRET);
        scene
    }

    /// The provider knows the gateway under this secret, and under no other.
    pub(crate) fn is_registered_with(&self, secret: &str) {
        let public_url = self.gateway.place().public_url();
        self.provider.register_at(&public_url, ("tests", secret));
    }

    /// An address at the gateway.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.gateway.place().public_url())
    }

    /// From a protected page through the chooser to the provider's page.
    pub(crate) fn to_the_provider(&self, browser: &Browser, path: &str) -> Page {
        to_the_provider(browser, &self.url(path))
    }

    /// Zoé signs in on the way to a page; returns where she arrives.
    pub(crate) fn sign_in(&self, browser: &Browser, path: &str) -> Page {
        self.provider
            .sign_in(browser, &self.to_the_provider(browser, path), ZOE)
    }

    /// Whether the application gets this browser's request without a question.
    pub(crate) fn is_signed_in(&self, browser: &Browser) -> bool {
        let passed = is_let_in(&self.application, browser, &self.url("/again"));
        let received = self.application.received();
        assert_eq!(received.len(), usize::from(passed), "{received:?}");
        passed
    }

    /// The Redis of a scene that has one.
    pub(crate) fn redis(&self) -> &Redis {
        self.redis.as_ref().expect("sessions are in memory")
    }

    /// The host that requests name.
    pub(crate) fn host(&self) -> String {
        self.gateway.place().host()
    }

    /// A request of a program, with more lines of head.
    pub(crate) fn ask(&self, path: &str, lines: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", self.host());
        exchange(self.gateway.address(), request)
    }

    /// What the gateway publishes for applications.
    pub(crate) fn jwks(&self) -> Value {
        self.ask("/_guichet/jwks.json", "Connection: close\r\n").json()
    }

    /// Time goes by, for the gateway, its store and the browser.
    pub(crate) fn advance(&self, browser: &Browser, duration: Duration) {
        self.gateway.clock().advance(duration);
        browser.advance(duration);
        if let Some(redis) = &self.redis {
            redis.advance(duration);
        }
    }
}

/// The same with a second entry at the same issuer, `agents`, whose own application is at `/agents`.
pub(crate) fn with_agents(usual: &str) -> String {
    let (head, apps) = usual.split_once("[[apps]]").unwrap();
    let entry = head.split_once("[providers.fc]").unwrap().1;
    let other = entry.replace("client_id = \"tests\"", "client_id = \"agents\"");
    let upstream = usual::upstreams(apps);
    format!(
        "{head}[providers.agents]{other}[[apps]]{apps}\n[[apps]]\nname = \"agents\"\ntitle = \"Agents\"\npath = \"/agents\"\n\
         providers = [\"agents\"]\n{upstream}\nclaims = [\"sub\"]\nplain_headers = [\"sub\"]\n"
    )
}

/// What the application is told in the assertion, if it is known.
pub(crate) const CLAIMS: [&str; 9] = [
    "sub",
    "given_name",
    "given_name_array",
    "family_name",
    "birthdate",
    "gender",
    "birthplace",
    "birthcountry",
    "email",
];

/// Whether the browser gets through to `/again` at the application without being asked who it is; both say the same,
/// whatever others ask for meanwhile.
pub(crate) fn is_let_in(application: &Upstream, browser: &Browser, url: &str) -> bool {
    application.forget();
    let page = browser.open_once(url);
    let received = application.received().into_iter();
    let arrived = received.filter(|received| received.request_line().contains("/again"));
    let passed = page.status() == 200;
    assert_eq!(arrived.count(), usize::from(passed), "{}", page.text());
    passed
}

pub(crate) fn redis_store(place: &Place, redis: &Redis) -> String {
    let url = place.secret("redis_url", &redis.url());
    format!("store = \"redis\"\nredis = {{ url = {url} }}\n")
}

/// The configuration of an ordinary site; `store` is what `[session]` says about it.
pub(crate) fn usual(
    place: &Place,
    (issuer, alg): (&str, Alg),
    application: &Upstream,
    store: &str,
) -> String {
    let signing_alg = match alg {
        Alg::Es256 => "ES256",
        Alg::Rs256 => "RS256",
    };
    format!(
        r#"public_url = "{public_url}"

[organisation]
name = "Ville d'Exemple"
contact_url = "https://ville.example/contact"

[server]
listen = "127.0.0.1:{port}"

[session]
{store}secret = {session_secret}

[assertion]
keys_dir = "{keys}"

[providers.fc]
preset = "franceconnect"
environment = "simulated"
issuer = "{issuer}"
client_id = "tests"
client_secret = {client_secret}
scopes = ["openid", "identite_pivot", "email", "idp_birthdate"]
signing_alg = "{signing_alg}"

[[apps]]
name = "urbanisme"
title = "Urbanisme"
path = "/"
providers = ["fc"]
upstreams = ["{upstream}"]
claims = {CLAIMS:?}
plain_headers = ["sub", "family_name", "email"]

  [[apps.routes]]
  path = "/public"
  access = "public"

  [[apps.routes]]
  path = "/optional"
  access = "optional"
"#,
        public_url = place.public_url(),
        port = place.port(),
        session_secret = place.secret("session_secret", SESSION_SECRET),
        keys = place.keys(),
        client_secret = place.secret("client_secret", CLIENT_SECRET),
        upstream = application.url(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(alg: Alg, store: Store) {
        let scene = Scene::start(alg, store);
        let browser = Browser::new();
        let page = scene.sign_in(&browser, "/dossier/12?etape=3");
        let log = scene.gateway.logs().text();
        assert_eq!(
            page.url,
            scene.url("/dossier/12?etape=3"),
            "{}\n{log}",
            page.text()
        );
        let received = scene.application.only();
        assert_eq!(received.request_line(), "GET /dossier/12?etape=3 HTTP/1.1");
        assert_eq!(received.values("x-guichet-status"), ["authenticated"]);
        assert_eq!(scene.provider.requests_to("/token").len(), 1);
        assert_eq!(
            scene.redis.as_ref().is_some_and(|redis| !redis.keys().is_empty()),
            store == Store::Redis
        );

        assert!(scene.is_signed_in(&browser));
        scene.advance(&browser, Duration::from_mins(29));
        assert!(scene.is_signed_in(&browser));
        scene.advance(&browser, Duration::from_hours(8));
        assert!(!scene.is_signed_in(&browser));
    }

    #[test]
    fn it_stands_with_es256_in_memory() {
        stands(Alg::Es256, Store::Memory);
    }

    #[test]
    fn it_stands_with_rs256_in_redis() {
        stands(Alg::Rs256, Store::Redis);
    }

    #[test]
    fn a_session_in_redis_outlives_the_gateway_and_one_in_memory_does_not() {
        for store in [Store::Memory, Store::Redis] {
            let mut scene = Scene::start(Alg::Es256, store);
            let browser = Browser::new();
            scene.sign_in(&browser, "/");
            scene
                .gateway
                .restart(|text| text.replace("Urbanisme", "Autre nom"));
            assert_eq!(scene.is_signed_in(&browser), store == Store::Redis, "{store:?}");
        }
    }

    #[test]
    fn a_gateway_that_stopped_is_not_there_and_one_that_cannot_start_says_why() {
        let mut scene = Scene::start(Alg::Es256, Store::Memory);
        let address = scene.gateway.address();
        assert_eq!(scene.ask("/public", "").status, 200);
        scene.gateway.stop();
        assert!(std::net::TcpStream::connect(address).is_err());
        let refusal = TestGateway::try_start(|_| "public_url = 1\n".to_owned()).unwrap_err();
        assert!(refusal.contains("public_url"), "{refusal}");
    }
}
