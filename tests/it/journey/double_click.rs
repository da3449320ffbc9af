//! A double click is one login: one token request, and both answers lead on.

use std::time::Duration;

use serde_json::json;

use super::stage::Stage;
use super::stage::With;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::scene::SESSION;
use crate::support::scene::Store;

const STORES: [Store; 2] = [Store::Memory, Store::Redis];
const PAGE: &str = "/dossier/12?etape=3";

struct Clicks {
    stage: Stage,
    browser: Browser,
    code: Page,
}

/// A code on its way to the gateway, not delivered yet.
fn a_code(store: Store) -> Clicks {
    let stage = Stage::start(With::OidcProvider(Alg::Es256), store);
    let browser = Browser::new();
    let code = stage.obtains_a_code(&browser, &stage.scene.to_the_provider(&browser, PAGE));
    Clicks { stage, browser, code }
}

/// The first click arrived, and this time went by before the other one.
fn one_and_then(store: Store, later: Duration) -> (Clicks, Browser) {
    let clicks = a_code(store);
    let other = clicks.other();
    clicks.browser.follow(&clicks.code);
    clicks.stage.scene.advance(&clicks.browser, later);
    (clicks, other)
}

impl Clicks {
    /// A client that shares the login's cookie and nothing else.
    fn other(&self) -> Browser {
        let (other, url) = (Browser::new(), self.stage.scene.url("/"));
        let names = self.browser.cookie_names("localhost").into_iter();
        for name in names.filter(|name| name.starts_with("guichet-login-")) {
            let value = self.browser.cookie("localhost", &name).unwrap();
            other.plant(&url, &format!("{name}={value}; Path=/"));
        }
        other
    }

    /// Both arrive at once, and both end at the page.
    fn are_one_login(&self, other: &Browser) {
        let scene = &self.stage.scene;
        scene.provider.lie(&json!({ "target": "token", "delay": 400 }));
        let pages = std::thread::scope(|scope| {
            let one = scope.spawn(|| self.browser.follow(&self.code));
            let two = scope.spawn(|| other.follow(&self.code));
            [one.join().unwrap(), two.join().unwrap()]
        });
        for page in pages {
            assert_eq!(
                (page.url.as_str(), page.status()),
                (&*scene.url(PAGE), 200),
                "{}",
                page.text()
            );
        }
        assert_eq!(self.token_requests(), 1);
    }

    fn token_requests(&self) -> usize {
        self.stage.token_requests()
    }
}

/// 400, with a link that begins again and leads to the same page. Neither a session nor its cookie.
fn is_interrupted(clicks: &Clicks, page: &Page) {
    assert_eq!(page.status(), 400, "{}", page.text());
    assert!(
        page.text().contains("La connexion a été interrompue"),
        "{}",
        page.text()
    );
    let restart = page
        .links()
        .into_iter()
        .find(|link| link.text == "Recommencer la connexion");
    let restart = restart.unwrap_or_else(|| panic!("no way on: {}", page.text()));
    assert_eq!(restart.href, "/_guichet/login?return_to=/dossier/12%3Fetape%3D3");
    let set = page.answer.fields("set-cookie");
    assert!(set.iter().all(|set| !set.contains("session-")), "{set:?}");
    assert_eq!(clicks.stage.scene.application.byte_count(), 0);
}

#[test]
fn two_callbacks_at_once_are_one_login_and_both_end_at_the_page() {
    for store in STORES {
        let clicks = a_code(store);
        clicks.are_one_login(&clicks.browser.clone());
        assert!(clicks.stage.is_signed_in(&clicks.browser));
    }
}

#[test]
fn two_clients_that_share_the_logins_cookie_alone_are_both_signed_in() {
    for store in STORES {
        let clicks = a_code(store);
        let other = clicks.other();
        clicks.are_one_login(&other);
        assert_eq!(
            Stage::session_cookie(&clicks.browser),
            Stage::session_cookie(&other)
        );
        assert!(clicks.stage.is_signed_in(&clicks.browser) && clicks.stage.is_signed_in(&other));
    }
}

/// The browser dropped the first answer: it still has the login's cookie and none of the session.
#[test]
fn a_second_click_within_a_minute_gets_the_winners_cookie() {
    for store in STORES {
        let (clicks, other) = one_and_then(store, Duration::from_secs(55));
        let page = other.follow(&clicks.code);
        assert_eq!(page.url, clicks.stage.scene.url(PAGE));
        assert_eq!(clicks.token_requests(), 1);
        assert_eq!(
            Stage::session_cookie(&clicks.browser),
            Stage::session_cookie(&other)
        );
    }
}

