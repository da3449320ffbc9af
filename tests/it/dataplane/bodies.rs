//! Contents and connections: one that breaks off is no request, and nobody follows on what it left. Area D, what takes more
//! than one head.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::signed_in::SignedIn;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::upstream::Received;
use crate::support::upstream::Reply;
use crate::support::wait::until;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A request that stands where a content should.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

fn connect(stage: &SignedIn) -> RawClient {
    stage.scene.application.forget();
    RawClient::connect(stage.scene.gateway.address())
}

/// Each head has a number: what an earlier one left may reach the application when that has forgotten everything.
static HEADS: AtomicUsize = AtomicUsize::new(0);

fn head(stage: &SignedIn, request_line: &str, fields: &str) -> String {
    let number = HEADS.fetch_add(1, Ordering::Relaxed) + 1;
    format!(
        "{request_line} HTTP/1.1\r\nHost: {}\r\nX-Head: {number}\r\n{fields}\r\n",
        stage.host()
    )
}

/// Whether the request came with all of its content.
fn is_whole(received: &Received) -> bool {
    match received.values("content-length").first() {
        Some(length) => received.wire_body.len().to_string() == *length,
        None => received.values("transfer-encoding").is_empty() || !received.wire_body.is_empty(),
    }
}

/// The application saw nothing whole of what was sent just now, and the next request comes on another connection.
fn left_nothing(stage: &SignedIn, why: &str) {
    let application = &stage.scene.application;
    let earlier = HEADS.load(Ordering::Relaxed).saturating_sub(1).to_string();
    let mut broken = application.received();
    broken.retain(|received| received.values("x-head") != [earlier.as_str()]);
    assert!(broken.len() < 2, "{why}: {broken:#?}");
    assert!(
        broken.iter().all(|received| !is_whole(received)),
        "{why}: {broken:#?}"
    );
    goes_elsewhere(stage, &broken, why);
}

/// The next request comes on a connection that brought none of these, and gets its own answer.
fn goes_elsewhere(stage: &SignedIn, before: &[Received], why: &str) {
    let application = &stage.scene.application;
    application.at("/public/next", Reply::new(200, &[], "next"));
    let answer = stage.ask("GET /public/next", "");
    assert_eq!((answer.status, answer.text().as_str()), (200, "next"), "{why}");
    let received = application.received();
    let next = received
        .iter()
        .find(|received| received.request_line().contains("/public/next"))
        .unwrap();
    assert!(
        before
            .iter()
            .all(|received| received.connection != next.connection),
        "{why}: {received:#?}"
    );
}

/// Each content is refused with 400, is never a whole request, and nothing after it is read.
fn break_off(stage: &SignedIn, chunks: &[&str]) {
    for chunk in chunks {
        let mut client = connect(stage);
        let head = head(stage, "POST /public", "Transfer-Encoding: chunked\r\n");
        client.send(format!("{head}{chunk}{SMUGGLED}"));
        let answer = client
            .try_answer("POST")
            .unwrap_or_else(|error| panic!("{chunk:.50?}: {error}"));
        assert_eq!(answer.status, 400, "{chunk:.50?}");
        assert_eq!(client.afterwards(), Connection::Closed, "{chunk:.50?}");
        left_nothing(stage, chunk);
    }
}

