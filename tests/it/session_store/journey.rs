//! Sessions over a real Redis: what a dump shows, that every key has an end, that an ended session stays ended.

use std::sync::Arc;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::identity::identity::Authentication;
use guichet::identity::identity::Identity;
use guichet::identity::identity::Subject;
use guichet::oidc::attempts::AttemptId;
use guichet::oidc::attempts::Attempts;
use guichet::oidc::attempts::Claim;
use guichet::provider::acr::AcrOrder;
use guichet::provider::entry_name::EntryName;
use guichet::seal::Keyring;
use guichet::secret::Secret;
use guichet::session::SessionSettings;
use guichet::session::Sessions;
use guichet::session::conformance::bench::MovedClock;
use guichet::session::session::Lifetimes;
use guichet::session::session::NewSession;
use guichet::session::session::Session;
use guichet::session::terms::EntryTerms;
use guichet::wire::cookies::CookieScheme;
use guichet::wire::cookies::Cookies;
use guichet::wire::host::Host;
use http::HeaderMap;
use http::header::COOKIE;
use serde_json::json;

use super::bench::HOUR;
use super::bench::clock;
use super::bench::pass;
use super::bench::store;
use crate::support::message::find;
use crate::support::redis::Redis;

struct Scene {
    redis: Redis,
    clock: Arc<MovedClock>,
    sessions: Sessions,
}

fn scene() -> Scene {
    let redis = Redis::start();
    let clock = clock();
    let settings = SessionSettings {
        keyring: Keyring::new(&[Secret::new((0..32).collect::<Vec<u8>>())]).unwrap(),
        lifetimes: Lifetimes {
            idle: HOUR / 2,
            absolute: HOUR * 8,
        },
        cookies: CookieScheme::Secure,
        terms: [(entry(), terms())].into(),
    };
    let handed_in: Arc<dyn Clock> = Arc::<MovedClock>::clone(&clock);
    let sessions = Sessions::new(Arc::new(store(&redis.url())), settings, handed_in);
    Scene {
        redis,
        clock,
        sessions,
    }
}

fn entry() -> EntryName {
    EntryName::parse("fc").unwrap()
}

fn terms() -> EntryTerms {
    let acr_values: AcrOrder = serde_json::from_value(json!(["eidas1"])).unwrap();
    EntryTerms {
        issuer: subject().issuer,
        lowest: Some(acr_values.value("eidas1").unwrap()),
        acr_values,
    }
}

fn subject() -> Subject {
    Subject {
        issuer: "https://issuer.example".to_owned(),
        sub: "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1".to_owned(),
    }
}

impl Scene {
    async fn log_in(&self) -> String {
        let claims = json!({"family_name": "LE GOÛT-NŒUVÉGLISE", "birthplace": "62498"});
        let new = NewSession {
            entry: entry(),
            host: Host::parse("a.example").unwrap(),
            identity: Identity {
                subject: subject(),
                claims: claims.as_object().unwrap().clone(),
            },
            authentication: Authentication {
                acr: "eidas1".to_owned(),
                amr: Vec::new(),
                auth_time: None,
            },
            id_token: Secret::new("header.payload.signature"),
            claimed_at: self.clock.now(),
            provider_sid: Some("provider-sid-1".to_owned()),
            replaces: Vec::new(),
        };
        let set = self.sessions.establish(new).await.unwrap();
        set.as_str().split(';').next().unwrap().to_owned()
    }

    async fn load(&self, cookie: &str) -> Vec<Session> {
        let headers = HeaderMap::from_iter([(COOKIE, cookie.parse().unwrap())]);
        let host = Host::parse("a.example").unwrap();
        self.sessions
            .load(&host, &Cookies::of(&headers), &[entry()])
            .await
            .unwrap()
    }

    fn pass(&self, time: Duration) {
        pass(&self.redis, &self.clock, time);
    }
}

/// The names of keys, in order.
fn names(redis: &Redis) -> Vec<String> {
    let text = |key: Vec<u8>| String::from_utf8(key).unwrap();
    redis.keys().into_iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_shows_nobody_and_every_key_has_an_end() {
    let scene = scene();
    let cookie = scene.log_in().await;
    let attempts = store(&scene.redis.url());
    let (id, now) = (AttemptId::generate().unwrap(), scene.clock.now());
    assert_eq!(
        attempts.claim(&id, now, now.plus(HOUR)).await.unwrap(),
        Claim::Won
    );
    attempts.finish(&id, b"sealed".to_vec()).await.unwrap();
    assert_eq!(scene.sessions.end_by_sid(&entry(), "nobody").await.unwrap(), 0);
    assert_eq!(scene.load(&cookie).await.len(), 1);

    let names = names(&scene.redis);
    let kinds: Vec<&str> = names.iter().map(|name| name.split(':').nth(1).unwrap()).collect();
    assert_eq!(
        kinds,
        ["attempt", "ended", "index", "index", "outcome", "session"]
    );
    for (stored, name) in scene.redis.dump().iter().zip(&names) {
        assert!(stored.left.is_some(), "{name} has no end");
    }

    let dump = scene.redis.all_bytes();
    let key = cookie.split_once('=').unwrap().1;
    for text in [
        "NŒUVÉGLISE",
        "62498",
        "b6048e95",
        "issuer.example",
        "provider-sid-1",
        "payload",
        "a.example",
        "eidas1",
        key,
    ] {
        assert!(find(&dump, text.as_bytes()).is_none(), "{text} is in the dump");
    }
    assert!(find(&dump, b"sealed").is_some(), "the dump is empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_by_use_and_ends_without() {
    let scene = scene();
    let cookie = scene.log_in().await;
    for _ in 0..3 {
        scene.pass(Duration::from_mins(29));
        let found = scene.load(&cookie).await;
        assert_eq!(found.len(), 1);
        let key = format!("guichet:session:{}", found[0].reference);
        // The touch is not waited for.
        while scene.redis.say(&["TTL", &key]).number() < 1700 {
            tokio::task::yield_now().await;
        }
    }
    scene.pass(HOUR / 2);
    assert!(scene.load(&cookie).await.is_empty());
}

/// Requests of a page under way, each of which wants to prolong the session, while its person signs out.
pub(crate) async fn a_logout_amid_requests_is_final() {
    let scene = Arc::new(scene());
    for _ in 0..20 {
        let cookie = scene.log_in().await;
        let session = scene.load(&cookie).await.remove(0);
        scene.pass(Duration::from_mins(2));
        let requests: Vec<_> = (0..20)
            .map(|_| {
                let (scene, cookie) = (Arc::clone(&scene), cookie.clone());
                tokio::spawn(async move { scene.load(&cookie).await.len() })
            })
            .collect();
        scene.sessions.end(&session).await.unwrap();
        for request in requests {
            assert!(request.await.unwrap() <= 1);
        }
        assert!(scene.load(&cookie).await.is_empty());
        let key = format!("guichet:session:{}", session.reference);
        assert!(!names(&scene.redis).contains(&key));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_is_ended_in_redis_wherever_they_are_signed_in() {
    let scene = scene();
    let cookies = [scene.log_in().await, scene.log_in().await, scene.log_in().await];
    let ended = scene.sessions.end_by_subject(&entry(), &subject()).await.unwrap();
    assert_eq!(ended, 3);
    for cookie in &cookies {
        assert!(scene.load(cookie).await.is_empty());
    }
}
