//! Several instances over one Redis, several tabs of one browser, and requests that meet at the end of a session.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::cases;
use crate::logout::stage;
use crate::support::browser::Browser;
use crate::support::gateway::TestGateway;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::scene::ASSERTION;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::steps::raw;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T461"],
            sentence: "a login that began at one instance ends at another, once: also where both get the answer at the same time",
            plays: two_instances,
        },
        Play {
            ids: &["T462"],
            sentence: "fifty tabs that open at once are fifty ways to one session, and no loop",
            plays: fifty_tabs,
        },
        Play {
            ids: &["T463"],
            sentence: "a refresh token that nobody asked for is not used: ten requests at the end of a session all lead to the login",
            plays: the_end_of_a_session,
        },
    ]
}

/// The path and the query of an address.
fn target(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap();
    rest.split_at(rest.find('/').unwrap()).1
}

/// The cookie of a session that this answer sets.
fn session_in(answer: &Answer) -> String {
    let set = answer.fields("set-cookie");
    let begins = format!("{SESSION}=");
    let session = set.iter().find_map(|set| set.strip_prefix(begins.as_str()));
    let value = session.and_then(|set| set.split(';').next());
    value
        .unwrap_or_else(|| panic!("no session among {set:?}"))
        .to_owned()
}

struct Pair {
    scene: Scene,
    second: TestGateway,
}

impl Pair {
    fn start() -> Self {
        let scene = stage::start();
        let second = stage::second_instance(&scene);
        Self { scene, second }
    }

    fn both(&self) -> [SocketAddr; 2] {
        [self.scene.gateway.address(), self.second.address()]
    }

    fn ask(&self, instance: SocketAddr, path: &str, cookies: &str) -> Answer {
        let host = self.scene.host();
        exchange(
            instance,
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n"),
        )
    }

    /// Both let this session in, as Zoé.
    fn is_let_in_by_both(&self, session: &str) {
        for instance in self.both() {
            self.scene.application.forget();
            let answer = self.ask(instance, "/again", &format!("{SESSION}={session}"));
            assert_eq!(answer.status, 200, "{}", answer.text());
            let received = self.scene.application.only();
            assert_eq!(claims(&received.values(ASSERTION)[0])["sub"], stage::sub(ZOE));
        }
    }
}

fn two_instances() {
    let pair = Pair::start();
    let scene = &pair.scene;
    let [first, second] = pair.both();
    // Begun at the first, ended at the second; the answer comes to the first as well.
    let browser = Browser::new();
    let callback = to_the_callback(scene, &browser, "/dossier", ZOE);
    let attempt = cookie_field(&browser);
    let ended = pair.ask(second, target(&callback), &attempt);
    assert_eq!((ended.status, ended.field("location")), (303, Some("/dossier")));
    let again = pair.ask(first, target(&callback), &attempt);
    assert_eq!((again.status, again.field("location")), (303, Some("/dossier")));
    assert_eq!(session_in(&again), session_in(&ended), "one session");
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
    pair.is_let_in_by_both(&session_in(&ended));

    // At the same time, while the provider takes its time.
    let browser = Browser::new();
    let callback = to_the_callback(scene, &browser, "/dossier", ZOE);
    let attempt = cookie_field(&browser);
    scene.provider.lie(&json!({ "target": "token", "delay": 400 }));
    let [one, other] = thread::scope(|scope| {
        let asked = [first, second].map(|instance| {
            let (pair, callback, attempt) = (&pair, &callback, &attempt);
            scope.spawn(move || pair.ask(instance, target(callback), attempt))
        });
        asked.map(|answer| answer.join().unwrap())
    });
    assert_eq!(session_in(&one), session_in(&other));
    assert_eq!(
        scene.provider.requests_to("/token").len(),
        2,
        "one for each login"
    );
    pair.is_let_in_by_both(&session_in(&one));
    assert_eq!(scene.redis().sessions(), 2);
}