fn extensions(stage: &SignedIn) {
    let mut client = connect(stage);
    let head = head(stage, "POST /public", "Transfer-Encoding: chunked\r\n");
    client.send(format!("{head}2;a=b\r\nhi\r\n3 ; c=\"d\"\r\nabc\r\n0;e\r\n\r\n"));
    assert_eq!(client.answer().status, 200);
    let received = stage.scene.application.only();
    assert_eq!(received.body, b"hiabc");
    for gone in ["a=b", "c=", ";"] {
        assert!(!received.contains(gone), "{received:?}");
    }
    // An upload that is signed piece by piece, as some object stores want it.
    let mut client = connect(stage);
    let piece = format!(
        "400;chunk-signature={}\r\n{}\r\n",
        "5a".repeat(32),
        "x".repeat(0x400)
    );
    client.send(format!(
        "{head}{}0;chunk-signature={}\r\n\r\n",
        piece.repeat(250),
        "5a".repeat(32)
    ));
    assert_eq!(client.answer().status, 200);
    assert_eq!(client.afterwards(), Connection::Open);
    let received = stage.scene.application.only();
    assert_eq!(received.body, vec![b'x'; 250 * 0x400]);
    assert!(!received.contains("signature"));
    let long = format!("2;{}\r\nhi\r\n0\r\n\r\n", "a".repeat(64 * 1024));
    break_off(
        stage,
        &[
            &long,
            "2;\0\r\nhi\r\n0\r\n\r\n",
            "2;a=\x1b\r\nhi\r\n0\r\n\r\n",
            "2;a=\"\x7f\"\r\nhi\r\n0\r\n\r\n",
            "2;a\rb\r\nhi\r\n0\r\n\r\n",
            &format!("1;{}\r\nx\r\n", "a".repeat(1000)).repeat(40),
        ],
    );
}

fn bare_line_feeds_between_chunks(stage: &SignedIn) {
    break_off(
        stage,
        &[
            "2;\nhi\r\n0\r\n\r\n",
            "2\nhi\r\n0\r\n\r\n",
            "2\r\nhi\n0\r\n\r\n",
            "2\r\nhi\r\n0\n\r\n",
            "2\r\nhi\r\n0\r\n\n",
            "0\r\n\n",
            "2\r\nhi\r\n0\r\nX-A: b\n\r\n",
            "2\r\nhi\r\n0\r\nX-A: b\r\n\n",
            "2\rhi\r\n0\r\n\r\n",
            "2;a\n1;b\r\nhi\r\n0\r\n\r\n",
        ],
    );
}

fn sizes(stage: &SignedIn) {
    break_off(
        stage,
        &[
            "0x2\r\nhi\r\n0\r\n\r\n",
            "+2\r\nhi\r\n0\r\n\r\n",
            "-2\r\nhi\r\n0\r\n\r\n",
            " 2\r\nhi\r\n0\r\n\r\n",
            "2 \r\nhi\r\n0\r\n\r\n",
            "2\t\r\nhi\r\n0\r\n\r\n",
            "2_0\r\nhi\r\n0\r\n\r\n",
            "2 2\r\nhi\r\n0\r\n\r\n",
            "FFFFFFFFFFFFFFFFF\r\nhi\r\n0\r\n\r\n",
            "10000000000000002\r\nhi\r\n0\r\n\r\n",
            "\r\nhi\r\n0\r\n\r\n",
            ";a\r\nhi\r\n0\r\n\r\n",
            "g\r\nhi\r\n0\r\n\r\n",
            "2,\r\nhi\r\n0\r\n\r\n",
            "2\0\r\nhi\r\n0\r\n\r\n",
        ],
    );
}

fn spills(stage: &SignedIn) {
    break_off(
        stage,
        &[
            "2\r\nhiXX\r\n0\r\n\r\n",
            "2\r\nh\r\n0\r\n\r\n",
            "2\r\nhi0\r\n\r\n",
            "2\r\nhi\rX0\r\n\r\n",
            "2\r\nhi\r\n0\r\nno field\r\n\r\n",
            "2\r\nhi\r\n0\r\n X-A: b\r\n\r\n",
        ],
    );
}

fn cut_chunks(stage: &SignedIn) {
    for cut in [
        "",
        "2\r\nhi\r\n",
        "2\r\nhi",
        "2\r\nhi\r\n0\r\n",
        "2\r\nhi\r\n0\r\nX-A: b\r\n",
        "5",
    ] {
        let mut client = connect(stage);
        let head = head(stage, "POST /public", "Transfer-Encoding: chunked\r\n");
        client.send(format!("{head}{cut}")).finish();
        let status = client.try_answer("POST").map_or(400, |answer| answer.status);
        assert_eq!(status, 400, "{cut:?}");
        left_nothing(stage, cut);
    }
}

