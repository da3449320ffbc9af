//! What an application answers: a browser gets one answer with one end, over HTTP/1.1 and HTTP/2, and nobody gets the rest.
//! Area D, the way back.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use crate::cases;
use crate::listener::stage::Secure;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::upstream::Reply;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The answer over HTTP/1.1. The connection goes on: the next request on it gets its own answer.
fn over_http_1(stage: &Secure, method: &str, said: &str) -> Answer {
    let mut client = RawClient::connect(stage.tunnel.address());
    let head = |method| format!("{method} /public HTTP/1.1\r\nHost: {}\r\n\r\n", stage.host());
    let answer = client.send(head(method)).try_answer(method);
    let answer = answer.unwrap_or_else(|error| panic!("{said:.80?}: {error}"));
    is_own(&client.send(head("GET")).answer(), said);
    answer
}

/// The same over HTTP/2.
fn over_http_2(stage: &Secure, method: &str, said: &str) -> Answer {
    let (h2, url) = (stage.h2(), stage.url("/public"));
    let answer = h2.send(method, &url, &[], "");
    let answer = answer.unwrap_or_else(|error| panic!("{said:.80?}: {error}"));
    is_own(&h2.get(&url, &[]), said);
    answer
}

fn is_own(answer: &Answer, said: &str) {
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (200, "own"),
        "{said:.80?}"
    );
}

/// The answer over both, when the application says the same.
fn both(stage: &Secure, method: &str, said: &str) -> [Answer; 2] {
    let application = &stage.scene.application;
    application.next(Reply::bytes(said));
    let one = over_http_1(stage, method, said);
    application.next(Reply::bytes(said));
    let two = over_http_2(stage, method, said);
    [one, two]
}

/// Every byte that comes over HTTP/1.1 until the end of the connection.
fn every_byte(stage: &Secure, fields: &str) -> String {
    let mut stream = TcpStream::connect(stage.tunnel.address()).unwrap();
    let host = stage.host();
    let head = format!("GET /public HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn surplus(stage: &Secure) {
    let application = &stage.scene.application;
    for surplus in ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "evil", "\r\n"] {
        application.forget();
        for answer in both(stage, "GET", &format!("{OK}{surplus}")) {
            assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "{surplus}");
        }
        let connections: Vec<usize> = application
            .received()
            .iter()
            .map(|received| received.connection)
            .collect();
        assert!(
            connections[0] != connections[1] && connections[2] != connections[3],
            "{connections:?}"
        );
    }
}

fn two_ends(stage: &Secure) {
    let chunks = "4\r\nevil\r\n0\r\n\r\n";
    for head in [
        "200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked",
        "200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2",
        "200 OK\r\nContent-Length: 4\r\nContent-Length: 4",
        "200 OK\r\nContent-Length: 4\r\nContent-Length: 2",
        "200 OK\r\nContent-Length: 4, 4",
        "200 OK\r\nContent-Length: 04",
        "200 OK\r\nContent-Length: +4",
        "200 OK\r\nContent-Length: 18446744073709551616",
        "200 OK\r\nContent-Length: ",
        "200 OK\r\nTransfer-Encoding: gzip, chunked",
        "200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "200 OK\r\nTransfer-Encoding: identity",
        "200 OK\r\nTransfer-Encoding: chunked, identity",
        "200 OK\r\nX-A: a\0b\r\nContent-Length: 4",
        "200 OK\r\nX-A: a\rX-B: b\r\nContent-Length: 4",
        "200 OK\r\nX-A: a\r\n b\r\nContent-Length: 4",
        "200 OK\r\nX-A : a\r\nContent-Length: 4",
        "200 OK\r\nno field\r\nContent-Length: 4",
        "99999 OK\r\nContent-Length: 4",
        "20 OK\r\nContent-Length: 4",
        "abc OK\r\nContent-Length: 4",
        "099 OK\r\nContent-Length: 4",
    ] {
        for answer in both(stage, "GET", &format!("HTTP/1.1 {head}\r\n\r\n{chunks}")) {
            assert_eq!(answer.status, 502, "{head}");
            assert!(!answer.text().contains("evil"), "{head}");
        }
    }
    for line in [
        "HTTP/1.2 200 OK",
        "HTTP/2.0 200 OK",
        "200 OK",
        "SSH-2.0-x",
        "http/1.1 200 OK",
    ] {
        for answer in both(stage, "GET", &format!("{line}\r\nContent-Length: 4\r\n\r\nevil")) {
            assert_eq!(answer.status, 502, "{line}");
        }
    }
    // Bare line feeds become whole ones.
    let bare = "HTTP/1.1 200 OK\nX-A: b\nContent-Length: 2\n\nok";
    let [one, two] = both(stage, "GET", bare);
    let text = String::from_utf8(one.head.clone()).unwrap();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text}");
    for answer in [one, two] {
        assert_eq!((answer.field("x-a"), answer.text().as_str()), (Some("b"), "ok"));
    }
}

