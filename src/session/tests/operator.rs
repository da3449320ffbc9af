//! What an operator sees of sessions and does to them; what a log shows.

use std::sync::Arc;
use std::time::Duration;

use crate::session::conformance::bench::MovedClock;
use crate::session::establish_error::EstablishError;
use crate::session::key::Locator;
use crate::session::key::SessionKey;
use crate::session::memory::MemoryStore;
use crate::session::note::OperatorNote;
use crate::session::record;
use crate::session::roster::Listed;
use crate::session::roster::Roster;
use crate::session::roster::Walk;
use crate::session::store::SessionStore;
use crate::session::tests::scene::MINUTE;
use crate::session::tests::scene::Scene;
use crate::session::tests::scene::entry;
use crate::session::tests::scene::log_in;
use crate::session::tests::scene::login;
use crate::session::tests::scene::scene;

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