fn empty_lines_and_garbage(stage: &SignedIn) {
    let get = head(stage, "GET /public", "");
    let mut client = connect(stage);
    assert_eq!(client.send(format!("\r\n{get}")).answer().status, 200);
    // Some clients end a content with one as well.
    let post = head(stage, "POST /public", "Content-Length: 2\r\n");
    assert_eq!(client.send(format!("{post}hi\r\n{get}")).answer().status, 200);
    assert_eq!(client.answer().status, 200);
    assert_eq!(client.afterwards(), Connection::Open);
    assert_eq!(stage.scene.application.received().len(), 3);

    let flood = "\r\n".repeat(10_000);
    for before in [
        "\r\n\r\n",
        &flood,
        "\n",
        "\0",
        " ",
        "\r",
        "\r\n \r\n",
        "\u{feff}",
        "\x16\x03\x01",
        "{}\r\n",
    ] {
        // Alone, and after another request.
        for first in ["", get.as_str()] {
            let mut client = connect(stage);
            client.send(format!("{first}{before}{get}"));
            if !first.is_empty() {
                assert_eq!(client.answer().status, 200, "{before:.20?}");
            }
            let answer = client
                .try_answer("GET")
                .unwrap_or_else(|error| panic!("{before:.20?}: {error}"));
            assert_eq!(answer.status, 400, "{before:.20?}");
            assert_eq!(client.afterwards(), Connection::Closed, "{before:.20?}");
            assert_eq!(
                stage.scene.application.received().len(),
                usize::from(!first.is_empty())
            );
        }
    }
}

/// A content whose request we answer ourselves: a form without a session.
fn answered_by_us(stage: &SignedIn) {
    let fields = format!("Content-Length: {}\r\n", SMUGGLED.len());
    let head = head(stage, "POST /dossier", &fields);
    for pieces in [
        [head.clone() + SMUGGLED, String::new()],
        [head, SMUGGLED.to_owned()],
    ] {
        let mut client = connect(stage);
        let answer = client.send(&pieces[0]).answer();
        assert_eq!(answer.status, 401, "{}", answer.text());
        assert_eq!(answer.field("connection"), Some("close"));
        client.send(&pieces[1]);
        assert_eq!(client.afterwards(), Connection::Closed);
        assert_eq!(stage.scene.application.byte_count(), 0);
    }
}

/// It comes late, and is thrown away.
fn answered_before_it_came(stage: &SignedIn) {
    let fields = format!("Content-Length: {}\r\n", SMUGGLED.len());
    let mut client = connect(stage);
    let answer = client.send(head(stage, "POST /dossier", &fields)).answer();
    assert_eq!((answer.status, answer.field("connection")), (401, Some("close")));
    thread::sleep(Duration::from_millis(300));
    client.send(SMUGGLED);
    assert_eq!(client.afterwards(), Connection::Closed);
    assert_eq!(stage.scene.application.byte_count(), 0);
}

fn contents_where_nobody_expects_them(stage: &SignedIn) {
    let length = format!("Content-Length: {}\r\n", SMUGGLED.len());
    let chunked = format!("{:x}\r\n{SMUGGLED}\r\n0\r\n\r\n", SMUGGLED.len());
    for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
        for (fields, content) in [
            (length.as_str(), SMUGGLED),
            ("Transfer-Encoding: chunked\r\n", &chunked),
        ] {
            let mut client = connect(stage);
            let head = head(stage, &format!("{method} /public"), fields);
            let answer = client
                .send(format!("{head}{content}"))
                .try_answer(method)
                .unwrap();
            assert_eq!(answer.status, 200, "{method} {fields}");
            assert_eq!(client.afterwards(), Connection::Open, "{method} {fields}");
            let received = stage.scene.application.only();
            assert_eq!(received.request_line(), format!("{method} /public HTTP/1.1"));
            assert_eq!(received.body, SMUGGLED.as_bytes());
            // An application that overlooked it would take it for the next request.
            goes_elsewhere(stage, &[received], method);
        }
    }
}

