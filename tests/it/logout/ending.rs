//! Whose sessions a logout token ends, and that a login under way is one of them.

use std::thread;
use std::time::Duration;

use serde_json::json;

use super::stage;
use super::stage::SID;
use super::stage::is_done;
use super::stage::sent;
use super::stage::signed_in;
use super::stage::token;
use super::stage::token_by_sub;
use super::stage::zoe_with;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::provider::Client;
use crate::support::provider::ZOE;
use crate::support::redis::Redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::with_agents;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::wait::until;

/// The older one, the newer one, and one of before the session secret was replaced; nobody else's.
fn every_session_of_a_person() {
    let mut scene = stage::start();
    let place = scene.gateway.place();
    let old = place.secret("session_secret", SESSION_SECRET);
    let new = place.secret("new_secret", "another-session-secret-of-the-tests-9876543210");
    let (first, second) = (zoe_with(&scene, "first"), zoe_with(&scene, "second"));
    let other = signed_in(&scene, 1, "first");
    scene
        .gateway
        .reload(|text| text.replace(&format!("secret = {old}"), &format!("secret = [{new}, {old}]")))
        .unwrap();
    let third = zoe_with(&scene, "third");
    let all = [&first, &second, &third];
    assert!(all.iter().all(|browser| scene.is_signed_in(browser)));
    is_done(&scene, &sent(&scene, &token_by_sub(&scene, ZOE)));
    assert!(all.iter().all(|browser| !scene.is_signed_in(browser)));
    assert!(scene.is_signed_in(&other));
    assert_eq!(scene.redis().sessions(), 1);
    let told = scene.gateway.audited("backchannel_logout").remove(0);
    assert_eq!(
        told["labels"],
        json!({ "provider": "fc", "by": "subject", "count": 3 })
    );
    let login = scene.gateway.audited("login").pop().unwrap();
    assert_eq!(told["user.hash"], login["user.hash"]);
    let counted = "guichet_logouts_total{kind=\"provider\",result=\"complete\"} 3\n";
    assert!(scene.gateway.metrics().contains(counted));
}

/// The token comes between the answer of the token endpoint and the session, by either name.
fn a_login_under_way() {
    for by_sid in [false, true] {
        let scene = stage::start();
        let bystander = signed_in(&scene, 1, "another");
        scene
            .provider
            .lie(&json!({ "target": "id_token", "payload": [{ "set": "sid", "to": SID }] }));
        scene
            .provider
            .lie(&json!({ "target": "userinfo", "delay": 1500 }));
        let browser = Browser::new();
        let at_the_provider = scene.to_the_provider(&browser, "/dossier");
        let page = thread::scope(|scope| {
            let login = scope.spawn(|| scene.provider.sign_in(&browser, &at_the_provider, ZOE));
            let asked = || scene.provider.requests_to("/userinfo").len();
            until("the claims are asked for", || asked() == 2);
            let told = if by_sid {
                token(&scene, &json!({}))
            } else {
                token_by_sub(&scene, ZOE)
            };
            is_done(&scene, &sent(&scene, &told));
            login.join().unwrap()
        });
        assert_eq!(page.status(), 400, "{}", page.text());
        assert!(page.text().contains("L13"), "{}", page.text());
        assert!(!scene.is_signed_in(&browser));
        assert!(scene.is_signed_in(&bystander));
        assert_eq!(scene.redis().sessions(), 1);
        // A later login is a new one.
        scene.advance(&browser, Duration::from_secs(2));
        assert!(scene.is_signed_in(&zoe_with(&scene, "later")));
    }
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T390"], sentence: "a token that names a person ends all of their sessions, under every listed secret", plays: every_session_of_a_person },
        Play { ids: &["T391"], sentence: "a token that comes during a login leaves no session behind", plays: a_login_under_way },
    ]
}

#[test]
fn a_token_that_names_a_session_ends_that_one() {
    let scene = stage::start();
    let (hers, other) = (zoe_with(&scene, SID), zoe_with(&scene, "another session"));
    is_done(&scene, &sent(&scene, &token(&scene, &json!({}))));
    assert!(!scene.is_signed_in(&hers));
    assert!(scene.is_signed_in(&other));
    let told = scene.gateway.audited("backchannel_logout").remove(0);
    assert_eq!(
        told["labels"],
        json!({ "provider": "fc", "by": "sid", "count": 1 })
    );
    assert!(!told.to_string().contains(SID), "{told}");
}

/// Two entries at one issuer: the client that is named is the one whose sessions end.
#[test]
fn of_two_entries_at_one_issuer_the_audience_chooses() {
    let scene = stage::over(Redis::start(), |_, usual| with_agents(&usual));
    let public_url = scene.gateway.place().public_url();
    scene.provider.register(&Client {
        id: "agents",
        secret: CLIENT_SECRET,
        redirect_uris: &[format!("{public_url}/_guichet/callback")],
        post_logout_redirect_uris: &[],
    });
    let citizen = zoe_with(&scene, SID);
    let for_the_other = scene
        .provider
        .logout_token(&stage::sub(ZOE), &json!({ "client": "agents" }));
    is_done(&scene, &sent(&scene, &for_the_other));
    assert!(scene.is_signed_in(&citizen));
    is_done(&scene, &sent(&scene, &token_by_sub(&scene, ZOE)));
    assert!(!scene.is_signed_in(&citizen));
}

/// One client may stand in two entries, with scopes or levels of its own in each. The token is one all the same: it counts at
/// both, once, and again where it could not at the second.
#[test]
fn of_two_entries_that_are_one_client_the_sessions_of_both_end() {
    let both = |usual: String| {
        let (head, app) = usual.split_once("[[apps]]").unwrap();
        let entry = head.split_once("[providers.fc]").unwrap().1;
        let app = app.replace("providers = [\"fc\"]", "providers = [\"fc\", \"other\"]");
        format!("{head}[providers.other]{entry}[[apps]]{app}")
    };
    for by_sid in [false, true] {
        let scene = stage::over(Redis::start(), |_, usual| both(usual));
        let signs_in_at = |entry: &str| {
            scene
                .provider
                .lie(&json!({ "target": "id_token", "payload": [{ "set": "sid", "to": SID }] }));
            let browser = Browser::new();
            let page = browser.open(&scene.url(&format!("/_guichet/login/{entry}?return_to=/dossier")));
            let page = scene.provider.sign_in(&browser, &page, ZOE);
            assert_eq!(page.url, scene.url("/dossier"), "{}", page.text());
            browser
        };
        let browsers = [signs_in_at("fc"), signs_in_at("other")];
        assert!(browsers.iter().all(|browser| scene.is_signed_in(browser)));
        let token = if by_sid {
            token(&scene, &json!({}))
        } else {
            token_by_sub(&scene, ZOE)
        };
        is_done(&scene, &sent(&scene, &token));
        assert_eq!(scene.redis().sessions(), 0);
        assert!(browsers.iter().all(|browser| !scene.is_signed_in(browser)));
        let told = scene.gateway.audited("backchannel_logout");
        let told: Vec<_> = told.iter().map(|event| &event["labels"]).collect();
        let by = if by_sid { "sid" } else { "subject" };
        let expected = |provider: &str| json!({ "provider": provider, "by": by, "count": 1 });
        assert_eq!(told, [&expected("fc"), &expected("other")]);
        let again = sent(&scene, &token);
        assert_eq!(
            (again.status, again.json()["error_description"].as_str()),
            (400, Some("token_replayed"))
        );
    }
}
