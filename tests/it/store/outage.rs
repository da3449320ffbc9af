//! Redis away, slow, or saying something else: nobody passes, nothing is spent, public pages go on, and it ends by itself.

use std::time::Duration;

use tokio::time::Instant;

use super::people::WITH;
use super::people::key_of;
use super::people::signed_in;
use crate::cases;
use crate::journey::stage::Stage;
use crate::session_store;
use crate::session_store::bench::on_a_runtime;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::redis::Durability;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::redis::liar::Liar;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T340"],
            sentence: "without Redis no login, callback or logout says that it succeeded, and nothing is spent",
            plays: redis_is_down,
        },
        Play {
            ids: &["T341"],
            sentence: "a Redis that hangs costs each request half a second, stops no public page, and recovers",
            plays: redis_hangs,
        },
        Play {
            ids: &["T342"],
            sentence: "an error of Redis is 503, never a login page, and its log names no key",
            plays: redis_refuses,
        },
        Play {
            ids: &["T343"],
            sentence: "a key that is missing is a login, a connection that ends is 503",
            plays: a_miss_and_an_error,
        },
        Play {
            ids: &["T361"],
            sentence: "a certificate that nobody vouches for, or a password that is missing, lets nobody in",
            plays: credentials,
        },
        Play {
            ids: &["T362"],
            sentence: "two gigabytes announced, ten thousand lists, other types: a failure, and soon",
            plays: || on_a_runtime(session_store::refusal::an_answer_that_the_command_cannot_mean_is_no_miss()),
        },
    ]
}

/// What everybody gets who needs a session, and nothing else.
fn is_unavailable(stage: &Stage, page: &Page) {
    assert_eq!(
        (page.status(), page.hops.len()),
        (503, 1),
        "{}: {}",
        page.url,
        page.text()
    );
    assert!(page.answer.field("retry-after").is_some());
    assert!(
        page.answer.fields("set-cookie").is_empty(),
        "{:?}",
        page.answer.fields
    );
    assert!(
        page.text()
            .contains("Les connexions ne peuvent pas être vérifiées"),
        "{}",
        page.text()
    );
    assert_eq!(stage.scene.application.byte_count(), 0);
}

fn redis_is_down() {
    let redis = Redis::start_with(Options {
        durability: Durability::AppendOnlyEverySync,
        ..Options::default()
    });
    let mut stage = Stage::start_on(WITH, Some(redis), |_, text| text);
    let (zoe, late) = (Browser::new(), Browser::new());
    stage.sign_in(&zoe, "/");
    let code = stage.obtains_a_code(&late, &stage.scene.to_the_provider(&late, "/ensuite"));
    let question = zoe.open(&stage.scene.url("/_guichet/logout"));
    let token_requests = stage.token_requests();
    stage.scene.application.forget();
    stage.scene.redis.as_mut().unwrap().kill();

    is_unavailable(&stage, &zoe.open(&stage.scene.url("/")));
    is_unavailable(
        &stage,
        &zoe.open(&stage.scene.url("/_guichet/login/fc?return_to=/")),
    );
    is_unavailable(&stage, &late.follow(&code));
    is_unavailable(&stage, &zoe.open(&stage.scene.url("/_guichet/logout")));
    is_unavailable(
        &stage,
        &zoe.submit(&question, &question.form("/_guichet/logout"), &[]),
    );
    assert_eq!(stage.token_requests(), token_requests);
    let public = Browser::new().open(&stage.scene.url("/public"));
    assert_eq!(
        (public.status(), stage.scene.application.received().len()),
        (200, 1)
    );

    stage.scene.redis.as_mut().unwrap().resume();
    stage.is_signed_in_soon(&zoe);
    assert_eq!(late.follow(&code).url, stage.scene.url("/ensuite"));
    assert_eq!(stage.token_requests(), token_requests + 1);
    stage.signs_out(&zoe);
    assert!(!stage.is_signed_in(&zoe));
}

