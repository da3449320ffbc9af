//! Sessions as requests meet them: found, prolonged, ended, refused.

use std::time::Duration;

use http::HeaderMap;
use http::header::COOKIE;
use serde_json::json;

use super::*;
use crate::identity::identity::Authentication;
use crate::identity::identity::Identity;
use crate::provider::acr::AcrOrder;
use crate::secret::Secret;
use crate::session::conformance::MovedClock;
use crate::session::memory::MemoryStore;
use crate::session::redis::RedisStore;
use crate::session::roster::Listed;
use crate::session::roster::Roster;
use crate::session::roster::Walk;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const ISSUER: &str = "https://issuer.example";

struct Scene {
    clock: Arc<MovedClock>,
    store: Arc<MemoryStore>,
    sessions: Sessions,
}

fn scene() -> Scene {
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

fn over(store: Arc<dyn SessionStore>, clock: &Arc<MovedClock>, secrets: &[u8]) -> Sessions {
    at(&terms(ISSUER, "eidas1"), store, clock, secrets)
}

fn terms(issuer: &str, lowest: &str) -> Terms {
    let acr_values: AcrOrder = serde_json::from_value(json!(["eidas1", "eidas2"])).unwrap();
    Terms {
        issuer: issuer.to_owned(),
        lowest: acr_values.value(lowest).unwrap(),
        acr_values,
    }
}

fn at(terms: &Terms, store: Arc<dyn SessionStore>, clock: &Arc<MovedClock>, secrets: &[u8]) -> Sessions {
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
    fn instance(&self, secrets: &[u8]) -> Sessions {
        over(Arc::<MemoryStore>::clone(&self.store), &self.clock, secrets)
    }

    async fn log_in(&self, new: NewSession) -> String {
        log_in(&self.sessions, new).await
    }

    async fn load(&self, jar: &[&str]) -> Vec<Session> {
        load(&self.sessions, "a.example", jar).await
    }

    async fn stored(&self, session: &Session) -> Option<Stored> {
        let mut found = self
            .store
            .get(std::slice::from_ref(&session.reference))
            .await
            .unwrap();
        found.pop().unwrap()
    }
}

async fn log_in(sessions: &Sessions, new: NewSession) -> String {
    let set = sessions.establish(new).await.unwrap();
    set.as_str().split(';').next().unwrap().to_owned()
}

async fn load(sessions: &Sessions, at: &str, jar: &[&str]) -> Vec<Session> {
    let entries = [entry("fc"), entry("pro")];
    sessions.load(&host(at), &cookies(jar), &entries).await.unwrap()
}

fn cookies(jar: &[&str]) -> Cookies {
    Cookies::of(&HeaderMap::from_iter([(COOKIE, jar.join("; ").parse().unwrap())]))
}

fn entry(name: &str) -> EntryName {
    EntryName::parse(name).unwrap()
}

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

fn subject(sub: &str) -> Subject {
    Subject {
        issuer: ISSUER.to_owned(),
        sub: sub.to_owned(),
    }
}

fn login(scene: &Scene, at: &str, sub: &str) -> NewSession {
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

#[tokio::test]
async fn a_session_is_nobody_once_its_entry_has_another_issuer_or_asks_for_more() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    for terms in [
        terms("https://issuer.example/2", "eidas1"),
        terms(ISSUER, "eidas2"),
    ] {
        let changed = at(
            &terms,
            Arc::<MemoryStore>::clone(&scene.store),
            &scene.clock,
            &[1],
        );
        assert!(load(&changed, "a.example", &[&cookie]).await.is_empty());
    }
    assert_eq!(scene.load(&[&cookie]).await.len(), 1);
}

#[tokio::test]
async fn a_login_is_found_again_as_it_was() {
    let scene = scene();
    let new = login(&scene, "fc", "zoe");
    let cookie = scene.log_in(new.clone()).await;
    let session = scene.load(&[&cookie]).await.pop().unwrap();
    assert_eq!(session.identity, new.identity);
    assert_eq!(session.authentication, new.authentication);
    assert_eq!(session.id_token, new.id_token);
    assert_eq!((session.entry, session.host), (new.entry, new.host));
    assert_eq!(session.logged_in_at, scene.clock.now());
    assert_eq!(session.ends_at, scene.clock.now().plus(HOUR * 8));
    assert_eq!(session.lapses_at, scene.clock.now().plus(MINUTE * 30));
}

#[tokio::test]
async fn the_application_and_the_operator_see_no_key() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let session = scene.load(&[&cookie]).await.pop().unwrap();
    let key = cookie.split_once('=').unwrap().1;
    assert_ne!(session.sid, key);
    assert_ne!(session.reference.as_str(), key);
    assert_ne!(session.reference.as_str(), session.sid);
    assert!(SessionKey::parse(&session.sid).is_none());
    let as_cookie = format!("__Host-guichet-session-fc={}", session.reference);
    assert!(scene.load(&[&as_cookie]).await.is_empty());
    assert_eq!(scene.load(&[&cookie]).await[0].sid, session.sid);
}

