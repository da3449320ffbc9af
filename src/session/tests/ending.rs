//! When a session is over, and who ends it.

use std::time::Duration;

use crate::clock::Clock;
use crate::session::conformance::bench::put;
use crate::session::establish_error::EstablishError;
use crate::session::session::NewSession;
use crate::session::tests::scene::HOUR;
use crate::session::tests::scene::MINUTE;
use crate::session::tests::scene::entry;
use crate::session::tests::scene::load;
use crate::session::tests::scene::log_in;
use crate::session::tests::scene::login;
use crate::session::tests::scene::scene;
use crate::session::tests::scene::subject;

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
    put(&*scene.store, &session.reference, &yesterday, HOUR)
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
