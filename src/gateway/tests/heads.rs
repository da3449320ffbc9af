//! What is written in a head, in both directions.

use super::application::Application;
use super::application::Reply;
use super::browser::Browser;
use super::browser::status;
use super::house::House;
use super::house::PassAll;
use super::house::app;
use super::house::at;
use super::house::telemetry;
use crate::judge::AnswerCache;
use crate::routing::upstream::HostHeader;
use crate::routing::upstream::Upstream;

#[tokio::test]
async fn the_application_receives_exactly_these_bytes() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    browser
        .send(
            "GET /a%20b/c?x=%2e%2e&y= HTTP/1.1\r\n\
             Host: A.example:8100\r\n\
             Accept: */*\r\n\
             X_Guichet_Status: evil\r\n\
             x-guichet-status: evil\r\n\
             X-Forwarded-For: 6.6.6.6\r\n\
             Cookie: a=1; guichet-session-fc=S\r\n\
             Authorization: Basic eA==\r\n\
             Cookie: b=2\r\n\
             Connection: close, X-Mine, X-Guichet-Status, X-Forwarded-For\r\n\
             X-Mine: 1\r\n\
             TE: trailers\r\n\
             Upgrade: websocket\r\n\r\n",
        )
        .await;
    assert_eq!(status(&browser.answer().await), "200");
    assert_eq!(
        application.only(),
        "GET /a%20b/c?x=%2e%2e&y= HTTP/1.1\r\n\
         host: A.example:8100\r\n\
         accept: */*\r\n\
         authorization: Basic eA==\r\n\
         cookie: a=1; b=2\r\n\
         x-forwarded-for: 127.0.0.1\r\n\
         x-forwarded-proto: https\r\n\
         x-forwarded-host: A.example:8100\r\n\
         x-forwarded-port: 8100\r\n\
         x-guichet-status: authenticated\r\n\r\n"
    );
}

#[tokio::test]
async fn a_port_that_goes_without_saying_is_not_added_to_the_host() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    assert_eq!(status(&Browser::at(house.address).await.get("/").await), "200");
    let received = application.only();
    assert!(received.contains("\r\nhost: a.example\r\n"), "{received}");
    assert!(
        received.contains("\r\nx-forwarded-host: a.example\r\n"),
        "{received}"
    );
    assert!(received.contains("\r\nx-forwarded-port: 443\r\n"), "{received}");
}

#[tokio::test]
async fn an_application_can_hear_its_own_name() {
    let application = Application::content().await;
    let authority = application.address.to_string();
    let house = House::of(PassAll {
        telemetry: telemetry(),
        app: app(Upstream {
            host_header: HostHeader::Upstream,
            ..at(application.address)
        }),
        cache: AnswerCache::AsItIs,
    })
    .await;
    assert_eq!(status(&Browser::at(house.address).await.get("/").await), "200");
    let received = application.only();
    assert!(
        received.contains(&format!("\r\nhost: {authority}\r\n")),
        "{received}"
    );
    assert!(
        received.contains("\r\nx-forwarded-host: a.example\r\n"),
        "{received}"
    );
}

#[tokio::test]
async fn a_body_is_framed_as_the_browser_framed_it() {
    for (head, body, framing) in [
        ("GET / HTTP/1.1\r\n", "", None),
        ("POST / HTTP/1.1\r\n", "", None),
        (
            "POST / HTTP/1.1\r\nContent-Length: 0\r\n",
            "",
            Some("content-length: 0"),
        ),
        (
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n",
            "abc",
            Some("content-length: 3"),
        ),
        (
            "GET / HTTP/1.1\r\nContent-Length: 3\r\n",
            "abc",
            Some("content-length: 3"),
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
            "3\r\nabc\r\n0\r\n\r\n",
            Some("transfer-encoding: chunked"),
        ),
        (
            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
            "3;ext=1\r\nabc\r\n0\r\n\r\n",
            Some("transfer-encoding: chunked"),
        ),
    ] {
        let application = Application::content().await;
        let house = House::before(application.address).await;
        let mut browser = Browser::at(house.address).await;
        browser.send(&format!("{head}Host: a\r\n\r\n{body}")).await;
        assert_eq!(status(&browser.answer().await), "200", "{head}");
        let received = application.only();
        let framed = received
            .lines()
            .filter(|line| line.starts_with("content-length") || line.starts_with("transfer-encoding"));
        let framed: Vec<&str> = framed.collect();
        assert_eq!(framed, framing.into_iter().collect::<Vec<_>>(), "{head}");
        let sent = received.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(sent, body.replace(";ext=1", ""), "{head}");
    }
}

