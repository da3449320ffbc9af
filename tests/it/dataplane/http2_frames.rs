//! What HTTP/1.1 cannot say, and what an HTTP/2 request may not: malformed streams are refused where they stand, and nothing
//! of them reaches the application.

use crate::cases;
use crate::listener::stage::SESSION;
use crate::listener::stage::Secure;
use crate::support::browser::Browser;
use crate::support::frames::END_HEADERS;
use crate::support::frames::END_STREAM;
use crate::support::frames::Field;
use crate::support::frames::Frames;
use crate::support::frames::Outcome;
use crate::support::frames::data;
use crate::support::frames::headers;
use crate::support::frames::pseudo;
use crate::support::provider::to_the_provider;
use crate::support::scene::ASSERTION;
use crate::support::table::Proof;
use crate::support::tunnel::Tunnel;
use crate::support::upstream::Reply;
use crate::support::wait::until;

/// A gateway with TLS, and a way into it for frames.
struct Stage {
    secure: Secure,
    tunnel: Tunnel,
}

impl Stage {
    fn start() -> Self {
        let secure = Secure::start();
        let client = secure.authority.client("h2");
        let tunnel = Tunnel::into_tls(secure.scene.gateway.address(), client, "localhost");
        Self { secure, tunnel }
    }

    fn frames(&self) -> Frames {
        Frames::connect(self.tunnel.address())
    }

