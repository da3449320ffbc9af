//! Redis dies under load and comes back: nobody passes meanwhile, and nobody who was signed in is lost.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::exchange;
use crate::support::redis::Durability;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::scene::Scene;
use crate::support::steps::cookie_field;

/// How many signed-in clients ask all the time.
const CLIENTS: usize = 6;

struct Load<'a> {
    scene: &'a Scene,
    over: AtomicBool,
    passed: AtomicUsize,
    refused: AtomicUsize,
}

impl Load<'_> {
    fn ask(&self, path: &str, cookie: &str) -> u16 {
        let port = self.scene.gateway.place().port();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(self.scene.gateway.address(), request);
        if answer.status == 503 {
            assert!(answer.field("retry-after").is_some(), "{}", answer.text());
        }
        answer.status
    }

    /// Asks until the load is over; a person who is signed in gets their page or is asked to come back, nothing else.
    fn go_on(&self, cookie: &str) {
        while !self.over.load(Ordering::Relaxed) {
            match self.ask("/dossier", cookie) {
                200 => self.passed.fetch_add(1, Ordering::Relaxed),
                503 => self.refused.fetch_add(1, Ordering::Relaxed),
                other => {
                    self.over.store(true, Ordering::Relaxed);
                    panic!("{other} for somebody who is signed in");
                }
            };
        }
    }

    fn wait_for(&self, what: impl Fn(&Self) -> bool) {
        while !what(self) {
            assert!(
                !self.over.load(Ordering::Relaxed),
                "the load ended before its time"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The cookies of a person who signed in.
fn somebody(scene: &Scene) -> String {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    cookie_field(&browser)
}

#[test]
fn a_redis_that_dies_under_load_lets_nobody_pass_and_loses_nobody() {
    let redis = Redis::start_with(Options {
        durability: Durability::AppendOnlyEverySync,
        ..Options::default()
    });
    let mut scene = Scene::start_on(Some(redis), Alg::Es256, |_, usual| usual);
    let cookies: Vec<String> = (0..CLIENTS).map(|_| somebody(&scene)).collect();
    let mut redis = scene.redis.take().unwrap();
    let load = Load {
        scene: &scene,
        over: AtomicBool::new(false),
        passed: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
    };
    thread::scope(|scope| {
        for cookie in &cookies {
            scope.spawn(|| load.go_on(cookie));
        }
        load.wait_for(|load| load.passed.load(Ordering::Relaxed) > 50);
        redis.kill();
        load.wait_for(|load| load.refused.load(Ordering::Relaxed) > 20);

        // Everything that began before the death has ended by now: from here on nobody passes.
        let passed = load.passed.load(Ordering::Relaxed);
        assert_eq!(load.ask("/dossier", &cookies[0]), 503);
        assert_eq!(
            load.ask("/optional", &cookies[0]),
            503,
            "a cookie that nobody can look up is not nobody"
        );
        assert_eq!(
            load.ask("/public", &cookies[0]),
            200,
            "a public page needs no session"
        );
        assert_eq!(
            load.ask("/dossier", "theme=dark"),
            303,
            "without a cookie there is nothing to look up"
        );
        assert_eq!(
            load.ask("/dossier", "guichet-session-fc=AAAA"),
            303,
            "what cannot be a key is none"
        );
        assert_eq!(
            load.passed.load(Ordering::Relaxed),
            passed,
            "somebody passed without a store"
        );

        redis.resume();
        let passed = load.passed.load(Ordering::Relaxed);
        load.wait_for(|load| load.passed.load(Ordering::Relaxed) > passed + 50);
        load.over.store(true, Ordering::Relaxed);
    });
    for cookie in &cookies {
        assert_eq!(load.ask("/dossier", cookie), 200, "somebody was lost");
    }
}

#[test]
fn a_login_while_redis_is_away_spends_nothing() {
    let mut scene = Scene::start(Alg::Es256, crate::support::scene::Store::Redis);
    let browser = Browser::new();
    let callback = crate::support::steps::to_the_callback(&scene, &browser, "/dossier");
    let mut redis = scene.redis.take().unwrap();
    redis.kill();
    let away = browser.open(&callback);
    assert_eq!(away.status(), 503);
    assert!(away.answer.field("retry-after").is_some());
    assert_eq!(
        scene.provider.requests_to("/token").len(),
        0,
        "the code is not spent"
    );
    redis.resume();
    let page = (0..50).find_map(|_| {
        thread::sleep(Duration::from_millis(50));
        Some(browser.open(&callback)).filter(|page| page.status() == 200)
    });
    assert_eq!(page.unwrap().url, scene.url("/dossier"));
}
