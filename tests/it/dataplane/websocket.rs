//! Sockets: which handshake reaches the application and in which words, which answer opens a tunnel, and what one carries.

use std::thread;
use std::time::Duration;

use crate::cases;
use crate::support::gateway::Place;
use crate::support::provider::Alg;
use crate::support::raw::Answer;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::ASSERTION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::signed_in::SignedIn;
use crate::support::table::Proof;
use crate::support::upstream::Reply;
use crate::support::wait::until;

/// The key of RFC 6455, section 1.3, and the answer to it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Everything that a browser says, but the request line, `Host` and its cookies.
pub(crate) fn handshake() -> String {
    format!(
        "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
    )
}

/// The application agrees, and then gives everything back.
pub(crate) fn agrees() -> Reply {
    Reply::echo(agreement(ACCEPT))
}

fn agreement(accept: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\
         Sec-WebSocket-Protocol: chat\r\nKeep-Alive: timeout=5\r\n\r\n"
    )
}

/// A request with these lines on a connection that stays.
fn asked(stage: &SignedIn, request_line: &str, lines: &str) -> (RawClient, Answer) {
    let mut client = RawClient::connect(stage.scene.gateway.address());
    client.send(format!(
        "{request_line} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n",
        stage.host()
    ));
    let answer = client.try_answer(request_line.split(' ').next().unwrap());
    (client, answer.unwrap())
}

/// Zoé's handshake.
fn opened(stage: &SignedIn, more: &str) -> (RawClient, Answer) {
    let lines = format!("{}Cookie: {}\r\n{more}", handshake(), stage.cookie);
    asked(stage, "GET /dossier", &lines)
}

fn another_protocol_is_not_forwarded(stage: &SignedIn) {
    for (connection, upgrade) in [
        ("Upgrade, HTTP2-Settings", "h2c"),
        ("Upgrade, HTTP2-Settings", "h2c, websocket"),
        ("Upgrade", "TLS/1.3"),
    ] {
        stage.scene.application.forget();
        let lines = format!(
            "Connection: {connection}\r\nUpgrade: {upgrade}\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
        );
        let (mut client, answer) = asked(stage, "GET /public", &lines);
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
        let received = stage.scene.application.only();
        for gone in ["upgrade", "connection", "http2-settings"] {
            assert_eq!(received.values(gone), [""; 0], "{upgrade}");
        }
        assert_eq!(client.afterwards(), Connection::Open);

        // Nor is it believed when the application speaks it all the same.
        let h2c = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
        stage.scene.application.next(Reply::echo(h2c));
        let (_, answer) = asked(stage, "GET /public", &lines);
        assert_eq!(answer.status, 502);
    }
}

fn an_upgrade_that_the_connection_does_not_name_is_none(stage: &SignedIn) {
    let lines = handshake().replace("keep-alive, Upgrade", "keep-alive");
    let (mut client, answer) = asked(stage, "GET /public", &lines);
    assert_eq!(answer.status, 200);
    let received = stage.scene.application.only();
    assert_eq!(
        (received.values("upgrade"), received.values("connection")),
        (vec![], vec![])
    );
    assert_eq!(client.afterwards(), Connection::Open);
}