#[tokio::test]
async fn every_login_has_a_new_key() {
    let scene = scene();
    let first = scene.log_in(login(&scene, "fc", "zoe")).await;
    let second = scene.log_in(login(&scene, "fc", "zoe")).await;
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_login_ends_what_the_browser_held_at_the_entry() {
    let scene = scene();
    let before = scene.log_in(login(&scene, "fc", "zoe")).await;
    let elsewhere = scene.log_in(login(&scene, "fc", "zoe")).await;
    let replaces = scene.load(&[&before]).await;
    let new = NewSession {
        replaces,
        ..login(&scene, "fc", "zoe")
    };
    let after = scene.log_in(new).await;
    assert!(scene.load(&[&before]).await.is_empty());
    assert_eq!(scene.load(&[&after]).await.len(), 1);
    assert_eq!(scene.load(&[&elsewhere]).await.len(), 1);
}

#[tokio::test]
async fn sessions_of_two_entries_stand_side_by_side_the_most_recent_login_first() {
    let scene = scene();
    let citizen = scene.log_in(login(&scene, "fc", "zoe")).await;
    scene.clock.pass(MINUTE);
    let agent = scene.log_in(login(&scene, "pro", "zoe")).await;
    let found = scene.load(&[&citizen, &agent]).await;
    let names: Vec<&str> = found.iter().map(|session| session.entry.as_str()).collect();
    assert_eq!(names, ["pro", "fc"]);

    let only = scene
        .sessions
        .load(&host("a.example"), &cookies(&[&citizen, &agent]), &[entry("fc")])
        .await
        .unwrap();
    assert_eq!(only.len(), 1);
    assert_eq!(only[0].entry, entry("fc"));
}

#[tokio::test]
async fn a_session_opens_nothing_at_another_host_entry_or_prefix() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let key = cookie.split_once('=').unwrap().1;
    assert!(load(&scene.sessions, "b.example", &[&cookie]).await.is_empty());
    assert!(
        load(&scene.sessions, "a.example:8443", &[&cookie])
            .await
            .is_empty()
    );
    let renamed = format!("__Host-guichet-session-pro={key}");
    assert!(scene.load(&[&renamed]).await.is_empty());

    let session = scene.load(&[&cookie]).await.pop().unwrap();
    let value = scene.stored(&session).await.unwrap().value;
    let clock: Arc<dyn Clock> = Arc::<MovedClock>::clone(&scene.clock);
    let neighbour = Arc::new(MemoryStore::new("other:".to_owned(), clock));
    neighbour.put(&session.reference, value, HOUR).await.unwrap();
    let sessions = over(neighbour, &scene.clock, &[1]);
    assert!(load(&sessions, "a.example", &[&cookie]).await.is_empty());
}