#[tokio::test]
async fn a_trailer_ends_here() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    browser
        .send(
            "POST / HTTP/1.1\r\nHost: a\r\nTrailer: X-Guichet-Sub\r\nTransfer-Encoding: chunked\r\n\r\n\
             3\r\nabc\r\n0\r\nX-Guichet-Sub: evil\r\n\r\n",
        )
        .await;
    assert_eq!(status(&browser.answer().await), "200");
    let received = application.only();
    assert!(received.ends_with("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "{received}");
    assert!(!received.to_lowercase().contains("trailer"), "{received}");
}

#[tokio::test]
async fn an_answer_is_relayed_as_it_is() {
    let application = Application::saying(
        "HTTP/1.1 401 Whatever\r\n\
         Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n\
         Server: old\r\n\
         WWW-Authenticate: Basic\r\n\
         WWW-Authenticate: Bearer\r\n\
         Set-Cookie: a=1\r\n\
         Set-Cookie: __Host-guichet-session-fc=evil; Path=/; Secure\r\n\
         Set-Cookie: b=2\r\n\
         X-Guichet-Status: evil\r\n\
         X-Frame-Options: DENY\r\n\
         Set-Cookie: a=3\r\n\
         Keep-Alive: timeout=5\r\n\
         Connection: keep-alive, X-Mine\r\n\
         X-Mine: 1\r\n\
         Content-Length: 5\r\n\r\nhello",
    )
    .await;
    let house = House::before(application.address).await;
    assert_eq!(
        Browser::at(house.address).await.get("/").await,
        "HTTP/1.1 401 Unauthorized\r\n\
         date: Mon, 01 Jan 2024 00:00:00 GMT\r\n\
         server: old\r\n\
         www-authenticate: Basic\r\n\
         www-authenticate: Bearer\r\n\
         set-cookie: a=1\r\n\
         set-cookie: b=2\r\n\
         set-cookie: a=3\r\n\
         x-frame-options: DENY\r\n\
         content-length: 5\r\n\r\nhello"
    );
}

#[tokio::test]
async fn an_answer_about_a_person_is_private() {
    let application = Application::content().await;
    let house = House::of(PassAll {
        telemetry: telemetry(),
        app: app(at(application.address)),
        cache: AnswerCache::PrivateUnlessSaid,
    })
    .await;
    let answer = Browser::at(house.address).await.get("/").await;
    assert!(
        answer.contains("\r\ncache-control: private, no-store\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn answers_without_a_body_keep_their_fields_and_but_for_head_the_connection() {
    let application = Application::answering(|seen, _| {
        let answer = match seen.raw.split(' ').nth(1).unwrap() {
            "/head" => "HTTP/1.1 200 OK\r\nContent-Length: 42\r\nX-A: 1\r\n\r\n",
            "/head-chunked" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n",
            "/204" => "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
            "/304" => "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nX-A: 1\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast",
        };
        Reply::Say(answer.to_owned())
    })
    .await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    browser
        .send(
            "HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n\
             HEAD /head-chunked HTTP/1.1\r\nHost: a\r\n\r\n\
             GET /204 HTTP/1.1\r\nHost: a\r\n\r\n\
             GET /304 HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\"\r\n\r\n\
             GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        )
        .await;
    let all = browser.rest().await;
    let mut parts = Vec::new();
    for part in all.split("HTTP/1.1 ").skip(1) {
        let lines = part.lines().filter(|line| !line.starts_with("date: "));
        parts.push(lines.collect::<Vec<_>>().join("|"));
    }
    assert_eq!(
        parts,
        [
            "200 OK|content-length: 42|x-a: 1|",
            "200 OK|x-a: 1|",
            "204 No Content|x-a: 1|",
            "304 Not Modified|etag: \"x\"|x-a: 1|",
            "200 OK|content-length: 4|connection: close||last",
        ]
    );
    let seen = application.seen();
    assert!(
        seen[3].raw.contains("if-none-match: \"x\""),
        "validators reach the application"
    );
    let connections: Vec<_> = seen.iter().map(|seen| seen.connection).collect();
    assert_eq!(
        connections,
        [0, 1, 2, 2, 2],
        "one carries them all but what HEAD asked"
    );
}

#[tokio::test]
async fn interim_answers_stay_and_an_unasked_switch_is_an_error() {
    let application = Application::answering(|seen, _| {
        Reply::Say(if seen.raw.starts_with("GET /switch") {
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n".to_owned()
        } else {
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                .to_owned()
        })
    })
    .await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    let answer = browser.get("/").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(!answer.contains("link"), "{answer}");
    assert_eq!(status(&browser.get("/switch").await), "502");
    assert_eq!(status(&browser.get("/").await), "200");
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_an_error() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 03\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
    ] {
        let application = Application::saying(answer).await;
        let house = House::before(application.address).await;
        let got = Browser::at(house.address).await.get("/").await;
        assert_eq!(status(&got), "502", "{answer}: {got}");
        assert_eq!(application.seen().len(), 1, "not asked twice: {answer}");
    }
}

#[tokio::test]
async fn what_is_refused_never_reaches_the_application() {
    for (raw, expected) in [
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.0\r\n\r\n", "400"),
        ("GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX-Guichet-Sub : evil\r\n\r\n", "400"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\rX-Guichet-Sub: evil\r\n\r\n",
            "400",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n X-Guichet-Sub: evil\r\n\r\n",
            "400",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nab",
            "400",
        ),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\n",
            "400",
        ),
    ] {
        let application = Application::content().await;
        let house = House::before(application.address).await;
        let mut browser = Browser::at(house.address).await;
        browser.send(raw).await;
        let answer = browser.rest().await;
        assert_eq!(status(&answer), expected, "{raw}");
        assert!(application.seen().is_empty(), "{raw}");
    }
}

#[tokio::test]
async fn a_line_feed_alone_ends_no_line_in_any_head_of_a_connection() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    for before in ["", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let mut browser = Browser::at(house.address).await;
        browser
            .send(&format!(
                "{before}GET /2 HTTP/1.1\r\nHost: a\r\nX-A: b\nX-Guichet-Sub: evil\r\n\r\n"
            ))
            .await;
        let answers = browser.rest().await;
        assert_eq!(
            answers.matches("HTTP/1.1 200 OK").count(),
            usize::from(!before.is_empty())
        );
        assert_eq!(
            answers.matches("HTTP/1.1 400 Bad Request").count(),
            1,
            "{answers}"
        );
    }
    let received = application.only();
    assert!(received.starts_with("GET /1 "), "{received}");
}

#[tokio::test]
async fn an_old_browser_is_served_and_let_go() {
    let application =
        Application::saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
            .await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    browser.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n").await;
    let answer = browser.rest().await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    assert!(application.only().starts_with("GET / HTTP/1.1\r\n"));
}

#[tokio::test]
async fn heads_are_bounded() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    let many = "X-A: 1\r\n".repeat(100);
    let long = format!("X-Long: {}\r\n", "x".repeat(40 * 1024));
    for fields in [many, long] {
        let mut browser = Browser::at(house.address).await;
        // It may be refused before all of it is written.
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let sent = tokio::io::AsyncWriteExt::write_all(&mut browser.stream, head.as_bytes()).await;
        assert_eq!(status(&browser.rest().await), "431", "{sent:?}");
    }
    assert!(application.seen().is_empty());
}
