//! Sockets through the front proxies: opened for whoever may, in the right words, and a tunnel for nobody else.

use super::proxies::Stage;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;
use crate::support::upstream::Reply;

/// What a browser says, but the request line, `Host` and its cookies.
const HANDSHAKE: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-Fetch-Mode: websocket\r\n";
/// The answer to this key (RFC 6455, section 1.3).
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// Names that a browser may not say, in the handshake as little as elsewhere.
const FORGED: &str =
    "X-Guichet-Sub: evil\r\nX_Guichet_Sub: evil\r\nX-Guichet-Assertion: evil\r\nRemote-User: evil\r\n";

/// A handshake with these lines, through the proxy.
fn opens(stage: &Stage, path: &str, lines: &str) -> (RawClient, Answer) {
    stage.gateway.application.forget();
    let lines = lines.replace("{session}", &stage.cookie);
    let words = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\n{lines}\r\n",
        stage.host, stage.origin
    );
    let mut client = RawClient::connect(stage.address());
    let answer = client.send(words).try_answer("GET");
    let answer = answer.unwrap_or_else(|error| panic!("{:?} {lines:?}: {error}", stage.proxy));
    (client, answer)
}

/// A frame of text as a browser sends it, masked; and how it comes back.
fn frame(text: &str) -> (Vec<u8>, String) {
    const MASK: [u8; 4] = [1, 2, 3, 4];
    let length = u8::try_from(text.len()).unwrap();
    let masked = text
        .bytes()
        .zip(MASK.iter().cycle())
        .map(|(byte, mask)| byte ^ mask);
    let sent = [0x81, 0x80 | length].into_iter().chain(MASK).chain(masked);
    let back: Vec<u8> = [0x81, length].into_iter().chain(text.bytes()).collect();
    let back = String::from_utf8_lossy(&back).into_owned();
    (sent.collect(), back)
}

/// The application gets the handshake with who it is and its own cookies, and then every frame; so does the browser.
pub(super) fn pass_for_whoever_is_signed_in(stage: &Stage) {
    let what = stage.proxy;
    for (path, more, is_known) in [
        (
            "/socket?room=1",
            "Cookie: a=1; {session}; b=2\r\n".to_owned(),
            true,
        ),
        (
            "/socket?room=1",
            format!("{FORGED}Cookie: a=1; {{session}}; b=2\r\n"),
            true,
        ),
        (
            "/public/socket?room=1",
            format!("{FORGED}Cookie: a=1; b=2\r\n"),
            false,
        ),
    ] {
        stage.gateway.application.at(path, Reply::socket());
        let (mut client, answer) = opens(stage, path, &format!("{HANDSHAKE}{more}"));
        let received = stage.gateway.application.received();
        assert_eq!(
            answer.status,
            101,
            "{what:?} {more:?}: {} {received:?}",
            answer.text()
        );
        assert_eq!(answer.field("sec-websocket-accept"), Some(ACCEPT), "{what:?}");
        let received = stage.gateway.application.only();
        assert_eq!(received.request_line(), format!("GET {path} HTTP/1.1"));
        for (name, value) in [
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("origin", &stage.origin),
            ("host", &stage.host),
            ("cookie", "a=1; b=2"),
        ] {
            assert_eq!(received.values(name), [value], "{what:?} {name}");
        }
        if is_known {
            stage.is_about_zoe(&received);
        } else {
            stage.tells_no_more(&received);
            let told = received.values("x-guichet-sub");
            assert!(told.iter().all(String::is_empty), "{what:?} {told:?}");
        }
        for text in ["bonjour", "encore"] {
            let (sent, back) = frame(text);
            assert_eq!(client.send(sent).hears(text.len() + 2).unwrap(), back, "{what:?}");
        }
    }
}

/// Without a session, with a forged one, or with half of a handshake: no tunnel, and nothing at the application that says who.
pub(super) fn open_for_nobody_else(stage: &Stage) {
    let what = stage.proxy;
    let (name, value) = stage.cookie.split_once('=').unwrap();
    let forged = format!("{name}={}", value.chars().rev().collect::<String>());
    for cookie in ["", &forged, &format!("{name}=")] {
        let lines = format!("{HANDSHAKE}{FORGED}Cookie: {cookie}\r\n");
        let (mut client, answer) = opens(stage, "/socket?room=1", &lines);
        assert_eq!(answer.status, 401, "{what:?} {cookie:?}");
        let received = stage.gateway.application.received();
        assert!(received.is_empty(), "{what:?} {cookie:?} {received:?}");
        // What comes now is no frame, but a request that nobody has judged yet.
        client.send(format!(
            "GET /dossier HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n{FORGED}\r\n",
            stage.host
        ));
        if let Ok(answer) = client.try_answer("GET") {
            assert!(matches!(answer.status, 400 | 401), "{what:?} {}", answer.status);
        }
        let received = stage.gateway.application.received();
        assert!(received.is_empty(), "{what:?} {cookie:?} {received:?}");
    }
    // Half of a handshake, one for another protocol, or for two: an ordinary request.
    for lines in [
        HANDSHAKE.replace("Upgrade: websocket", "Upgrade: h2c"),
        HANDSHAKE.replace("Upgrade: websocket", "Upgrade: h2c, websocket"),
        HANDSHAKE.replace("keep-alive, Upgrade", "keep-alive"),
    ] {
        let (_, answer) = opens(stage, "/dossier", &format!("{lines}Cookie: {{session}}\r\n"));
        assert_eq!(answer.status, 200, "{what:?} {lines}");
        let received = stage.gateway.application.only();
        assert_eq!(received.values("upgrade"), [""; 0], "{what:?} {lines}");
    }
    let twice = HANDSHAKE.replace("Upgrade: websocket", "Upgrade: h2c\r\nUpgrade: websocket");
    opens(stage, "/dossier", &format!("{twice}Cookie: {{session}}\r\n"));
    for received in stage.gateway.application.received() {
        let protocols = received.values("upgrade");
        assert!(
            !protocols.iter().any(|each| each.contains("h2c")),
            "{what:?} {protocols:?}"
        );
    }
}
