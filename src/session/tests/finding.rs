//! A session is found by whoever holds its key, at its place, and by nobody else.

use std::sync::Arc;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::secret::Secret;
use crate::session::conformance::bench::MovedClock;
use crate::session::conformance::bench::put;
use crate::session::key::SessionKey;
use crate::session::memory::MemoryStore;
use crate::session::redis::RedisStore;
use crate::session::session::NewSession;
use crate::session::store::StoreError;
use crate::session::tests::scene::HOUR;
use crate::session::tests::scene::ISSUER;
use crate::session::tests::scene::MINUTE;
use crate::session::tests::scene::at;
use crate::session::tests::scene::cookies;
use crate::session::tests::scene::entry;
use crate::session::tests::scene::host;
use crate::session::tests::scene::load;
use crate::session::tests::scene::login;
use crate::session::tests::scene::over;
use crate::session::tests::scene::scene;
use crate::session::tests::scene::terms;

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
    assert_eq!(session.id_token.token(), Some(new.id_token));
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
    let sid = session.sid().unwrap();
    assert_ne!(sid, key);
    assert_ne!(session.reference.as_str(), key);
    assert_ne!(session.reference.as_str(), sid);
    assert!(SessionKey::parse(&sid).is_none());
    let as_cookie = format!("__Host-guichet-session-fc={}", session.reference);
    assert!(scene.load(&[&as_cookie]).await.is_empty());
    assert_eq!(scene.load(&[&cookie]).await[0].sid().unwrap(), sid);
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
    put(&*neighbour, &session.reference, &value, HOUR).await.unwrap();
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
    put(&*scene.store, &of_zoe.reference, &value_of_ada.value, HOUR)
        .await
        .unwrap();
    put(&*scene.store, &of_ada.reference, &value_of_zoe.value, HOUR)
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
        put(&*scene.store, &session.reference, &value, HOUR)
            .await
            .unwrap();
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