fn redis_hangs() {
    let (stage, zoe) = signed_in();
    stage.scene.application.forget();
    stage.redis().pause();
    let began = Instant::now();
    is_unavailable(&stage, &zoe.open(&stage.scene.url("/")));
    let waited = began.elapsed();
    assert!(
        (Duration::from_millis(400)..Duration::from_secs(2)).contains(&waited),
        "{waited:?}"
    );
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| zoe.open(&stage.scene.url("/")).status()))
            .collect();
        let began = Instant::now();
        assert_eq!(Browser::new().open(&stage.scene.url("/public")).status(), 200);
        assert!(
            began.elapsed() < Duration::from_millis(400),
            "a public page waited"
        );
        for one in waiting {
            assert_eq!(one.join().unwrap(), 503);
        }
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "they waited for each other"
        );
    });
    stage.redis().unpause();
    stage.is_signed_in_soon(&zoe);
}

/// A stage whose Redis is behind somebody who lies.
pub(crate) fn behind_a_liar() -> (Stage, Liar, Browser) {
    let redis = Redis::start();
    let liar = Liar::before(&redis);
    let stage = Stage::start_on(WITH, Some(redis), |place, text| {
        place.secret("redis_url", &liar.url());
        text
    });
    let zoe = Browser::new();
    stage.sign_in(&zoe, "/");
    (stage, liar, zoe)
}

fn redis_refuses() {
    let (stage, liar, zoe) = behind_a_liar();
    let (cookie, key) = (Stage::session_cookie(&zoe).unwrap(), key_of(&zoe));
    let locator = key.locator().unwrap();
    for error in [
        "LOADING Redis is loading the dataset in memory",
        "READONLY You can't write against a read only replica.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "NOAUTH Authentication required.",
        "MOVED 3999 127.0.0.1:6381",
    ] {
        stage.scene.application.forget();
        stage.scene.gateway.logs().forget();
        liar.says(format!("-{error}\r\n-{error}\r\n"));
        is_unavailable(&stage, &zoe.open(&stage.scene.url("/")));
        assert!(liar.has_lied());
        let code = error.split(' ').next().unwrap();
        assert!(
            !stage.scene.gateway.logs().lines_with(code).is_empty(),
            "{code} is not in the log"
        );
        let log = stage.scene.gateway.logs().text();
        assert!(!log.contains(locator.as_str()) && !log.contains(&cookie), "{log}");
        stage.is_signed_in_soon(&zoe);
    }
}

fn a_miss_and_an_error() {
    let (stage, liar, zoe) = behind_a_liar();
    stage.scene.application.forget();
    liar.says("$-1\r\n:-2\r\n");
    let page = zoe.open_once(&stage.scene.url("/dossier"));
    assert_eq!((page.status(), liar.has_lied()), (303, true));
    assert_eq!(
        page.answer.field("location").unwrap(),
        "/_guichet/login?return_to=/dossier"
    );
    assert_eq!(stage.scene.application.byte_count(), 0);
    liar.hangs_up();
    is_unavailable(&stage, &zoe.open(&stage.scene.url("/dossier")));
    stage.is_signed_in_soon(&zoe);
}

fn credentials() {
    session_store::outage::redis_over_tls_is_verified();
    on_a_runtime(
        session_store::refusal::a_password_that_is_missing_or_wrong_is_a_failure_and_mended_without_a_restart(
        ),
    );
    let redis = Redis::start_with(Options {
        access: Some("~guichet:* +@all".to_owned()),
        ..Options::default()
    });
    let url = redis.url().replace("only-for-tests", "an-old-password");
    let stage = Stage::start_on(WITH, Some(redis), |place, text| {
        place.secret("redis_url", &url);
        text
    });
    let browser = Browser::new();
    let code = stage.obtains_a_code(&browser, &stage.scene.to_the_provider(&browser, "/"));
    is_unavailable(&stage, &browser.follow(&code));
    assert_eq!(stage.token_requests(), 0);
    assert!(!stage.scene.gateway.logs().text().contains("an-old-password"));
}
