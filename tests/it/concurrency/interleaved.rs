//! Logins, logouts, logout tokens and time in any order: whom the application is told is whom the provider named for the
//! session that this browser holds, and an ended session is nobody's.

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest::test_runner::RngAlgorithm;
use proptest::test_runner::TestRng;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::cases;
use crate::logout::stage;
use crate::support::browser::Browser;
use crate::support::jws::claims;
use crate::support::scene::ASSERTION;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::steps::raw;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T473"],
            sentence: "of three people in two browsers each page gets the one whom the provider named there, in any order of events",
            plays: any_order,
        },
    ]
}

const PEOPLE: usize = 3;
const BROWSERS: usize = 2;
const IDLE: Duration = Duration::from_mins(30);
const ABSOLUTE: Duration = Duration::from_hours(8);
/// A code of the provider lives for half a minute.
const CODE_LIVES: Duration = Duration::from_secs(25);

/// Something that happens. What a number means, if there is no such thing, is nothing.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Somebody signs in at the provider; their browser has not come back yet.
    Starts { browser: usize, person: usize },
    /// A browser comes with one of the answers so far, perhaps of the other browser, perhaps a second time.
    ComesBack { browser: usize, answer: usize },
    /// A browser signs out, and its cookie stays.
    SignsOut { browser: usize },
    /// The provider says that every session of somebody has ended.
    EndsPerson { person: usize },
    /// It says so of one session.
    EndsSession { session: usize },
    /// Time goes by.
    Passes { seconds: u64 },
}

fn event() -> impl Strategy<Value = Event> {
    let browser = || 0..BROWSERS;
    prop_oneof![
        4 => (browser(), 0..PEOPLE).prop_map(|(browser, person)| Event::Starts { browser, person }),
        6 => (browser(), 0..6_usize).prop_map(|(browser, answer)| Event::ComesBack { browser, answer }),
        1 => browser().prop_map(|browser| Event::SignsOut { browser }),
        1 => (0..PEOPLE).prop_map(|person| Event::EndsPerson { person }),
        1 => (0..4_usize).prop_map(|session| Event::EndsSession { session }),
        2 => prop_oneof![Just(3), Just(70), Just(29 * 60), Just(31 * 60), Just(4 * 3600)]
            .prop_map(|seconds| Event::Passes { seconds }),
    ]
}

/// An answer of the provider, with a code.
struct Answer {
    url: String,
    browser: usize,
    person: usize,
    began: Duration,
    used: bool,
}

/// A session that a login made.
#[derive(Clone)]
struct Live {
    cookie: String,
    person: usize,
    sid: String,
    began: Duration,
    /// From when its idle time counts.
    touched: Duration,
}

/// What is expected of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Person(usize),
    Nobody,
    /// Within seconds of the end of a session.
    Either,
}

struct World {
    scene: Scene,
    browsers: Vec<Browser>,
    answers: Vec<Answer>,
    live: Vec<Option<Live>>,
    now: Duration,
    names: usize,
    let_in: usize,
}

impl World {
    fn new() -> Self {
        Self {
            scene: stage::start(),
            browsers: (0..BROWSERS).map(|_| Browser::new()).collect(),
            answers: Vec::new(),
            live: vec![None; BROWSERS],
            now: Duration::ZERO,
            names: 0,
            let_in: 0,
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Starts { browser, person } => self.starts(browser, person),
            Event::ComesBack { browser, answer } => self.comes_back(browser, answer),
            Event::SignsOut { browser } => self.signs_out(browser),
            Event::EndsPerson { person } => {
                let token = stage::token_by_sub(&self.scene, person);
                stage::is_done(&self.scene, &stage::sent(&self.scene, &token));
                self.end(|live| live.person == person);
            }
            Event::EndsSession { session } => {
                let sid = format!("s{}", self.names.saturating_sub(session));
                let token = stage::token(&self.scene, &json!({ "sid": sid }));
                stage::is_done(&self.scene, &stage::sent(&self.scene, &token));
                self.end(|live| live.sid == sid);
            }
            Event::Passes { seconds } => self.passes(Duration::from_secs(seconds)),
        }
    }

    /// In the second of an end no login begins anew.
    fn end(&mut self, is_meant: impl Fn(&Live) -> bool) {
        for live in &mut self.live {
            live.take_if(|live| is_meant(live));
        }
        self.passes(Duration::from_secs(2));
    }

    fn passes(&mut self, time: Duration) {
        self.now += time;
        self.scene.gateway.clock().advance(time);
        self.scene.redis().advance(time);
        for browser in &self.browsers {
            browser.advance(time);
        }
        self.scene.provider.clock_ahead(self.now);
    }