fn of_the_connection(stage: &Secure) {
    let said = "HTTP/1.1 200 OK\r\nConnection: X-Keep, keep-alive\r\nX-Keep: 1\r\nKeep-Alive: timeout=5\r\n\
                Proxy-Authenticate: Basic\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\nTrailer: X-T\r\nTE: gzip\r\n\
                Transfer_Encoding: chunked\r\nContent_Length: 9\r\ncontent.length: 9\r\nX-Guichet-Sub: evil\r\n\
                X_Guichet_Assertion: evil\r\nSet-Cookie: __Host-guichet-session-fc=evil; Path=/; Secure\r\nX-Stays: 1\r\n\
                Content-Length: 2\r\n\r\nok";
    for answer in both(stage, "GET", said) {
        let names: Vec<&str> = answer.fields.iter().map(|(name, _)| name.as_str()).collect();
        let ours = ["date", "strict-transport-security"];
        let theirs: Vec<&&str> = names.iter().filter(|name| !ours.contains(name)).collect();
        assert_eq!(theirs, [&"x-stays", &"content-length"]);
        assert_eq!(answer.text(), "ok");
    }
}

fn contents_where_none_belong(stage: &Secure) {
    for (method, status, length) in [
        ("HEAD", "200 OK", Some("4")),
        ("GET", "204 No Content", None),
        ("GET", "304 Not Modified", None),
        ("POST", "204 No Content", None),
    ] {
        let said = format!("HTTP/1.1 {status}\r\nX-A: b\r\nContent-Length: 4\r\n\r\nevil");
        for answer in both(stage, method, &said) {
            assert!(status.starts_with(&answer.status.to_string()), "{said}");
            assert_eq!(answer.field("content-length"), length, "{method} {status}");
            assert_eq!((answer.field("x-a"), answer.text().as_str()), (Some("b"), ""));
        }
        let chunked =
            format!("HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n");
        for answer in both(stage, method, &chunked) {
            assert_eq!(answer.field("transfer-encoding"), None, "{method} {status}");
            assert_eq!(answer.text(), "");
        }
    }
}

fn interim_answers(stage: &Secure) {
    let application = &stage.scene.application;
    let hints =
        "HTTP/1.1 103 Early Hints\r\nSet-Cookie: evil=1\r\nX-Guichet-Sub: evil\r\nLink: </evil>\r\n\r\n";
    let fifty = "HTTP/1.1 100 Continue\r\n\r\n".repeat(50);
    for before in [
        hints,
        &fifty,
        "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 199 Odd\r\nEvil: 1\r\n\r\n",
    ] {
        application.next(Reply::bytes(format!("{before}{OK}")));
        let bytes = every_byte(stage, "");
        assert!(bytes.starts_with("HTTP/1.1 200 OK\r\n"), "{bytes}");
        assert_eq!(bytes.matches("HTTP/1.1").count(), 1, "{bytes}");
        assert!(!bytes.contains("evil"), "{bytes}");
        application.next(Reply::bytes(format!("{before}{OK}")));
        assert_eq!(over_http_2(stage, "GET", before).text(), "ok");
    }
    // Without an end: it is not waited for until nobody waits any more.
    let flood = hints.repeat(8_000);
    let unasked = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    for said in [flood.as_str(), unasked] {
        for answer in both(stage, "GET", said) {
            assert_eq!(answer.status, 502, "{said:.60}");
        }
    }
}

fn trailers(stage: &Secure) {
    let application = &stage.scene.application;
    let said = "HTTP/1.1 200 OK\r\nTrailer: Set-Cookie, X-T\r\nTransfer-Encoding: chunked\r\n\r\n2;evil=1\r\nok\r\n0\r\n\
                Set-Cookie: __Host-guichet-session-fc=evil; Path=/; Secure\r\nX-T: evil\r\n\r\n";
    for fields in ["", "TE: trailers\r\n"] {
        application.next(Reply::bytes(said));
        let bytes = every_byte(stage, fields);
        assert!(bytes.ends_with("\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "{bytes}");
        assert!(
            !bytes.to_lowercase().contains("evil") && !bytes.to_lowercase().contains("trailer"),
            "{bytes}"
        );
    }
    application.next(Reply::bytes(said));
    let answer = stage.h2().get(&stage.url("/public"), &[("te", "trailers")]);
    assert_eq!((answer.text().as_str(), answer.field("trailer")), ("ok", None));
}

cases! {
    Proof<Secure>,
    run = on({
        let stage = Secure::start();
        stage.scene.application.otherwise(Reply::new(200, &[], "own"));
        stage
    }),
    rows = [
        Proof { ids: &["T119"], sentence: "what follows an answer is nobody's", holds: surplus },
        Proof { ids: &["T120"], sentence: "an answer that can be read in two ways is none", holds: two_ends },
        Proof { ids: &["T121"], sentence: "what belongs to the connection stays on it, and what is ours is not said", holds: of_the_connection },
        Proof { ids: &["T123"], sentence: "where no content belongs there is none, and nobody follows", holds: contents_where_none_belong },
        Proof { ids: &["T124"], sentence: "interim answers end here, and have an end", holds: interim_answers },
        Proof { ids: &["T125"], sentence: "trailers end here", holds: trailers },
    ]
}