#[tokio::test]
async fn values_that_changed_places_open_nothing() {
    let scene = scene();
    let zoe = scene.log_in(login(&scene, "fc", "zoe")).await;
    let ada = scene.log_in(login(&scene, "fc", "ada")).await;
    let (of_zoe, of_ada) = (
        scene.load(&[&zoe]).await.remove(0),
        scene.load(&[&ada]).await.remove(0),
    );
    let (value_of_zoe, value_of_ada) = (
        scene.stored(&of_zoe).await.unwrap(),
        scene.stored(&of_ada).await.unwrap(),
    );
    scene
        .store
        .put(&of_zoe.reference, value_of_ada.value, HOUR)
        .await
        .unwrap();
    scene
        .store
        .put(&of_ada.reference, value_of_zoe.value, HOUR)
        .await
        .unwrap();
    assert!(scene.load(&[&zoe]).await.is_empty());
    assert!(scene.load(&[&ada]).await.is_empty());
}

#[tokio::test]
async fn what_is_not_ours_in_the_store_is_no_session() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let session = scene.load(&[&cookie]).await.remove(0);
    for value in [Vec::new(), b"{}".to_vec(), vec![1; 1 << 20], vec![2, 0, 0]] {
        scene.store.put(&session.reference, value, HOUR).await.unwrap();
        assert!(scene.load(&[&cookie]).await.is_empty());
    }
}

#[tokio::test]
async fn without_a_cookie_of_ours_nothing_is_asked_and_with_one_a_failure_is_no_miss() {
    let clock = Arc::new(MovedClock::at(Timestamp::from_unix(1_800_000_000)));
    // Nobody listens on port 1.
    let closed = RedisStore::new(&Secret::new("redis://127.0.0.1:1"), "guichet:".to_owned()).unwrap();
    let sessions = over(Arc::new(closed), &clock, &[1]);
    for jar in [
        &["a=1"][..],
        &["__Host-guichet-session-fc=x"],
        &["__Host-guichet-login-x=y"],
    ] {
        assert!(load(&sessions, "a.example", jar).await.is_empty());
    }
    let key = SessionKey::generate().unwrap();
    let jar = format!("__Host-guichet-session-fc={}", key.expose());
    let found = sessions
        .load(&host("a.example"), &cookies(&[&jar]), &[entry("fc")])
        .await;
    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
}

#[tokio::test]
async fn a_session_ends_half_an_hour_after_the_last_request() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    scene.clock.pass(MINUTE * 29);
    assert_eq!(scene.load(&[&cookie]).await.len(), 1);
    scene.clock.pass(MINUTE * 29);
    assert_eq!(scene.load(&[&cookie]).await.len(), 1);
    scene.clock.pass(MINUTE * 31);
    assert!(scene.load(&[&cookie]).await.is_empty());
}

#[tokio::test]
async fn a_session_ends_after_eight_hours_whatever_the_person_does() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let mut minutes = 0;
    while minutes < 13 * 60 && !scene.load(&[&cookie]).await.is_empty() {
        scene.clock.pass(MINUTE);
        minutes += 1;
    }
    assert_eq!(minutes, 8 * 60);
}

#[tokio::test]
async fn a_request_within_a_minute_writes_nothing() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let end = scene.clock.now().plus(MINUTE * 30);
    scene.clock.pass(MINUTE);
    assert_eq!(scene.load(&[&cookie]).await[0].lapses_at, end);
    scene.clock.pass(Duration::from_secs(1));
    let prolonged = scene.load(&[&cookie]).await.remove(0);
    assert_eq!(prolonged.lapses_at, scene.clock.now().plus(MINUTE * 30));
    assert_eq!(scene.stored(&prolonged).await.unwrap().left, MINUTE * 30);
}