fn expectations(stage: &SignedIn) {
    let application = &stage.scene.application;
    let mut client = connect(stage);
    let wanted = head(
        stage,
        "POST /public",
        "Expect: 100-continue\r\nContent-Length: 2\r\n",
    );
    client.send(&wanted);
    // The content is asked for as soon as the application has the head.
    until("the request", || !application.received().is_empty());
    let answer = client.send("hi").try_answer("POST").unwrap();
    assert_eq!((answer.status, answer.interim.as_slice()), (200, &[100][..]));
    let received = application.only();
    assert_eq!(received.body, b"hi");
    assert_eq!(received.values("expect"), [""; 0]);

    // Where we answer ourselves, nobody asks for it.
    let mut client = connect(stage);
    let ours = head(
        stage,
        "POST /dossier",
        "Expect: 100-continue\r\nContent-Length: 2\r\n",
    );
    let answer = client.send(ours).answer();
    assert_eq!((answer.status, answer.interim.len()), (401, 0));
    assert_eq!(client.afterwards(), Connection::Closed);

    for unknown in [
        "200-ok",
        "y 100-continue",
        "100-continue, 200-ok",
        "100-continue;q=1",
        "x, 100-continue",
        "",
    ] {
        let mut client = connect(stage);
        let fields = format!("Expect: {unknown}\r\nContent-Length: {}\r\n", SMUGGLED.len());
        let answer = client
            .send(head(stage, "POST /public", &fields) + SMUGGLED)
            .answer();
        assert_eq!((answer.status, answer.interim.len()), (417, 0), "{unknown}");
        assert_eq!(client.afterwards(), Connection::Closed, "{unknown}");
        assert_eq!(application.byte_count(), 0, "{unknown}");
    }

    // An application that answers before it read the content, and would take it for the next request.
    application.next(Reply::new(413, &[], "").before_the_body());
    let mut client = RawClient::connect(stage.scene.gateway.address());
    let fields = format!("Expect: 100-continue\r\nContent-Length: {}\r\n", SMUGGLED.len());
    let answer = client.send(head(stage, "POST /public/early", &fields)).answer();
    assert_eq!(answer.status, 413);
    assert!(answer.interim.len() < 2, "{:?}", answer.interim);
    let answered = application.received();
    // When what follows the content is answered, all that is sent on of it was sent on.
    client.send(SMUGGLED);
    let after = client.send(head(stage, "GET /public/after", "")).answer();
    assert_eq!(after.status, 200);
    goes_elsewhere(stage, &answered[..1], "early answer");
}

fn two_people_on_one_connection_of_a_browser(stage: &SignedIn) {
    let mut client = connect(stage);
    let hers = head(stage, "GET /optional", &format!("Cookie: {}\r\n", stage.cookie));
    let nobodys = head(stage, "GET /optional", "");
    // Once in turn, once without waiting.
    for piece in [hers.clone(), nobodys.clone(), hers + &nobodys] {
        client.send(&piece);
        for _ in piece.matches("GET ") {
            assert_eq!(client.answer().status, 200);
        }
    }
    let received = stage.scene.application.received();
    let told: Vec<_> = received
        .iter()
        .map(|received| {
            (
                received.values("x-guichet-status"),
                received.values("x-guichet-sub").len(),
            )
        })
        .collect();
    let (zoe, nobody) = (
        (vec!["authenticated".to_owned()], 1),
        (vec!["anonymous".to_owned()], 0),
    );
    assert_eq!(told, [zoe.clone(), nobody.clone(), zoe, nobody]);
}