fn only_a_get_without_a_body_opens_a_socket(stage: &SignedIn) {
    for (request_line, more) in [
        ("POST /public", "Content-Length: 2\r\n\r\nab"),
        ("POST /public", "Content-Length: 0\r\n"),
        ("GET /public", "Content-Length: 2\r\n\r\nab"),
        ("GET /public", "Transfer-Encoding: chunked\r\n\r\n0\r\n"),
        ("HEAD /public", ""),
    ] {
        let (mut client, answer) = asked(stage, request_line, &format!("{}{more}", handshake()));
        assert_eq!(answer.status, 400, "{request_line} {more}");
        client.until_closed();
    }
    assert_eq!(stage.scene.application.byte_count(), 0);
    let without = handshake().replace("keep-alive, Upgrade", "keep-alive");
    let (_, answer) = asked(
        stage,
        "POST /public",
        &format!("{without}Content-Length: 2\r\n\r\nab"),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(stage.scene.application.only().values("upgrade"), [""; 0]);
}

/// Whatever the application answered but 101: the bytes that follow are a request like any other, judged like any other.
fn is_no_tunnel(stage: &SignedIn, client: &mut RawClient) {
    stage.scene.application.forget();
    client.send(format!(
        "GET /dossier HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n\r\n",
        stage.host()
    ));
    assert_eq!(client.answer().status, 401);
    assert_eq!(stage.scene.application.byte_count(), 0);
    assert_eq!(stage.scene.application.echoed(), "");
}

fn a_refused_handshake_smuggles_nothing(stage: &SignedIn) {
    for (version, reply) in [
        (
            "1337",
            Reply::new(
                426,
                &[("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")],
                "",
            ),
        ),
        ("1337", Reply::echo(agreement(ACCEPT))),
        (
            "13",
            Reply::new(
                426,
                &[("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")],
                "",
            ),
        ),
    ] {
        let believed = version == "1337";
        stage.scene.application.forget();
        stage.scene.application.next(reply);
        let lines = handshake().replace(": 13\r\n", &format!(": {version}\r\n"));
        let (mut client, answer) = asked(stage, "GET /public", &lines);
        let asked_for = stage.scene.application.only().values("upgrade");
        assert_eq!(asked_for.is_empty(), believed, "{version}");
        assert!([426, 502].contains(&answer.status), "{version} {}", answer.status);
        assert_eq!(answer.field("upgrade"), None);
        is_no_tunnel(stage, &mut client);
    }
}

fn nobody_switches_unasked(stage: &SignedIn) {
    stage.scene.application.next(agrees());
    let (mut client, answer) = asked(stage, "GET /public", "");
    assert_eq!(answer.status, 502);
    assert_eq!(answer.field("upgrade"), None);
    is_no_tunnel(stage, &mut client);
}

fn an_agreement_is_believed_whole_or_not(stage: &SignedIn) {
    let right = agreement(ACCEPT);
    for wrong in [
        agreement("s3pPLMBiTxaQ9kYGzzhZRbK+xOO="),
        agreement(KEY),
        right.replace(&format!("Sec-WebSocket-Accept: {ACCEPT}\r\n"), ""),
        right.replace("Upgrade: websocket", "Upgrade: h2c"),
        right.replace("Connection: Upgrade", "Connection: close"),
        right.replace("\r\n\r\n", &format!("\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n")),
    ] {
        stage.scene.application.forget();
        stage.scene.application.next(Reply::echo(wrong.clone()));
        let (mut client, answer) = asked(stage, "GET /public", &handshake());
        assert_eq!(answer.status, 502, "{wrong}");
        is_no_tunnel(stage, &mut client);
    }
    until("the connections are let go", || {
        stage.scene.application.open_connections() == 0
    });
}

fn an_ordinary_answer_opens_nothing(stage: &SignedIn) {
    let fields = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", ACCEPT),
    ];
    stage.scene.application.next(Reply::new(200, &fields, "no"));
    let (mut client, answer) = opened(stage, "");
    assert_eq!((answer.status, answer.text().as_str()), (200, "no"));
    assert_eq!(
        (answer.field("upgrade"), answer.field("connection")),
        (None, None)
    );
    let handshake = stage.scene.application.only().connection;
    is_no_tunnel(stage, &mut client);
    // Nobody follows on the application's connection either.
    assert_eq!(stage.ask_as_zoe("GET /dossier").status, 200);
    assert_ne!(stage.scene.application.only().connection, handshake);
}