#[tokio::test]
async fn a_clock_that_jumps_ends_sessions_at_worst() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    scene.clock.jump(-7200);
    assert_eq!(scene.load(&[&cookie]).await.len(), 1);
    scene.clock.jump(7200 + 9 * 3600);
    assert!(scene.load(&[&cookie]).await.is_empty());
}

#[tokio::test]
async fn an_ended_session_is_refused_by_every_instance() {
    let scene = scene();
    let other_instance = scene.instance(&[1]);
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let session = load(&other_instance, "a.example", &[&cookie]).await.remove(0);
    scene.sessions.end(&session).await.unwrap();
    assert!(load(&other_instance, "a.example", &[&cookie]).await.is_empty());
}

#[tokio::test]
async fn a_value_restored_after_its_absolute_end_is_refused() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let session = scene.load(&[&cookie]).await.remove(0);
    let yesterday = scene.stored(&session).await.unwrap().value;
    scene.sessions.end(&session).await.unwrap();
    scene.clock.pass(HOUR * 8);
    scene
        .store
        .put(&session.reference, yesterday, HOUR)
        .await
        .unwrap();
    assert!(scene.load(&[&cookie]).await.is_empty());
}

#[tokio::test]
async fn a_subject_is_ended_everywhere_and_nobody_else_is() {
    let scene = scene();
    let zoe = [
        scene.log_in(login(&scene, "fc", "zoe")).await,
        scene.log_in(login(&scene, "fc", "zoe")).await,
    ];
    let others = [
        scene.log_in(login(&scene, "fc", "ada")).await,
        scene.log_in(login(&scene, "pro", "zoe")).await,
    ];
    let ended = scene.sessions.end_by_subject(&entry("fc"), &subject("zoe")).await;
    assert_eq!(ended.unwrap(), 2);
    for cookie in &zoe {
        assert!(scene.load(&[cookie]).await.is_empty());
    }
    for cookie in &others {
        assert_eq!(scene.load(&[cookie]).await.len(), 1);
    }
}

#[tokio::test]
async fn a_provider_sid_is_ended_at_its_entry() {
    let scene = scene();
    let zoe = scene.log_in(login(&scene, "fc", "zoe")).await;
    let at_another_entry = scene.log_in(login(&scene, "pro", "zoe")).await;
    let ended = scene.sessions.end_by_sid(&entry("fc"), "sid of zoe").await;
    assert_eq!(ended.unwrap(), 1);
    assert!(scene.load(&[&zoe]).await.is_empty());
    assert_eq!(scene.load(&[&at_another_entry]).await.len(), 1);
    assert_eq!(
        scene.sessions.end_by_sid(&entry("fc"), "nobody").await.unwrap(),
        0
    );
}

