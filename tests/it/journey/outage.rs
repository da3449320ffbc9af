//! Redis is killed and comes back while people work.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use super::stage::Stage;
use super::stage::With;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::people;
use crate::support::redis::Durability;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::wait::until;

const PEOPLE: usize = 12;
const STRANGERS: usize = 4;

/// What came of the requests of everybody.
#[derive(Debug, Default)]
struct Counts {
    passed: AtomicUsize,
    refused: AtomicUsize,
    public: AtomicUsize,
}

impl Counts {
    fn wait_for(counter: &AtomicUsize, more: usize) {
        let wanted = counter.load(Ordering::SeqCst) + more;
        until("something happens", || counter.load(Ordering::SeqCst) >= wanted);
    }
}

/// Everybody goes home when it goes out of scope, also when somebody fails.
struct Shift<'a>(&'a AtomicBool);

impl Drop for Shift<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A person who is signed in: the application, or 503 with a time to come back, and never a login.
fn works(stage: &Stage, browser: &Browser, sub: &str, counts: &Counts, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        let page = browser.open_once(&stage.scene.url(&format!("/of/{sub}")));
        match page.status() {
            200 => counts.passed.fetch_add(1, Ordering::SeqCst),
            503 => {
                assert!(page.answer.field("retry-after").is_some());
                counts.refused.fetch_add(1, Ordering::SeqCst)
            }
            other => panic!("{sub} got {other}: {:?}", page.answer.fields),
        };
    }
}

/// Nobody with an invented cookie passes; a public page is there for everybody.
fn looks_around(stage: &Stage, counts: &Counts, stop: &AtomicBool) {
    let forged = Browser::new();
    let cookie = format!("guichet-session-fc={}; Path=/", "A".repeat(43));
    forged.plant(&stage.scene.url("/"), &cookie);
    while !stop.load(Ordering::SeqCst) {
        let status = forged.open_once(&stage.scene.url("/of/nobody")).status();
        assert!([303, 503].contains(&status), "{status}");
        assert_eq!(
            Browser::new().open_once(&stage.scene.url("/of/nobody")).status(),
            303
        );
        assert_eq!(
            Browser::new().open_once(&stage.scene.url("/public")).status(),
            200
        );
        counts.public.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_redis_that_is_killed_under_load_lets_nobody_pass_and_loses_nobody() {
    let redis = Redis::start_with(Options {
        durability: Durability::AppendOnlyEverySync,
        ..Options::default()
    });
    let mut stage = Stage::start_on(With::OidcProvider(Alg::Es256), Some(redis), |_, text| text);
    let mut redis = stage.scene.redis.take().unwrap();
    let all = people();
    let browsers: Vec<(Browser, &str)> = (0..PEOPLE)
        .map(|number| {
            let (browser, person) = (Browser::new(), number % all.len());
            let page = stage.scene.to_the_provider(&browser, "/");
            stage.scene.provider.sign_in(&browser, &page, person);
            (browser, all[person]["sub"].as_str().unwrap())
        })
        .collect();
    let (counts, stop) = (Counts::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (stage, counts, stop) = (&stage, &counts, &stop);
        let shift = Shift(stop);
        for (browser, sub) in &browsers {
            scope.spawn(move || works(stage, browser, sub, counts, stop));
        }
        for _ in 0..STRANGERS {
            scope.spawn(move || looks_around(stage, counts, stop));
        }
        for _ in 0..2 {
            Counts::wait_for(&counts.passed, 50);
            redis.kill();
            // What was under way when it died.
            Counts::wait_for(&counts.refused, PEOPLE * 2);
            let passed = counts.passed.load(Ordering::SeqCst);
            Counts::wait_for(&counts.refused, 30);
            Counts::wait_for(&counts.public, 10);
            assert_eq!(
                counts.passed.load(Ordering::SeqCst),
                passed,
                "somebody passed without Redis"
            );
            redis.resume();
            Counts::wait_for(&counts.passed, 50);
        }
        drop(shift);
    });
    for (browser, sub) in &browsers {
        let page = browser.open(&stage.scene.url("/of/me"));
        assert_eq!((page.status(), page.hops.len()), (200, 1), "{sub} was lost");
    }
    for received in stage.scene.application.received() {
        let line = received.request_line();
        assert!(!line.contains("/of/nobody"), "{line}");
        if let Some(sub) = line
            .strip_prefix("GET /of/")
            .and_then(|rest| rest.split(' ').next())
            .filter(|sub| *sub != "me")
        {
            assert_eq!(received.values("x-guichet-sub"), [sub]);
        }
    }
}