fn two_people_on_one_connection_to_the_application(stage: &SignedIn) {
    let (scene, other) = (&stage.scene, Browser::new());
    scene
        .provider
        .sign_in(&other, &scene.to_the_provider(&other, "/"), 1);
    let other = format!("{SESSION}={}", other.cookie("localhost", SESSION).unwrap());
    scene.application.forget();
    for turn in 0..10 {
        let (cookie, whose) = if turn % 2 == 0 {
            (&stage.cookie, "hers")
        } else {
            (&other, "his")
        };
        let own = format!("{whose} {turn}");
        scene.application.next(Reply::new(200, &[], &own));
        let fields = format!("Cookie: {cookie}\r\nX-Whose: {whose}\r\n");
        let answer = stage.ask(&format!("GET /dossier/{turn}"), fields);
        assert_eq!(answer.text(), own);
    }
    let received = scene.application.received();
    assert_eq!(received.len(), 10);
    let subject = |whose: &str| {
        let theirs = received
            .iter()
            .filter(|received| received.values("x-whose") == [whose]);
        let mut subjects: Vec<_> = theirs
            .flat_map(|received| received.values("x-guichet-sub"))
            .collect();
        assert_eq!(subjects.len(), 5, "{whose}");
        subjects.dedup();
        subjects
    };
    assert_eq!(subject("hers").len(), 1);
    assert_eq!(subject("his").len(), 1);
    assert_ne!(subject("hers"), subject("his"));
    let mut pairs = received.windows(2);
    assert!(
        pairs.any(|pair| pair[0].connection == pair[1].connection),
        "never one connection for two"
    );
}

fn gone_in_the_middle(stage: &SignedIn) {
    let application = &stage.scene.application;
    for reset in ["", "Expect: 100-continue\r\n"] {
        let mut client = connect(stage);
        client.send(head(
            stage,
            "POST /public",
            &format!("{reset}Content-Length: 1000\r\n"),
        ));
        until("the head", || !application.received().is_empty());
        if reset.is_empty() {
            client.send("the beginning of it");
        }
        let open = application.open_connections();
        // With an answer that was not read, this is a reset.
        drop(client);
        // What the application took for whole by then is what it ever takes.
        until("the end of its connection", || {
            application.open_connections() < open
        });
        left_nothing(stage, reset);
    }
}

cases! {
    Proof<SignedIn>,
    run = on({
        let stage = SignedIn::start();
        stage.scene.application.otherwise(Reply::bytes(OK));
        stage
    }),
    rows = [
        Proof { ids: &["T103"], sentence: "extensions of chunks end here, and odd or long ones are refused", holds: extensions },
        Proof { ids: &["T104"], sentence: "a bare line feed ends no line between chunks", holds: bare_line_feeds_between_chunks },
        Proof { ids: &["T105"], sentence: "the size of a chunk has one spelling", holds: sizes },
        Proof { ids: &["T106"], sentence: "a chunk is as long as it says", holds: spills },
        Proof { ids: &["T107"], sentence: "chunks that are cut off are no request", holds: cut_chunks },
        Proof { ids: &["T110"], sentence: "one empty line before a request is tolerated, and nothing else", holds: empty_lines_and_garbage },
        Proof { ids: &["T111"], sentence: "the content of a request that we answer is no request", holds: answered_by_us },
        Proof { ids: &["T112"], sentence: "nor is one that comes after the answer", holds: answered_before_it_came },
        Proof { ids: &["T113"], sentence: "a content is a content under every method", holds: contents_where_nobody_expects_them },
        Proof { ids: &["T114"], sentence: "a content is asked for once, and an unknown expectation is not met", holds: expectations },
        Proof { ids: &["T116"], sentence: "a connection of a browser knows nobody", holds: two_people_on_one_connection_of_a_browser },
        Proof { ids: &["T117"], sentence: "nor does one to the application", holds: two_people_on_one_connection_to_the_application },
        Proof { ids: &["T118"], sentence: "a browser that is gone leaves nothing that another would get", holds: gone_in_the_middle },
    ]
}