#[tokio::test]
async fn a_login_that_was_under_way_when_its_subject_was_ended_is_no_session() {
    let scene = scene();
    for by_sid in [true, false] {
        let under_way = login(&scene, "fc", "zoe");
        scene.clock.pass(MINUTE);
        let ended = if by_sid {
            scene.sessions.end_by_sid(&entry("fc"), "sid of zoe").await
        } else {
            scene.sessions.end_by_subject(&entry("fc"), &subject("zoe")).await
        };
        assert_eq!(ended.unwrap(), 0);
        let refused = scene.sessions.establish(under_way).await;
        assert!(
            matches!(refused, Err(EstablishError::EndedMeanwhile)),
            "{refused:?}"
        );
        assert!(format!("{:?}", scene.store).contains("sessions: 0"));

        scene.clock.pass(Duration::from_secs(1));
        let next = scene.log_in(login(&scene, "fc", "zoe")).await;
        assert_eq!(scene.load(&[&next]).await.len(), 1);
        scene.sessions.end(&scene.load(&[&next]).await[0]).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_login_leaves_the_session_of_before() {
    let scene = scene();
    let before = scene.log_in(login(&scene, "fc", "ada")).await;
    let new = NewSession {
        replaces: scene.load(&[&before]).await,
        ..login(&scene, "fc", "zoe")
    };
    scene
        .sessions
        .end_by_subject(&entry("fc"), &subject("zoe"))
        .await
        .unwrap();
    assert!(scene.sessions.establish(new).await.is_err());
    assert_eq!(scene.load(&[&before]).await.len(), 1);
}

#[tokio::test]
async fn a_rotation_of_the_secret_logs_nobody_out_until_the_old_one_is_gone() {
    let scene = scene();
    let old = scene.log_in(login(&scene, "fc", "zoe")).await;
    let (during, after) = (scene.instance(&[2, 1]), scene.instance(&[2]));
    assert_eq!(load(&during, "a.example", &[&old]).await.len(), 1);
    assert!(load(&after, "a.example", &[&old]).await.is_empty());
    let new = log_in(&during, login(&scene, "fc", "zoe")).await;
    assert_eq!(load(&after, "a.example", &[&new]).await.len(), 1);
    assert!(scene.load(&[&new]).await.is_empty());

    let ended = during
        .end_by_subject(&entry("fc"), &subject("zoe"))
        .await
        .unwrap();
    assert_eq!(ended, 2);
    assert!(load(&during, "a.example", &[&old]).await.is_empty());
    assert!(load(&during, "a.example", &[&new]).await.is_empty());
}

/// During a rotation one instance knows one secret and the other both: neither misses the other's mark.
#[tokio::test]
async fn an_end_by_an_instance_of_before_the_rotation_is_seen_by_one_of_after_it() {
    let scene = scene();
    let under_way = login(&scene, "fc", "zoe");
    scene
        .sessions
        .end_by_subject(&entry("fc"), &subject("zoe"))
        .await
        .unwrap();
    let refused = scene.instance(&[2, 1]).establish(under_way).await;
    assert!(
        matches!(refused, Err(EstablishError::EndedMeanwhile)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_operator_reads_the_note_and_nothing_else() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let session = scene.load(&[&cookie]).await.remove(0);
    let value = scene.stored(&session).await.unwrap().value;
    let keyring = &scene.sessions.keyring;
    let sealed = record::sealed_note(&value).unwrap();
    let note = OperatorNote::open(keyring, "guichet:", &session.reference, sealed).unwrap();
    assert_eq!(note.logged_in_at, session.logged_in_at);
    assert_eq!(
        (note.entry, note.acr.as_str(), note.host.as_str()),
        (session.entry, "eidas1", "a.example")
    );
}

#[tokio::test]
async fn a_session_shows_nobody_in_a_log() {
    let scene = scene();
    let cookie = scene.log_in(login(&scene, "fc", "zoe")).await;
    let session = scene.load(&[&cookie]).await.remove(0);
    let shown = format!(
        "{session:?} {:?} {:?}",
        login(&scene, "fc", "zoe"),
        scene.sessions
    );
    for text in [
        "\"zoe\"",
        "NŒUVÉGLISE",
        "payload",
        cookie.split_once('=').unwrap().1,
    ] {
        assert!(!shown.contains(text), "{text}");
    }
}

fn roster(scene: &Scene) -> Roster {
    let store: Arc<dyn SessionStore> = Arc::<MemoryStore>::clone(&scene.store);
    let keyring = scene.sessions.keyring.clone();
    Roster::new(store, keyring, Arc::<MovedClock>::clone(&scene.clock))
}

async fn listed(roster: &Roster) -> Vec<Listed> {
    let (mut walk, mut all) = (Walk::default(), Vec::new());
    while let Some(some) = roster.more(&mut walk).await.unwrap() {
        all.extend(some);
    }
    all
}

#[tokio::test]
async fn an_operator_sees_every_session_once_and_nobody_in_it() {
    let scene = scene();
    for number in 0..250 {
        scene
            .log_in(login(&scene, "fc", &format!("person {number}")))
            .await;
    }
    // One that another gateway sealed, or one before a rotation that is over.
    log_in(
        &scene.instance(&[9]),
        login(&scene, "fc", "person of another gateway"),
    )
    .await;
    scene.clock.pass(MINUTE * 10);
    let all = listed(&roster(&scene)).await;
    let references: std::collections::HashSet<&Locator> = all.iter().map(|one| &one.reference).collect();
    assert_eq!((all.len(), references.len()), (251, 251));
    let readable: Vec<&Listed> = all.iter().filter(|one| one.note.is_some()).collect();
    assert_eq!(readable.len(), 250);
    let note = readable[0].note.as_ref().unwrap();
    assert_eq!(
        (note.entry.as_str(), note.acr.as_str(), note.host.as_str()),
        ("fc", "eidas1", "a.example")
    );
    assert!(all.iter().all(|one| one.left == MINUTE * 20));
    assert_eq!(
        roster(&scene).show(&all[0].reference).await.unwrap().as_ref(),
        Some(&all[0])
    );
    let shown = format!("{all:?}");
    assert!(!shown.contains("person") && !shown.contains("LE GO"));
}

#[tokio::test]
async fn an_operator_ends_an_entry_with_its_logins_under_way_and_no_other_one() {
    let scene = scene();
    let (fc, pro) = (
        scene.log_in(login(&scene, "fc", "zoe")).await,
        scene.log_in(login(&scene, "pro", "zoe")).await,
    );
    let under_way = [login(&scene, "fc", "ada"), login(&scene, "pro", "ada")];
    assert_eq!(roster(&scene).end_entry(&entry("fc")).await.unwrap(), 1);
    assert_eq!(scene.load(&[&fc]).await.len(), 0);
    assert_eq!(scene.load(&[&pro]).await.len(), 1);
    let [of_fc, of_pro] = under_way;
    let refused = scene.sessions.establish(of_fc).await;
    assert!(
        matches!(refused, Err(EstablishError::EndedMeanwhile)),
        "{refused:?}"
    );
    assert!(scene.sessions.establish(of_pro).await.is_ok());
    scene.clock.pass(Duration::from_secs(1));
    assert!(scene.sessions.establish(login(&scene, "fc", "ada")).await.is_ok());
}

#[tokio::test]
async fn an_operator_ends_everything_also_what_nobody_can_read() {
    let scene = scene();
    scene.log_in(login(&scene, "fc", "zoe")).await;
    scene.log_in(login(&scene, "pro", "zoe")).await;
    log_in(&scene.instance(&[9]), login(&scene, "fc", "zoe")).await;
    // Sealed under the secret that is to come: an instance that rotated already.
    let under_way = login(&scene, "fc", "ada");
    let rotated = scene.instance(&[2, 1]);
    assert_eq!(roster(&scene).end_everything().await.unwrap(), 3);
    assert!(format!("{:?}", scene.store).contains("sessions: 0"));
    let refused = rotated.establish(under_way).await;
    assert!(
        matches!(refused, Err(EstablishError::EndedMeanwhile)),
        "{refused:?}"
    );
    assert!(listed(&roster(&scene)).await.is_empty());
}

#[tokio::test]
async fn an_operator_ends_the_sessions_with_these_references() {
    let scene = scene();
    let (one, other) = (
        scene.log_in(login(&scene, "fc", "zoe")).await,
        scene.log_in(login(&scene, "fc", "zoe")).await,
    );
    let reference = scene.load(&[&one]).await[0].reference.clone();
    let none = SessionKey::generate().unwrap().locator().unwrap();
    let both = [reference.clone(), none];
    assert_eq!(roster(&scene).end(&both).await.unwrap(), 1);
    assert_eq!(roster(&scene).show(&reference).await.unwrap(), None);
    assert_eq!(scene.load(&[&one]).await.len(), 0);
    assert_eq!(scene.load(&[&other]).await.len(), 1);
}
