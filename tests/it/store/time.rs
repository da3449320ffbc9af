//! How long things live: every key has an end, idle time and the absolute end are kept, clocks that jump revive nobody.

use std::time::Duration;

use guichet::clock::Clock;
use serde_json::json;

use super::people::WITH;
use super::people::signed_in;
use crate::cases;
use crate::journey::stage::Stage;
use crate::support::browser::Browser;
use crate::support::jws::claims;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::wait::until;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T356"],
            sentence: "after each step of a login and a logout every key in Redis has an end, at most eight hours away",
            plays: every_key_has_an_end,
        },
        Play {
            ids: &["T366"],
            sentence: "a clock two hours behind prolongs nobody, one ahead ends nobody early, and neither lets a login pass",
            plays: clocks_jump,
        },
        Play {
            ids: &["T368"],
            sentence: "activity every minute for thirteen hours ends after eight; silence ends after thirty minutes",
            plays: both_limits,
        },
    ]
}

const HOUR: Duration = Duration::from_hours(1);

fn every_key_has_an_end() {
    let stage = Stage::start(WITH, Store::Redis);
    let browser = Browser::new();
    let ends = |wanted: &[&str]| {
        let mut kinds = Vec::new();
        for stored in stage.redis().dump() {
            let key = String::from_utf8(stored.key).unwrap();
            let left = stored.left.unwrap_or_else(|| panic!("{key} has no end"));
            assert!(left > Duration::ZERO && left <= HOUR * 8, "{key}: {left:?}");
            kinds.push(key.split(':').nth(1).unwrap().to_owned());
        }
        kinds.dedup();
        assert_eq!(kinds, wanted);
    };
    let code = stage.obtains_a_code(&browser, &stage.scene.to_the_provider(&browser, "/"));
    ends(&[]);
    browser.follow(&code);
    ends(&["attempt", "index", "outcome", "session"]);
    stage.is_signed_in(&browser);
    browser.follow(&code);
    ends(&["attempt", "index", "outcome", "session"]);
    stage.signs_out(&browser);
    ends(&["attempt", "index", "outcome"]);
    stage.redis().advance(HOUR * 8);
    ends(&[]);
}

fn clocks_jump() {
    an_assertion_is_of_the_present();
    a_failure_of_the_future_is_forgotten();
    let (stage, browser) = signed_in();
    let clock = stage.scene.gateway.clock();
    let present = clock.now();
    for other in [
        present.minus(HOUR * 2),
        present.plus(HOUR * 2),
        present.plus(Duration::from_secs(1)),
    ] {
        clock.set(other);
        assert!(stage.is_signed_in(&browser), "{other}");
    }
    clock.set(present.plus(HOUR * 9));
    assert!(!stage.is_signed_in(&browser), "past the absolute end");
    for other in [present.minus(HOUR * 2), present.plus(HOUR * 2)] {
        clock.set(other);
        let newcomer = Browser::new();
        let page = stage.sign_in(&newcomer, "/");
        assert!(page.status() >= 400, "{}", page.text());
        assert_eq!(Stage::session_cookie(&newcomer), None);
        clock.set(present);
    }
    // Idle time is what Redis counts, whatever our clock says.
    clock.set(present.minus(HOUR * 2));
    stage.redis().advance(Duration::from_mins(31));
    assert!(!stage.is_signed_in(&browser), "an idle session outlived its time");
}

/// What was signed while the clock was ahead is not told once it is right again: no application would take it.
fn an_assertion_is_of_the_present() {
    let (stage, browser) = signed_in();
    let clock = stage.scene.gateway.clock();
    let present = clock.now();
    for now in [present.plus(HOUR * 2), present] {
        clock.set(now);
        assert!(stage.is_signed_in(&browser));
        let token = stage
            .scene
            .application
            .only()
            .values("x-guichet-assertion")
            .swap_remove(0);
        let claims = claims(&token);
        let (from, until) = (claims["nbf"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert!((from..until).contains(&now.as_unix()), "{claims} at {now}");
    }
}

/// A provider that failed while the clock was ahead is asked again as soon as any other: in two seconds that pass, not in two
/// hours that the clock claims.
fn a_failure_of_the_future_is_forgotten() {
    let stage = Stage::start(WITH, Store::Memory);
    let clock = stage.scene.gateway.clock();
    let present = clock.now();
    clock.set(present.plus(HOUR * 2));
    stage
        .scene
        .provider
        .lie(&json!({ "target": "discovery", "status": 500 }));
    let browser = Browser::new();
    let login = stage.scene.url("/_guichet/login/fc?return_to=/");
    let page = browser.open(&login);
    assert!(page.status() >= 500, "{}", page.text());
    clock.set(present);
    until("it is asked again", || {
        browser.open(&login).url.starts_with(stage.issuer())
    });
}

fn both_limits() {
    let stage = Stage::start(WITH, Store::Memory);
    let browser = Browser::new();
    stage.sign_in(&browser, "/");
    let mut passed = 0;
    for minute in 1..=13 * 60 {
        stage.scene.advance(&browser, Duration::from_mins(1));
        if stage.is_signed_in(&browser) {
            passed = minute;
        }
    }
    assert_eq!(passed, 8 * 60 - 1);
    let (stage, browser) = signed_in();
    stage.scene.advance(&browser, Duration::from_mins(31));
    assert!(!stage.is_signed_in(&browser));
}