    /// A browser with a session is led on instead, and one with many attempts would lose the oldest.
    fn starts(&mut self, browser: usize, person: usize) {
        let held = self.browsers[browser].cookie_names("localhost");
        let attempts = held.iter().filter(|name| name.starts_with("guichet-login-"));
        if self.live[browser].is_some() || attempts.count() >= 3 {
            return;
        }
        // The provider keeps one person a browser, and takes no code of the one before: it forgets this browser.
        let provider = self.scene.provider.issuer();
        for name in self.browsers[browser].cookie_names("127.0.0.1") {
            self.browsers[browser].plant(provider, &format!("{name}=; Path=/; Max-Age=0"));
        }
        let url = to_the_callback(&self.scene, &self.browsers[browser], "/dossier", person);
        self.answers.push(Answer {
            url,
            browser,
            person,
            began: self.now,
            used: false,
        });
    }

    fn comes_back(&mut self, browser: usize, answer: usize) {
        let Some(answer) = self.answers.iter_mut().rev().nth(answer) else {
            return;
        };
        self.names += 1;
        let sid = format!("s{}", self.names);
        // What a login before this one did not use up.
        self.scene.provider.reset();
        self.scene.provider.clock_ahead(self.now);
        self.scene
            .provider
            .lie(&json!({ "target": "id_token", "payload": [{ "set": "sid", "to": sid }] }));
        let before = self.browsers[browser].cookie("localhost", SESSION);
        self.browsers[browser].open_once(&answer.url);
        let after = self.browsers[browser].cookie("localhost", SESSION);
        let counts = answer.browser == browser && !answer.used;
        if counts && self.now.saturating_sub(answer.began) < CODE_LIVES {
            assert_ne!(after, before, "{}", self.scene.gateway.logs().text());
        }
        if !counts {
            assert_eq!(
                after, before,
                "an answer of somebody else, or of before, changes nothing"
            );
            return;
        }
        answer.used = true;
        if let Some(cookie) = after.filter(|after| Some(after) != before.as_ref()) {
            let new = Live {
                cookie,
                person: answer.person,
                sid,
                began: self.now,
                touched: self.now,
            };
            if let Some(old) = self.live[browser].replace(new) {
                let line = format!("Cookie: {SESSION}={}\r\n", old.cookie);
                assert_eq!(
                    self.scene.ask("/again", &line).status,
                    303,
                    "one session at a time"
                );
            }
        }
    }

    fn signs_out(&mut self, browser: usize) {
        let fields = "Sec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n";
        let answer = raw(
            &self.scene,
            &self.browsers[browser],
            ("POST", "/_guichet/logout"),
            fields,
        );
        assert!([200, 303].contains(&answer.status), "{}", answer.text());
        self.live[browser] = None;
    }

    fn due(&self, browser: usize) -> Due {
        let Some(live) = &self.live[browser] else {
            return Due::Nobody;
        };
        // The test takes some seconds of its own.
        let slack = Duration::from_secs(30);
        let (idle, old) = (
            self.now.saturating_sub(live.touched),
            self.now.saturating_sub(live.began),
        );
        if idle + slack < IDLE && old + slack < ABSOLUTE {
            Due::Person(live.person)
        } else if idle > IDLE + slack || old > ABSOLUTE + slack {
            Due::Nobody
        } else {
            Due::Either
        }
    }

    /// Each browser asks, twice: what prolongs a session is not waited for, and is done before the second answer.
    fn tells_the_truth(&mut self) {
        for browser in 0..BROWSERS {
            let due = self.due(browser);
            for _ in 0..2 {
                self.asks(browser, due);
            }
            match (due, &mut self.live[browser]) {
                // A touch is worth writing after a minute.
                (Due::Person(_), Some(live))
                    if self.now.saturating_sub(live.touched) > Duration::from_secs(90) =>
                {
                    live.touched = self.now;
                }
                (Due::Person(_), _) => {}
                (Due::Nobody, live) => *live = None,
                (Due::Either, _) => self.signs_out(browser),
            }
        }
    }

    fn asks(&mut self, browser: usize, due: Due) {
        self.scene.application.forget();
        let answer = raw(&self.scene, &self.browsers[browser], ("GET", "/again"), "");
        if due == Due::Nobody {
            assert_eq!(answer.status, 303);
            assert_eq!(self.scene.application.byte_count(), 0);
        }
        let received = self.scene.application.received();
        let told: Vec<_> = received
            .iter()
            .map(|one| claims(&one.values(ASSERTION)[0])["sub"].clone())
            .collect();
        if let Due::Person(person) = due {
            assert_eq!(
                told,
                [json!(stage::sub(person))],
                "{}",
                self.scene.gateway.logs().text()
            );
            let live = self.live[browser].as_ref().unwrap();
            assert_eq!(
                self.browsers[browser].cookie("localhost", SESSION).as_ref(),
                Some(&live.cookie)
            );
            self.let_in += 1;
        }
    }
}

fn any_order() {
    let config = Config {
        cases: 6,
        max_shrink_iters: 12,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let let_in = Cell::new(0);
    let sequences = prop::collection::vec(event(), 60);
    TestRunner::new_with_rng(config, random)
        .run(&sequences, |events| {
            let mut world = World::new();
            for event in events {
                world.happens(event);
                world.tells_the_truth();
            }
            let_in.set(let_in.get() + world.let_in);
            Ok(())
        })
        .unwrap();
    assert!(let_in.get() > 100, "{let_in:?}: hardly anybody was signed in");
}
