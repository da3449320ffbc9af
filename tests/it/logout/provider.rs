//! A provider that sends logout tokens by itself: npm's oidc-provider, with back-channel logout switched on.

use std::time::Duration;

use super::stage::told_by_the_provider;
use crate::dataplane::websocket;
use crate::support::browser::Browser;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::steps::sign_out;
use crate::support::wait::until;

pub(crate) fn opens_a_socket(scene: &Scene, browser: &Browser) -> RawClient {
    let (cookie, host) = (browser.cookie("localhost", SESSION).unwrap(), scene.host());
    scene.application.next(websocket::agrees());
    let mut socket = RawClient::connect(scene.gateway.address());
    let lines = format!(
        "Host: {host}\r\nCookie: {SESSION}={cookie}\r\n{}",
        websocket::handshake()
    );
    socket.send(format!("GET /socket HTTP/1.1\r\n{lines}\r\n"));
    assert_eq!(socket.answer().status, 101);
    socket.send("ping");
    assert_eq!(socket.hears(4).unwrap(), "ping");
    socket
}

#[test]
fn a_person_who_signs_out_at_the_provider_is_signed_out_here() {
    let scene = told_by_the_provider();
    let browser = Browser::new();
    // A first day, which leaves an ID token: the hint with which the provider is asked below.
    scene.sign_in(&browser, "/dossier");
    sign_out(&scene, &browser);
    let hint = scene.provider.requests_to("/session/end").remove(0);
    let hint = hint.parameter("id_token_hint").unwrap();
    until("the provider told it", || {
        scene.gateway.audited("backchannel_logout").len() == 1
    });
    assert_eq!(
        scene.gateway.audited("backchannel_logout")[0]["labels"]["count"],
        0,
        "it had ended here before"
    );

    scene.sign_in(&browser, "/dossier");
    assert!(scene.is_signed_in(&browser));
    let mut socket = opens_a_socket(&scene, &browser);
    let question = browser.open(&format!(
        "{}/session/end?id_token_hint={hint}",
        scene.provider.issuer()
    ));
    assert!(scene.is_signed_in(&browser), "a question ends nothing");
    let page = browser.submit(&question, &question.form("/session/end/confirm"), &[]);
    assert_eq!(page.status(), 200, "{}", page.text());

    // The next request finds nobody.
    until("the provider told it", || {
        scene.gateway.audited("backchannel_logout").len() == 2
    });
    let told = scene.gateway.audited("backchannel_logout").remove(1);
    assert_eq!(
        (&told["labels"]["by"], &told["labels"]["count"]),
        (&"sid".into(), &1.into())
    );
    assert_eq!(scene.redis().sessions(), 0);
    assert!(!scene.is_signed_in(&browser));
    scene.advance(&browser, Duration::from_mins(1));
    socket.until_closed();
}