fn fifty_tabs() {
    for login in ["chooser", "redirect"] {
        let scene = Scene::start_with(Alg::Es256, Store::Redis, |_, usual| {
            usual.replace("path = \"/\"\n", &format!("path = \"/\"\nlogin = \"{login}\"\n"))
        });
        let browser = Browser::new();
        let tabs: Vec<_> = thread::scope(|scope| {
            let opened: Vec<_> = (0..50)
                .map(|tab| {
                    let (browser, url) = (browser.clone(), scene.url(&format!("/dossier/{tab}")));
                    scope.spawn(move || browser.open(&url))
                })
                .collect();
            opened.into_iter().map(|tab| tab.join().unwrap()).collect()
        });
        assert_eq!(scene.application.byte_count(), 0);
        assert_eq!(scene.redis().keys().len(), 0, "a visitor writes nothing");
        let names = browser.cookie_names("localhost");
        for (tab, page) in tabs.iter().enumerate() {
            // At the provider all attempts share one cookie. Whoever finds another tab's in it reads so, in its words.
            let overtaken = login == "redirect"
                && page.url.starts_with(scene.provider.issuer())
                && page.text().contains("Y190001");
            assert!(page.status() == 200 || overtaken, "{tab}: {}", page.text());
        }
        let asked = scene.provider.requests_to("/authorize");
        let states: BTreeSet<_> = asked.iter().map(|request| request.parameter("state")).collect();
        assert_eq!(states.len(), if login == "redirect" { 50 } else { 0 });
        let mut page = tabs.into_iter().next_back().unwrap();
        if login == "chooser" {
            assert_eq!(names, Vec::<String>::new());
            page = browser.click(&page, "FranceConnect");
        } else {
            // The next tab takes away what is too much.
            page = browser.open(&scene.url("/dossier/50"));
            let names = browser.cookie_names("localhost").into_iter();
            let attempts = names.filter(|name| name.contains("guichet-login")).count();
            assert!((1..=4).contains(&attempts), "{attempts}");
        }
        let arrived = scene.provider.sign_in(&browser, &page, ZOE);
        // The provider keeps one attempt a browser, and where each tab began one, which it is is chance.
        let wanted = if login == "chooser" {
            "/dossier/49"
        } else {
            "/dossier/"
        };
        let log = scene.gateway.logs().text();
        assert!(
            arrived.url.starts_with(&scene.url(wanted)),
            "{}\n{log}",
            arrived.url
        );
        assert_eq!(arrived.status(), 200);
        assert_eq!(scene.provider.requests_to("/token").len(), 1);
        assert_eq!(scene.redis().sessions(), 1);
        assert!(scene.is_signed_in(&browser));
        // Every other tab is opened again, and leads on.
        for tab in 0..49 {
            let page = browser.open(&scene.url(&format!("/dossier/{tab}")));
            assert_eq!(page.status(), 200, "{tab}");
        }
    }
}

fn the_end_of_a_session() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    scene
        .provider
        .lie(&json!({ "target": "token", "json": [{ "set": "refresh_token", "to": "never-asked-for" }] }));
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let asked = scene.provider.requests_to("/authorize").remove(0);
    assert!(!asked.parameter("scope").unwrap().contains("offline_access"));
    scene.advance(&browser, Duration::from_mins(31));
    scene.application.forget();
    let answers: Vec<Answer> = thread::scope(|scope| {
        let asked: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| raw(&scene, &browser, ("GET", "/dossier"), "")))
            .collect();
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    for answer in answers {
        assert_eq!(answer.status, 303);
        let location = answer.field("location").unwrap();
        assert!(location.starts_with("/_guichet/login?"), "{location}");
    }
    assert_eq!(scene.application.byte_count(), 0);
    let tokens = scene.provider.requests_to("/token");
    assert_eq!(tokens.len(), 1, "the login's own");
    assert_eq!(tokens[0].parameter("grant_type").unwrap(), "authorization_code");
}