    /// A request for an open page with these in the place of the usual pseudo-fields of the same name, and these beside them.
    fn asked(&self, changed: &[Field<'_>], flags: u8) -> Vec<u8> {
        let host = self.secure.host();
        let usual = pseudo("GET", &host, "/public");
        let is_changed = |name: &[u8]| changed.iter().any(|(each, _)| *each == name);
        let usual = usual.iter().filter(|(name, _)| !is_changed(name));
        let (pseudo, beside): (Vec<Field<'_>>, Vec<Field<'_>>) =
            changed.iter().partition(|(name, _)| name.starts_with(b":"));
        let all: Vec<Field<'_>> = usual.copied().chain(pseudo).chain(beside).collect();
        headers(1, flags | END_HEADERS, &all)
    }

    /// What becomes of these frames on a connection of their own: no byte of them reaches the application, the stream or the
    /// connection is refused, and somebody else is served.
    fn refuses(&self, what: &str, frames: &[u8]) -> Outcome {
        let application = &self.secure.scene.application;
        application.forget();
        let mut client = self.frames();
        client.send(frames);
        let outcome = client.outcome(1);
        if let Outcome::Answered(status) = outcome {
            assert!((400..500).contains(&status), "{what}: {status}");
        }
        assert_eq!(
            application.byte_count(),
            0,
            "{what}: {:#?}",
            application.received()
        );
        self.serves_somebody_else();
        outcome
    }

    fn serves_somebody_else(&self) {
        let answer = self.secure.h2().get(&self.secure.url("/public"), &[]);
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
    }
}

fn an_extended_connect_is_not_offered(stage: &Stage) {
    let connect: [Field<'_>; 2] = [(b":method", b"CONNECT"), (b":protocol", b"websocket")];
    for path in ["/dossier", "/public", "/_guichet/login"] {
        let all = [&connect[..], &[(b":path", path.as_bytes())]].concat();
        let outcome = stage.refuses(path, &stage.asked(&all, 0));
        assert!(matches!(outcome, Outcome::Reset(_)), "{path}: {outcome:?}");
    }
    // Nor the plain one, to anywhere.
    let host = stage.secure.host();
    let plain: [Field<'_>; 2] = [(b":method", b"CONNECT"), (b":authority", host.as_bytes())];
    stage.refuses("CONNECT", &headers(1, END_HEADERS, &plain));
}

fn no_line_of_http_1_is_written_by_http_2(stage: &Stage) {
    let beside: [Field<'_>; 14] = [
        (b"x-a", b"1\r\nx-guichet-sub: evil"),
        (b"x-a", b"1\nx-guichet-sub: evil"),
        (b"x-a", b"1\rx"),
        (b"x-a", b"1\0"),
        (b"x-a: 1\r\nx-guichet-sub", b"evil"),
        (b"x:a", b"1"),
        (b"x a", b"1"),
        (b"X-A", b"1"),
        (b"", b"1"),
        (b"x-a\0", b"1"),
        (b"host", b"evil.example"),
        (b":path", b"/dossier"),
        (b":x", b"1"),
        (b":status", b"200"),
    ];
    for field in beside {
        let what = String::from_utf8_lossy(field.0).into_owned();
        let frames = match field.0 {
            // A second one, and behind a field of another kind.
            b":path" => {
                let host = stage.secure.host();
                let all = [&pseudo("GET", &host, "/public")[..], &[(b"x-a", b"1"), field]].concat();
                headers(1, END_HEADERS | END_STREAM, &all)
            }
            _ => stage.asked(&[field], END_STREAM),
        };
        stage.refuses(&what, &frames);
    }
    let changed: [Field<'_>; 15] = [
        (b":path", b"/public HTTP/1.1\r\nx-guichet-sub: evil\r\n\r\n"),
        (b":path", b"/public x"),
        (b":path", b"/public\t"),
        (b":path", b""),
        (b":path", b"public"),
        (b":path", b"*"),
        (b":method", b"GET /dossier HTTP/1.1\r\nx: "),
        (b":method", b"GET x"),
        (b":method", b""),
        (b":authority", b"localhost/dossier"),
        (b":authority", b"localhost evil"),
        (b":authority", b"evil@localhost"),
        (b":authority", b""),
        (b":scheme", b"https\r\nx-guichet-sub: evil"),
        (b":scheme", b"https://localhost/dossier?"),
    ];
    for field in changed {
        let what = String::from_utf8_lossy(&[field.0, b" ", field.1].concat()).into_owned();
        stage.refuses(&what, &stage.asked(&[field], END_STREAM));
    }
    for missing in [&b":method"[..], b":scheme", b":path", b":authority"] {
        let host = stage.secure.host();
        let usual = pseudo("GET", &host, "/public");
        let left: Vec<Field<'_>> = usual.into_iter().filter(|(name, _)| *name != missing).collect();
        let what = String::from_utf8_lossy(missing).into_owned();
        stage.refuses(&what, &headers(1, END_HEADERS | END_STREAM, &left));
    }
}

fn fields_of_a_connection_have_no_place_in_a_stream(stage: &Stage) {
    let fields: [Field<'_>; 8] = [
        (b"transfer-encoding", b"chunked"),
        (b"connection", b"x-guichet-sub"),
        (b"connection", b"close"),
        (b"upgrade", b"websocket"),
        (b"keep-alive", b"timeout=5"),
        (b"proxy-connection", b"keep-alive"),
        (b"te", b"gzip"),
        (b"te", b"trailers, gzip"),
    ];
    for field in fields {
        let what = String::from_utf8_lossy(field.0).into_owned();
        let outcome = stage.refuses(&what, &stage.asked(&[field], END_STREAM));
        assert!(matches!(outcome, Outcome::Reset(_)), "{what}: {outcome:?}");
    }
}

fn a_length_that_the_content_does_not_have_is_no_request(stage: &Stage) {
    let application = &stage.secure.scene.application;
    let post: Field<'_> = (b":method", b"POST");
    let smuggled = b"GET /dossier HTTP/1.1\r\nHost: h\r\n\r\n";
    for (length, parts) in [
        ("3", &[(&b"12345"[..], END_STREAM)][..]),
        ("3", &[(b"12", 0), (b"345", END_STREAM)]),
        ("0", &[(smuggled, END_STREAM)]),
        ("5", &[(b"123", END_STREAM)]),
        ("5", &[(b"123", 0), (b"", END_STREAM)]),
    ] {
        application.forget();
        let mut client = stage.frames();
        let head = stage.asked(&[post, (b"content-length", length.as_bytes())], 0);
        let content = parts.iter().flat_map(|(content, flags)| data(1, *flags, content));
        client.send(&head.into_iter().chain(content).collect::<Vec<u8>>());
        let outcome = client.outcome(1);
        assert!(
            matches!(outcome, Outcome::Reset(_)),
            "{length} {parts:?}: {outcome:?}"
        );
        // It may have begun; it is never whole, and nobody follows it.
        until("the application is let go", || {
            application.open_connections() == 0
        });
        for received in application.received() {
            assert_eq!(received.values("content-length"), [length], "{received:?}");
            assert!(received.wire_body.is_empty() && length != "0", "{received:?}");
        }
        application.forget();
        stage.serves_somebody_else();
        assert_eq!(application.only().request_line(), "GET /public HTTP/1.1");
    }
    for length in ["+3", "3, 3", "-1", "0x3", "03", "99999999999999999999", ""] {
        let head = stage.asked(&[post, (b"content-length", length.as_bytes())], 0);
        stage.refuses(length, &[head, data(1, END_STREAM, b"123")].concat());
    }
    let twice: [Field<'_>; 3] = [post, (b"content-length", b"3"), (b"content-length", b"5")];
    stage.refuses(
        "twice",
        &[stage.asked(&twice, 0), data(1, END_STREAM, b"123")].concat(),
    );
    let early = stage.asked(&[post, (b"content-length", b"3")], END_STREAM);
    stage.refuses("the end of the stream in its head", &early);
}

/// Of trailers nothing passes, whatever they call themselves.
fn nothing_of_trailers_passes(stage: &Stage) {
    let application = &stage.secure.scene.application;
    let trailers: [Field<'_>; 4] = [
        (b":path", b"/dossier"),
        (b":method", b"GET"),
        (b"x-guichet-sub", b"evil"),
        (b"x-own", b"evil"),
    ];
    for trailer in trailers {
        application.forget();
        let mut client = stage.frames();
        let head = stage.asked(&[(b":method", b"POST")], 0);
        let end = headers(1, END_HEADERS | END_STREAM, &[trailer]);
        client.send(&[head, data(1, 0, b"123"), end].concat());
        let outcome = client.outcome(1);
        assert!(
            matches!(outcome, Outcome::Answered(200) | Outcome::Reset(_)),
            "{outcome:?}"
        );
        for received in application.received() {
            assert_eq!(received.request_line(), "POST /public HTTP/1.1");
            assert!(
                !received.contains("evil") && !received.contains("/dossier"),
                "{received:?}"
            );
        }
        assert!(application.received().len() <= 1);
        stage.serves_somebody_else();
    }
}

fn no_scheme_is_another_policy(stage: &Stage) {
    let application = &stage.secure.scene.application;
    for scheme in ["HtTpS", "HTTPS", "http", "HTTP", "ftp", "ws", ""] {
        for (path, fields) in [
            ("/public", vec![]),
            ("/dossier", vec![("cookie", stage.secure.cookie.as_str())]),
        ] {
            application.forget();
            let fields = fields
                .iter()
                .map(|(name, value): &(&str, &str)| (name.as_bytes(), value.as_bytes()));
            let changed: Vec<Field<'_>> = [(&b":scheme"[..], scheme.as_bytes()), (b":path", path.as_bytes())]
                .into_iter()
                .chain(fields)
                .collect();
            let mut client = stage.frames();
            client.send(&stage.asked(&changed, END_STREAM));
            match client.outcome(1) {
                Outcome::Answered(200) => {
                    let received = application.only();
                    assert_eq!(received.values("x-forwarded-proto"), ["https"], "{scheme}");
                    assert_eq!(received.request_line(), format!("GET {path} HTTP/1.1"));
                    assert_eq!(received.values(ASSERTION).len(), usize::from(path == "/dossier"));
                }
                Outcome::Answered(status) => {
                    assert!((400..500).contains(&status), "{scheme}: {status}");
                    assert_eq!(application.byte_count(), 0);
                }
                Outcome::Reset(_) | Outcome::Ended(_) => assert_eq!(application.byte_count(), 0),
            }
        }
        // Whoever has no session is not let in by it, nor led to plain http.
        application.forget();
        let mut client = stage.frames();
        client.send(&stage.asked(
            &[(b":scheme", scheme.as_bytes()), (b":path", b"/dossier")],
            END_STREAM,
        ));
        let outcome = client.outcome(1);
        assert!(!matches!(outcome, Outcome::Answered(200)), "{scheme}");
        assert_eq!(application.byte_count(), 0);
    }
    let provider = &stage.secure.scene.provider;
    for asked in provider.requests_to("/authorize") {
        assert!(!asked.query.contains("redirect_uri=http%3A"), "{}", asked.query);
    }
}

fn each_stream_is_somebody_of_its_own(stage: &Stage) {
    let secure = &stage.secure;
    let browser = Browser::new();
    let origin = format!("https://{}", secure.host());
    browser.reaches(&origin, secure.tunnel.address());
    let page = to_the_provider(&browser, &format!("{origin}/dossier"));
    secure.scene.provider.sign_in(&browser, &page, 1);
    let other = format!("{SESSION}={}", browser.cookie("localhost", SESSION).unwrap());

    let application = &secure.scene.application;
    let host = secure.host();
    // The answers wait for each other, so that all of them are under way together.
    let ok = Reply::new(200, &[], "ok").after(std::time::Duration::from_millis(200));
    application.forget();
    application.otherwise(ok);
    let mut client = stage.frames();
    let accepts: Field<'_> = (b"accept", b"application/json");
    let cookies = [
        Some(&secure.cookie),
        None,
        Some(&other),
        Some(&secure.cookie),
        None,
    ];
    for (stream, cookie) in (1..).step_by(2).zip(cookies) {
        let cookie = cookie.map(|cookie| (&b"cookie"[..], cookie.as_bytes()));
        let fields: Vec<Field<'_>> = cookie.into_iter().chain([accepts]).collect();
        let path = format!("/dossier/{stream}");
        assert!(client.get(stream, (&host, &path), &fields));
    }
    let outcomes: Vec<Outcome> = (1..)
        .step_by(2)
        .take(5)
        .map(|stream| client.outcome(stream))
        .collect();
    assert_eq!(outcomes, [200, 401, 200, 200, 401].map(Outcome::Answered));
    application.otherwise(Reply::new(200, &[], "ok"));
    let mut told: Vec<(String, String)> = application
        .received()
        .iter()
        .map(|received| (received.request_line(), received.values("x-guichet-sub").concat()))
        .collect();
    told.sort();
    let subjects: Vec<&str> = told.iter().map(|(_, subject)| subject.as_str()).collect();
    let lines: Vec<&str> = told.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(
        lines,
        [1, 5, 7].map(|stream| format!("GET /dossier/{stream} HTTP/1.1"))
    );
    assert_eq!(subjects[0], subjects[2]);
    assert_ne!(subjects[0], subjects[1]);
}

cases! {
    Proof<Stage>,
    run = {
        let stage = Stage::start();
        move |row: &Proof<Stage>| (row.holds)(&stage)
    },
    rows = [
        Proof { ids: &["T139"], sentence: "an extended CONNECT is not offered", holds: an_extended_connect_is_not_offered },
        Proof { ids: &["T140"], sentence: "no line of HTTP/1.1 is written by HTTP/2", holds: no_line_of_http_1_is_written_by_http_2 },
        Proof { ids: &["T141"], sentence: "fields of a connection have no place in a stream", holds: fields_of_a_connection_have_no_place_in_a_stream },
        Proof { ids: &["T142"], sentence: "a length that the content does not have is no request", holds: a_length_that_the_content_does_not_have_is_no_request },
        Proof { ids: &["T144"], sentence: "no scheme is another policy", holds: no_scheme_is_another_policy },
        Proof { ids: &["T152"], sentence: "each stream is somebody of its own", holds: each_stream_is_somebody_of_its_own },
        Proof { ids: &[], sentence: "nothing of trailers passes, whatever they call themselves", holds: nothing_of_trailers_passes },
    ]
}
