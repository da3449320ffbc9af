//! The usual scene with either provider: the strict simulation, or the one that we did not write.

use guichet::clock::Clock;
use guichet::clock::SystemClock;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::gateway::Place;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::redis::Redis;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::simulator::Simulator;
use crate::support::wait::until;

/// Which provider, and what it signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    Simulator(Alg),
    OidcProvider(Alg),
}

/// Everything that stands on the stage.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    simulator: Option<Simulator>,
}

impl Stage {
    pub(crate) fn start(with: With, store: Store) -> Self {
        let redis = (store == Store::Redis).then(Redis::start);
        Self::start_on(with, redis, |_, text| text)
    }

    /// With a Redis that the test set up, and the usual configuration changed by `edit`.
    pub(crate) fn start_on(
        with: With,
        redis: Option<Redis>,
        edit: impl FnOnce(&Place, String) -> String,
    ) -> Self {
        let mut simulator = None;
        let (With::Simulator(alg) | With::OidcProvider(alg)) = with;
        let scene = Scene::start_on(redis, alg, |place, usual| {
            let text = edit(place, usual);
            if with == With::OidcProvider(alg) {
                return text;
            }
            let running = Simulator::start(place, alg);
            let lines = text.lines().map(|line| {
                if line.starts_with("issuer = ") {
                    format!("issuer = {:?}", running.issuer())
                } else {
                    line.to_owned()
                }
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            simulator = Some(running);
            text
        });
        Self { scene, simulator }
    }

    pub(crate) fn issuer(&self) -> &str {
        match &self.simulator {
            Some(simulator) => simulator.issuer(),
            None => self.scene.provider.issuer(),
        }
    }

    pub(crate) fn token_requests(&self) -> usize {
        match &self.simulator {
            Some(simulator) => simulator.token_requests(),
            None => self.scene.provider.requests_to("/token").len(),
        }
    }

    fn is_simulated(&self) -> bool {
        self.simulator.is_some()
    }

    /// Every claim that this provider has of Zoé.
    pub(crate) fn zoe(&self) -> Value {
        match &self.simulator {
            Some(simulator) => simulator.first_person(),
            None => people()[ZOE].clone(),
        }
    }

    /// From a protected page to the one that was asked for, by the chooser and the provider.
    pub(crate) fn sign_in(&self, browser: &Browser, path: &str) -> Page {
        self.says_who_she_is(browser, &self.scene.to_the_provider(browser, path))
    }

    /// On the provider's pages, Zoé says who she is; where that leads.
    pub(crate) fn says_who_she_is(&self, browser: &Browser, page: &Page) -> Page {
        match &self.simulator {
            Some(simulator) => simulator.sign_in(browser, page),
            None => self.scene.provider.sign_in(browser, page, ZOE),
        }
    }

    /// On the provider's pages, Zoé says who she is; the redirect that takes the code to the gateway is not followed yet.
    pub(crate) fn obtains_a_code(&self, browser: &Browser, page: &Page) -> Page {
        let callback = self.scene.url("/_guichet/callback?");
        let mut page = page.clone();
        for _ in 0..MOST_STEPS {
            let location = page.answer.field("location").map(str::to_owned);
            page = match location {
                Some(location) if location.starts_with(&callback) => return page,
                Some(location) => browser.go_once(&page, &location),
                None => self.submits(browser, &page),
            };
        }
        panic!("no code at {}:\n{}", page.url, page.text());
    }

    fn submits(&self, browser: &Browser, page: &Page) -> Page {
        let form = page.forms().swap_remove(0);
        if form.action.contains("redirect-to-idp") {
            return browser.submit_once(page, &form, &[("person", "zoe")]);
        }
        let sub = people()[ZOE]["sub"].as_str().unwrap().to_owned();
        let typed = [("account", sub.as_str())];
        browser.submit_once(page, &form, if self.is_simulated() { &[] } else { &typed })
    }

    /// On the provider's page, the person changes their mind.
    pub(crate) fn changes_her_mind(&self, browser: &Browser, page: &Page) -> Page {
        match &self.simulator {
            Some(_) => browser.click(page, "Revenir au service"),
            None => self.scene.provider.cancel(browser, page),
        }
    }

    /// On the provider's page that ends its session, which sends itself where scripts are on.
    pub(crate) fn confirms_the_end(&self, browser: &Browser, page: &Page) -> Page {
        assert!(page.url.starts_with(self.issuer()), "at {}", page.url);
        browser.submit(page, &page.form("/session/end"), &[])
    }

    /// The answer to the question whether to sign out, as far as the provider's page.
    pub(crate) fn signs_out(&self, browser: &Browser) -> Page {
        let question = browser.open(&self.scene.url("/_guichet/logout"));
        browser.submit(&question, &question.form("/_guichet/logout"), &[])
    }

    /// Whether the application gets this browser's request without a question.
    pub(crate) fn is_signed_in(&self, browser: &Browser) -> bool {
        self.scene.is_signed_in(browser)
    }

    /// The Redis of the stage.
    pub(crate) fn redis(&self) -> &Redis {
        self.scene.redis()
    }

    /// Asks again until the application gets the request of this browser, as after a store that was away.
    pub(crate) fn is_signed_in_soon(&self, browser: &Browser) {
        until("the store comes back", || {
            let page = browser.open_once(&self.scene.url("/again"));
            assert!([200, 503].contains(&page.status()), "{}", page.text());
            page.status() == 200
        });
    }

    /// The providers live in the present, so that the gateway must come back to it before the next login.
    pub(crate) fn comes_back_to_the_present(&self) {
        self.scene.gateway.clock().set(SystemClock.now());
    }

    /// The name of the session's cookie.
    pub(crate) fn session_cookie(browser: &Browser) -> Option<String> {
        browser.cookie("localhost", SESSION)
    }
}

/// How many answers of a provider lie between its first page and the code.
const MOST_STEPS: usize = 8;