#[test]
fn where_the_first_click_failed_the_second_begins_again_at_the_same_page() {
    for store in STORES {
        let clicks = a_code(store);
        let other = clicks.other();
        let lie = json!({ "target": "id_token", "payload": [{ "set": "aud", "to": "somebody-else" }] });
        clicks.stage.scene.provider.lie(&lie);
        let lost = clicks.browser.follow(&clicks.code);
        assert_eq!(lost.status(), 502, "{}", lost.text());
        let page = other.follow(&clicks.code);
        is_interrupted(&clicks, &page);
        assert_eq!(clicks.token_requests(), 1);
        let again = other.click(&page, "Recommencer la connexion");
        let provider = other.click(&again, "FranceConnect");
        let arrived = clicks.stage.says_who_she_is(&other, &provider);
        assert_eq!(arrived.url, clicks.stage.scene.url(PAGE));
    }
}

#[test]
fn a_click_that_comes_over_a_minute_late_leads_on_without_a_cookie() {
    for store in STORES {
        let (clicks, other) = one_and_then(store, Duration::from_secs(61));
        let answer = other.go_once(&clicks.code, clicks.code.answer.field("location").unwrap());
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.answer.field("location").unwrap(), PAGE);
        assert_eq!(Stage::session_cookie(&other), None);
        assert_eq!(clicks.token_requests(), 1);
    }
}

/// Whoever claimed the attempt is never heard of again, as after a crash.
#[test]
fn a_click_waits_for_its_other_half_fifteen_seconds_at_most() {
    let clicks = a_code(Store::Redis);
    let names = clicks.browser.cookie_names("localhost");
    let attempt = names
        .iter()
        .find_map(|name| name.strip_prefix("guichet-login-"))
        .unwrap();
    let key = format!("guichet:attempt:{attempt}");
    let now = guichet::clock::Clock::now(clicks.stage.scene.gateway.clock())
        .as_unix()
        .to_string();
    clicks
        .stage
        .redis()
        .ask(&[b"SET", key.as_bytes(), now.as_bytes(), b"EX", b"1800"]);
    let began = tokio::time::Instant::now();
    is_interrupted(&clicks, &clicks.browser.follow(&clicks.code));
    let waited = began.elapsed();
    assert!(
        (Duration::from_secs(14)..Duration::from_secs(20)).contains(&waited),
        "{waited:?}"
    );
    assert_eq!(clicks.token_requests(), 0);
}

#[test]
fn without_the_attempts_cookie_whoever_is_signed_in_goes_to_the_start_and_whoever_is_not_learns_where_it_is()
{
    let clicks = a_code(Store::Memory);
    let stranger = Browser::new();
    let page = stranger.follow(&clicks.code);
    assert_eq!(page.status(), 400);
    assert!(
        page.text()
            .contains("Cette connexion ne peut pas se terminer ici"),
        "{}",
        page.text()
    );
    assert_eq!(
        stranger.click(&page, "Ouvrir Urbanisme").hops[0].url,
        clicks.stage.scene.url("/")
    );
    assert_eq!(clicks.token_requests(), 0);
    assert!(stranger.cookie_names("localhost").is_empty());
    assert_eq!(clicks.stage.scene.application.byte_count(), 0);
    clicks.browser.follow(&clicks.code);
    // The cookie of the attempt went with the login: this is the back button, or a bookmark.
    assert_eq!(clicks.browser.cookie_names("localhost"), [SESSION]);
    let page = clicks.browser.follow(&clicks.code);
    assert_eq!((page.url, page.hops.len()), (clicks.stage.scene.url("/"), 2));
    assert_eq!(clicks.token_requests(), 1);
}

/// Anybody can make an error answer.
#[test]
fn an_error_answer_spends_nothing_and_deletes_nothing() {
    let clicks = a_code(Store::Redis);
    let state = clicks
        .code
        .answer
        .field("location")
        .unwrap()
        .split("state=")
        .nth(1)
        .unwrap();
    let state = state.split('&').next().unwrap();
    let issuer: String = form_urlencoded::byte_serialize(clicks.stage.issuer().as_bytes()).collect();
    for (error, status) in [
        ("access_denied", 200),
        ("invalid_scope", 502),
        ("temporarily_unavailable", 503),
    ] {
        let url = format!("/_guichet/callback?error={error}&state={state}&iss={issuer}");
        let page = clicks.browser.open(&clicks.stage.scene.url(&url));
        assert_eq!(page.status(), status, "{}", page.text());
        assert!(
            page.hops
                .iter()
                .all(|hop| hop.answer.fields("set-cookie").is_empty())
        );
        assert!(clicks.stage.redis().keys().is_empty(), "something was spent");
    }
    assert_eq!(
        clicks.browser.follow(&clicks.code).url,
        clicks.stage.scene.url(PAGE)
    );
}
