//! Signing out: here first, then at the provider, and back with the state that proves it.

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_line;
use crate::support::steps::sign_out;

#[test]
fn a_logout_ends_here_and_at_the_provider_and_comes_back_with_its_state() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    assert!(scene.is_signed_in(&browser));
    let stolen = browser.cookie("localhost", "guichet-session-fc").unwrap();

    let page = sign_out(&scene, &browser);

    let asked = scene.provider.requests_to("/session/end").remove(0);
    let state = asked.parameter("state").unwrap();
    assert_eq!(
        asked.parameter("post_logout_redirect_uri"),
        Some(scene.url("/_guichet/logged-out"))
    );
    assert_eq!(asked.parameter("id_token_hint").unwrap().split('.').count(), 3);
    assert_eq!(
        page.url,
        scene.url(&format!("/_guichet/logged-out?state={state}"))
    );
    assert_eq!(page.status(), 200);
    assert!(page.text().contains("FranceConnect"), "{}", page.text());
    assert!(!scene.is_signed_in(&browser));
    assert_eq!(browser.cookie("localhost", "guichet-session-fc"), None);
    let thief = Browser::new();
    thief.plant(&scene.url("/"), &format!("guichet-session-fc={stolen}; Path=/"));
    assert!(
        !scene.is_signed_in(&thief),
        "the session is gone, not only its cookie"
    );

    let forged = browser.open(&scene.url("/_guichet/logged-out?state=0000"));
    assert!(
        !forged.text().contains("FranceConnect"),
        "a state that is not ours proves nothing"
    );
    let again = browser.open(&page.url);
    assert_eq!(
        (again.status(), again.text().contains("FranceConnect")),
        (200, true),
        "the page can be loaded again"
    );
    scene.sign_in(&browser, "/dossier");
    assert!(scene.is_signed_in(&browser));
}

#[test]
fn another_site_signs_nobody_out() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let cookie = cookie_line(&browser);
    let (address, host) = (scene.gateway.address(), scene.host());
    let submit = |fields: &str| {
        let request = format!(
            "POST /_guichet/logout HTTP/1.1\r\nHost: {host}\r\n{cookie}{fields}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\nprovider=fc"
        );
        exchange(address, request).status
    };
    assert_eq!(submit("Sec-Fetch-Site: cross-site\r\n"), 403);
    assert_eq!(submit("Origin: https://evil.example\r\n"), 403);
    assert_eq!(submit("Origin: null\r\n"), 403);
    assert!(scene.is_signed_in(&browser));
    assert_eq!(submit("Sec-Fetch-Site: same-origin\r\n"), 303);
    assert!(!scene.is_signed_in(&browser));
}
