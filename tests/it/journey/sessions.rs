//! One session per browser and entry: its cookie, what ends it, and what it does not open.

use super::stage::Stage;
use super::stage::With;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::redis::Redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::SESSION;
use crate::support::scene::Store;
use crate::support::scene::with_agents;

const STORES: [Store; 2] = [Store::Memory, Store::Redis];

/// What the callback set, in order.
fn set_at_the_callback(page: &Page) -> Vec<String> {
    let hop = page
        .hops
        .iter()
        .find(|hop| hop.url.contains("/_guichet/callback?"))
        .unwrap();
    hop.answer
        .fields("set-cookie")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn is_key(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[test]
fn on_plain_loopback_the_session_cookie_is_for_no_script_and_no_other_site() {
    let stage = Stage::start(With::OidcProvider(Alg::Es256), Store::Memory);
    let set = set_at_the_callback(&stage.sign_in(&Browser::new(), "/"));
    let session = set
        .iter()
        .find_map(|set| set.strip_prefix("guichet-session-fc="))
        .unwrap();
    let (value, attributes) = session.split_once("; ").unwrap();
    assert!(is_key(value), "{value}");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
}

#[test]
fn a_new_login_has_a_new_key_and_ends_the_one_that_the_browser_held() {
    for store in STORES {
        let stage = Stage::start(With::OidcProvider(Alg::Es256), store);
        let (browser, neighbour) = (Browser::new(), Browser::new());
        stage.sign_in(&neighbour, "/");
        // Begun before there was a session: with one, a login leads straight on.
        let begun = browser.open_once(&stage.scene.url("/_guichet/login/fc?return_to=/encore"));
        stage.sign_in(&browser, "/");
        let before = Stage::session_cookie(&browser).unwrap();
        let straight = browser.open_once(&stage.scene.url("/_guichet/login/fc?return_to=/encore"));
        assert_eq!(straight.answer.field("location").unwrap(), "/encore");
        browser.follow(&stage.obtains_a_code(&browser, &begun));
        let after = Stage::session_cookie(&browser).unwrap();
        assert_ne!(before, after);
        let thief = Browser::new();
        thief.plant(&stage.scene.url("/"), &format!("{SESSION}={before}; Path=/"));
        assert!(!stage.is_signed_in(&thief), "the session before lives on");
        assert!(stage.is_signed_in(&browser) && stage.is_signed_in(&neighbour));
    }
}

/// Two entries at one issuer with two clients, each for one application.
fn two_entries(store: Store) -> Stage {
    let redis = (store == Store::Redis).then(Redis::start);
    let stage = Stage::start_on(With::OidcProvider(Alg::Es256), redis, |_, text| {
        with_agents(&text)
    });
    let provider = &stage.scene.provider;
    provider.register_at(&stage.scene.url(""), ("agents", CLIENT_SECRET));
    stage
}

#[test]
fn a_session_opens_no_application_of_another_entry() {
    for store in STORES {
        let stage = two_entries(store);
        let browser = Browser::new();
        stage.sign_in(&browser, "/");
        stage.scene.application.forget();
        let page = browser.open_once(&stage.scene.url("/agents/1"));
        assert_eq!(
            page.answer.field("location").unwrap(),
            "/_guichet/login?return_to=/agents/1"
        );
        let key = Stage::session_cookie(&browser).unwrap();
        let thief = Browser::new();
        thief.plant(
            &stage.scene.url("/"),
            &format!("guichet-session-agents={key}; Path=/"),
        );
        assert_eq!(thief.open_once(&stage.scene.url("/agents/1")).status(), 303);
        assert!(
            !stage
                .scene
                .gateway
                .logs()
                .lines_with("in the cookie of another entry")
                .is_empty()
        );
        assert_eq!(stage.scene.application.byte_count(), 0);
        both_side_by_side(&stage, &browser);
    }
}

fn both_side_by_side(stage: &Stage, browser: &Browser) {
    let chooser = browser.open(&stage.scene.url("/agents/1"));
    let login = chooser
        .links()
        .into_iter()
        .find(|link| link.href.contains("/login/agents"))
        .unwrap();
    let begun = browser.go_once(&chooser, &login.href);
    let arrived = browser.follow(&stage.obtains_a_code(browser, &begun));
    assert_eq!(arrived.url, stage.scene.url("/agents/1"), "{}", arrived.text());
    assert_eq!(
        browser.cookie_names("localhost"),
        ["guichet-session-agents", SESSION]
    );
    assert!(stage.is_signed_in(browser));
    let question = browser.open(&stage.scene.url("/_guichet/logout"));
    let buttons: Vec<_> = question
        .forms()
        .into_iter()
        .flat_map(|form| [form.fields, form.buttons].concat())
        .collect();
    for entry in ["fc", "agents"] {
        assert!(
            buttons.contains(&("provider".to_owned(), entry.to_owned())),
            "{buttons:?}"
        );
    }
    let form = question.forms().swap_remove(0);
    browser.submit_once(&question, &form, &[("provider", "agents")]);
    assert_eq!(browser.open_once(&stage.scene.url("/agents/1")).status(), 303);
    assert!(stage.is_signed_in(browser), "the other session ended too");
}
