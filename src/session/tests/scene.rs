//! A clock, a store and sessions in it, as the tests hold them.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::COOKIE;
use serde_json::json;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::identity::identity::Authentication;
use crate::identity::identity::Identity;
use crate::identity::identity::Subject;
use crate::provider::acr::AcrOrder;
use crate::provider::entry_name::EntryName;
use crate::seal::Keyring;
use crate::secret::Secret;
use crate::session::SessionSettings;
use crate::session::Sessions;
use crate::session::conformance::bench::MovedClock;
use crate::session::memory::MemoryStore;
use crate::session::session::Lifetimes;
use crate::session::session::NewSession;
use crate::session::session::Session;
use crate::session::store::SessionStore;
use crate::session::store::Stored;
use crate::session::terms::EntryTerms;
use crate::wire::cookies::CookieScheme;
use crate::wire::cookies::Cookies;
use crate::wire::host::Host;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const ISSUER: &str = "https://issuer.example";

pub(super) struct Scene {
    pub(super) clock: Arc<MovedClock>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) sessions: Sessions,
}

pub(super) fn scene() -> Scene {
    let clock = Arc::new(MovedClock::at(Timestamp::from_unix(1_800_000_000)));
    let handed_in: Arc<dyn Clock> = Arc::<MovedClock>::clone(&clock);
    let store = Arc::new(MemoryStore::new("guichet:".to_owned(), handed_in));
    let sessions = over(Arc::<MemoryStore>::clone(&store), &clock, &[1]);
    Scene {
        clock,
        store,
        sessions,
    }
}

pub(super) fn over(store: Arc<dyn SessionStore>, clock: &Arc<MovedClock>, secrets: &[u8]) -> Sessions {
    at(&terms(ISSUER, "eidas1"), store, clock, secrets)
}

pub(super) fn terms(issuer: &str, lowest: &str) -> EntryTerms {
    let acr_values: AcrOrder = serde_json::from_value(json!(["eidas1", "eidas2"])).unwrap();
    EntryTerms {
        issuer: issuer.to_owned(),
        lowest: Some(acr_values.value(lowest).unwrap()),
        acr_values,
    }
}

pub(super) fn at(
    terms: &EntryTerms,
    store: Arc<dyn SessionStore>,
    clock: &Arc<MovedClock>,
    secrets: &[u8],
) -> Sessions {
    let secrets: Vec<Secret> = secrets
        .iter()
        .map(|first| Secret::new((0..32).map(|n| first + n).collect::<Vec<u8>>()))
        .collect();
    let settings = SessionSettings {
        keyring: Keyring::new(&secrets).unwrap(),
        lifetimes: Lifetimes {
            idle: MINUTE * 30,
            absolute: HOUR * 8,
        },
        cookies: CookieScheme::Secure,
        terms: ["fc", "pro"].map(|name| (entry(name), terms.clone())).into(),
    };
    Sessions::new(store, settings, Arc::<MovedClock>::clone(clock))
}

impl Scene {
    /// Another instance on the same store, with other secrets.
    pub(super) fn instance(&self, secrets: &[u8]) -> Sessions {
        over(Arc::<MemoryStore>::clone(&self.store), &self.clock, secrets)
    }

    pub(super) async fn log_in(&self, new: NewSession) -> String {
        log_in(&self.sessions, new).await
    }

    pub(super) async fn load(&self, jar: &[&str]) -> Vec<Session> {
        load(&self.sessions, "a.example", jar).await
    }

    pub(super) async fn stored(&self, session: &Session) -> Option<Stored> {
        let mut found = self
            .store
            .get(std::slice::from_ref(&session.reference))
            .await
            .unwrap();
        found.pop().unwrap()
    }
}

pub(super) async fn log_in(sessions: &Sessions, new: NewSession) -> String {
    let set = sessions.establish(new).await.unwrap();
    set.as_str().split(';').next().unwrap().to_owned()
}

pub(super) async fn load(sessions: &Sessions, at: &str, jar: &[&str]) -> Vec<Session> {
    let entries = [entry("fc"), entry("pro")];
    sessions.load(&host(at), &cookies(jar), &entries).await.unwrap()
}

pub(super) fn cookies(jar: &[&str]) -> Cookies {
    Cookies::of(&HeaderMap::from_iter([(COOKIE, jar.join("; ").parse().unwrap())]))
}

pub(super) fn entry(name: &str) -> EntryName {
    EntryName::parse(name).unwrap()
}

pub(super) fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

pub(super) fn subject(sub: &str) -> Subject {
    Subject {
        issuer: ISSUER.to_owned(),
        sub: sub.to_owned(),
    }
}

pub(super) fn login(scene: &Scene, at: &str, sub: &str) -> NewSession {
    NewSession {
        entry: entry(at),
        host: host("a.example"),
        identity: Identity {
            subject: subject(sub),
            claims: [("family_name".to_owned(), json!("LE GOÛT-NŒUVÉGLISE"))]
                .into_iter()
                .collect(),
        },
        authentication: Authentication {
            acr: "eidas1".to_owned(),
            amr: vec!["pwd".to_owned()],
            auth_time: None,
        },
        id_token: Secret::new("header.payload.signature"),
        claimed_at: scene.clock.now(),
        provider_sid: Some(format!("sid of {sub}")),
        replaces: Vec::new(),
    }
}
