//! A WebSocket in a real browser, from a page that came over HTTP/2, until its person has signed out.

use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::listener::stage::Secure;
use crate::support::chromium;
use crate::support::scene::ASSERTION;
use crate::support::upstream::Reply;
use crate::support::wait::until;

const PAGE: &str = "<!DOCTYPE html><html lang=fr><meta charset=utf-8><title>Dossier</title><main><h1>Votre dossier</h1></main>\
    <script>const main = document.querySelector('main');\
    main.append(performance.getEntriesByType('navigation')[0].nextHopProtocol);\
    const socket = new WebSocket(`wss://${location.host}/socket`);\
    socket.onopen = () => socket.send('bonjour');\
    socket.onmessage = ({ data }) => main.append(` entendu : ${data}`);\
    socket.onclose = ({ wasClean }) => main.append(` fermé : ${wasClean}`);</script></html>";

#[test]
fn in_chromium_a_socket_opens_and_is_closed_after_the_sign_out() {
    let secure = Secure::start();
    let application = &secure.scene.application;
    application.otherwise(Reply::new(200, &[("Content-Type", "text/html")], PAGE));
    application.at("/socket", Reply::socket());
    let steps = json!([
        { "open": secure.url("/dossier") },
        { "click": "a[href*='/_guichet/login/fc']" },
        { "click": "button[name=account] >> nth=0" },
        { "expect": { "url": secure.url("/dossier"), "text": "h2 entendu : bonjour", "no_text": "fermé" } },
        { "tab": "other" },
        { "open": secure.url("/_guichet/logout") },
        { "click": "main form button" },
        { "expect": { "url": "/_guichet/logged-out" } },
        { "tab": "first" },
        { "expect": { "text": "fermé : false" } },
    ]);
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("socket");
    thread::scope(|scope| {
        let journey = scope.spawn(|| chromium::journey(&pictures, &steps));
        // Our session is over before the browser is sent on to end the provider's.
        until("the sign-out", || {
            journey.is_finished() || !secure.scene.provider.requests_to("/session/end").is_empty()
        });
        secure.scene.gateway.clock().advance(Duration::from_mins(1));
        journey.join().unwrap();
    });
    let received = application.received().into_iter();
    let handshakes: Vec<_> = received
        .filter(|one| one.request_line() == "GET /socket HTTP/1.1")
        .collect();
    assert_eq!(handshakes.len(), 1);
    let handshake = &handshakes[0];
    assert_eq!(handshake.values("origin"), [format!("https://{}", secure.host())]);
    assert_eq!(handshake.values("host"), [secure.host()]);
    assert_eq!(handshake.values("upgrade"), ["websocket"]);
    assert_eq!(handshake.values(ASSERTION).len(), 1);
}