fn a_handshake_carries_what_any_request_does(stage: &SignedIn) {
    let application = &stage.scene.application;
    application.next(agrees());
    let forged = "X-Guichet-Assertion: eyJ\r\nX_Guichet_Sub: evil\r\nx-guichet-sub: evil\r\nX-Forwarded-For: 6.6.6.6\r\n\
                  Sec-WebSocket-Protocol: chat, eyJhbGciOiJub25lIn0.e30.\r\nX-Own: 1\r\n";
    let (mut client, answer) = opened(stage, forged);
    assert_eq!(answer.status, 101);
    assert_eq!(answer.fields("upgrade"), ["websocket"]);
    assert_eq!(answer.fields("connection"), ["Upgrade"]);
    assert_eq!(answer.fields("sec-websocket-accept"), [ACCEPT]);
    assert_eq!(answer.fields("sec-websocket-protocol"), ["chat"]);
    for gone in ["keep-alive", "content-length", "transfer-encoding"] {
        assert_eq!(answer.field(gone), None, "{gone}");
    }
    let received = application.only();
    assert_eq!(received.request_line(), "GET /dossier HTTP/1.1");
    assert_eq!(received.values(ASSERTION), [stage.assertion.as_str()]);
    assert_eq!(received.values("x-guichet-status"), ["authenticated"]);
    assert_eq!(received.values("connection"), ["Upgrade"]);
    assert_eq!(received.values("upgrade"), ["websocket"]);
    assert_eq!(received.values("sec-websocket-key"), [KEY]);
    assert_eq!(
        received.values("sec-websocket-protocol"),
        ["chat, eyJhbGciOiJub25lIn0.e30."]
    );
    assert_eq!(received.values("x-own"), ["1"]);
    assert_eq!(received.values("x-forwarded-for"), ["127.0.0.1"]);
    assert!(!received.contains("evil") && !received.contains(&stage.cookie));

    // Bytes pass both ways, whatever they say.
    let said = "GET /admin HTTP/1.1\r\nX-Guichet-Sub: evil\r\n\r\n";
    client.send(said);
    assert_eq!(client.hears(said.len()).unwrap(), said);
    client.finish();
    assert!(client.until_closed().is_empty());
    until("the application is let go", || {
        application.open_connections() == 0
    });

    // Nobody gets one without a session, and none is opened for nobody.
    application.forget();
    let (_, answer) = asked(
        stage,
        "GET /dossier",
        &format!("{}Sec-Fetch-Mode: websocket\r\n", handshake()),
    );
    assert_eq!(answer.status, 401);
    assert_eq!(application.byte_count(), 0);
}

/// Before the answer nobody knows what its bytes are: the next request, or the first of a socket.
fn whoever_speaks_before_the_answer_is_not_heard(stage: &SignedIn) {
    let application = &stage.scene.application;
    let host = stage.host();
    let ask = format!("GET /public HTTP/1.1\r\nHost: {host}\r\n{}\r\n", handshake());
    for early in [
        "\u{1}frame\nframe",
        "GET /public/early HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        for pause in [0, 300] {
            application.forget();
            application.next(agrees().after(Duration::from_millis(800)));
            let mut client = RawClient::connect(stage.scene.gateway.address());
            if pause == 0 {
                client.send(format!("{ask}{early}"));
            } else {
                client.send(&ask);
                until("the handshake", || application.received().len() == 1);
                client.send(early);
            }
            assert!(client.until_closed().is_empty(), "{early:?} {pause}");
            until("the application is let go", || {
                application.open_connections() == 0
            });
            assert_eq!(application.echoed(), "", "{early:?} {pause}");
            assert!(application.received().len() < 2, "{early:?} {pause}");
        }
    }
}

fn origin_and_host_are_the_browsers(stage: &SignedIn) {
    let application = &stage.scene.application;
    for origin in [
        format!("http://{}", stage.host()),
        "https://demarches.ville.example".to_owned(),
    ] {
        application.forget();
        application.next(agrees());
        let (_, answer) = opened(stage, &format!("Origin: {origin}\r\n"));
        assert_eq!(answer.status, 101);
        let received = application.only();
        assert_eq!(received.values("origin"), [origin.as_str()]);
        assert_eq!(received.values("host"), [stage.host()]);
        assert_eq!(received.values(ASSERTION), [stage.assertion.as_str()]);
    }
}

cases! {
    Proof<SignedIn>,
    run = {
        let stage = SignedIn::start();
        move |row: &Proof<SignedIn>| {
            stage.scene.application.forget();
            (row.holds)(&stage);
        }
    },
    rows = [
        Proof { ids: &["T128"], sentence: "another protocol than WebSocket is not forwarded, and never believed", holds: another_protocol_is_not_forwarded },
        Proof { ids: &["T130"], sentence: "an upgrade that Connection does not name is none", holds: an_upgrade_that_the_connection_does_not_name_is_none },
        Proof { ids: &["T131"], sentence: "only a GET without a body opens a socket", holds: only_a_get_without_a_body_opens_a_socket },
        Proof { ids: &["T132"], sentence: "what follows a refused handshake is a request like any other", holds: a_refused_handshake_smuggles_nothing },
        Proof { ids: &["T133"], sentence: "an application that switches unasked is not believed", holds: nobody_switches_unasked },
        Proof { ids: &["T134"], sentence: "an agreement is believed in every part, or not at all", holds: an_agreement_is_believed_whole_or_not },
        Proof { ids: &["T135"], sentence: "an ordinary answer to a handshake opens nothing", holds: an_ordinary_answer_opens_nothing },
        Proof { ids: &[], sentence: "whoever speaks before the answer to a handshake is not heard", holds: whoever_speaks_before_the_answer_is_not_heard },
        Proof { ids: &["T138"], sentence: "a handshake is stripped and signed as any request is", holds: a_handshake_carries_what_any_request_does },
        Proof { ids: &["F050"], sentence: "Origin and Host of a handshake are the browser's, byte for byte", holds: origin_and_host_are_the_browsers },
    ]
}

/// A scene without anybody, with a line more for its application.
fn scene_with(line: &'static str) -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |_: &Place, usual| {
        usual.replace("plain_headers = ", &format!("{line}\nplain_headers = "))
    })
}

fn socket(scene: &Scene) -> RawClient {
    scene.application.next(agrees());
    let mut client = RawClient::connect(scene.gateway.address());
    let host = scene.host();
    client.send(format!(
        "GET /public HTTP/1.1\r\nHost: {host}\r\n{}\r\n",
        handshake()
    ));
    assert_eq!(client.answer().status, 101);
    client
}

#[test]
fn a_silent_socket_ends_after_its_own_time_and_is_told() {
    let scene = scene_with("websocket_idle_timeout = \"400ms\"\nidle_timeout = \"50ms\"");
    let mut client = socket(&scene);
    // It moves now and then, more slowly than a body may.
    for _ in 0..4 {
        thread::sleep(Duration::from_millis(200));
        client.send("abc");
        assert_eq!(client.hears(3).unwrap(), "abc");
    }
    assert!(client.until_closed().is_empty());
    until("the application is let go", || {
        scene.application.open_connections() == 0
    });
    let line = |scene: &Scene| scene.gateway.logs().lines_with("status=101");
    until("it is told", || line(&scene).len() == 1);
    let told = line(&scene).remove(0);
    for part in ["bytes=12", "reason=\"idle\"", "app=\"urbanisme\""] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_socket_holds_its_place_and_is_counted_until_it_ends() {
    let scene = scene_with("max_connections = 2");
    let (mut one, two) = (socket(&scene), socket(&scene));
    let active = "http_server_active_requests{app=\"urbanisme\"} 2";
    assert!(scene.gateway.metrics().contains(active));
    assert_eq!(scene.ask("/public", "").status, 503);
    one.finish();
    assert!(one.until_closed().is_empty());
    until("there is a place", || scene.ask("/public", "").status == 200);
    // The application ends the other one.
    scene.application.stop();
    let mut two = two;
    assert!(two.until_closed().is_empty());
    let told = || scene.gateway.logs().lines_with("status=101").len();
    until("both are told", || told() == 2);
}

#[test]
fn whoever_does_not_read_is_not_read_for() {
    let scene = scene_with("");
    let client = socket(&scene);
    // Everything that is given back waits: with us, in the sockets, and then with the sender.
    let all = 128 * 1024 * 1024;
    let taken = client.pours(all, Duration::from_millis(500));
    assert!(taken < all, "all of it was taken");
}
