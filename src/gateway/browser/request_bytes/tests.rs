//! hyper behind the scanner finds the requests that a strict reading finds, and no others.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use proptest::prelude::*;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::gateway::read_through::ReadThrough;

/// Target and content of a request; no content if it broke off.
type Found = (String, Option<Vec<u8>>);

/// What hyper finds when the bytes come in these pieces, and what it answers.
fn served(pieces: &[&[u8]]) -> (Vec<Found>, String) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (mut near, far) = tokio::io::duplex(1024 * 1024);
        let found: Arc<Mutex<Vec<Found>>> = Arc::default();
        let written = Arc::clone(&found);
        let service = service_fn(move |request: http::Request<Incoming>| {
            let written = Arc::clone(&written);
            async move {
                let target = request.uri().to_string();
                let body = request.into_body().collect().await.ok();
                let body = body.map(|body| body.to_bytes().to_vec());
                written.lock().unwrap().push((target, body));
                Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::new())))
            }
        });
        let stream = ReadThrough::new(far, RequestBytes::new(SharedState::default(), BOUNDS));
        let serving = tokio::spawn(async move {
            let mut server = http1::Builder::new();
            server
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10));
            drop(server.serve_connection(TokioIo::new(stream), service).await);
        });
        for piece in pieces {
            // It may have closed already.
            drop(near.write_all(piece).await);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(near.shutdown().await);
        let mut answers = Vec::new();
        near.read_to_end(&mut answers).await.unwrap();
        serving.await.unwrap();
        let found = found.lock().unwrap().clone();
        (found, String::from_utf8(answers).unwrap())
    })
}

/// The same, read from a whole that nobody cut into pieces: the reading of RFC 9112 without its leniences.
fn strictly(mut rest: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    loop {
        rest = rest.strip_prefix(b"\r\n").unwrap_or(rest);
        let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") else {
            return found;
        };
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap().split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1"), None) =
            (first.next(), first.next(), first.next(), first.next())
        else {
            return found;
        };
        let fields: Vec<_> = lines
            .map(|line| line.split_once(':').unwrap_or((" ", "")))
            .collect();
        let is_odd = |text: &str| text.contains(['\n', '\r', '\0']);
        if method.is_empty()
            || !method.bytes().all(|byte| byte.is_ascii_alphanumeric())
            || !target.starts_with('/')
            || is_odd(target)
            || fields.iter().any(|(name, value)| {
                name.contains([' ', '\n', '\r', '\0']) || name.is_empty() || is_odd(value)
            })
        {
            return found;
        }
        let framing = fields.iter().filter(|(name, _)| {
            ["content-length", "transfer-encoding"].contains(&name.to_lowercase().as_str())
        });
        let framing: Vec<_> = framing
            .map(|(name, value)| (name.to_lowercase(), value.trim()))
            .collect();
        rest = &rest[end + 4..];
        let content = match framing.as_slice() {
            [] => Some((0, Vec::new())),
            [(name, value)] if name == "content-length" => {
                let length = value.parse().unwrap();
                rest.get(..length).map(|content| (length, content.to_vec()))
            }
            [(_, "chunked")] => chunks(rest),
            other => panic!("not among the pieces: {other:?}"),
        };
        found.push((
            target.to_owned(),
            content.as_ref().map(|(_, content)| content.clone()),
        ));
        let Some((length, _)) = content else {
            return found;
        };
        rest = &rest[length..];
    }
}

/// How long the chunks are with their trailers, and what they hold.
fn chunks(all: &[u8]) -> Option<(usize, Vec<u8>)> {
    let (mut rest, mut content) = (all, Vec::new());
    loop {
        let size = line(&mut rest)?;
        let size = std::str::from_utf8(size).ok()?.split(';').next()?;
        if size.is_empty() || !size.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        content.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    loop {
        match line(&mut rest)? {
            [] => break,
            trailer => {
                let name = trailer.split(|byte| *byte == b':').next()?;
                if name.len() == trailer.len() || !name.is_ascii() || name.contains(&b' ') {
                    return None;
                }
            }
        }
    }
    Some((all.len() - rest.len(), content))
}

fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.windows(2).position(|window| window == b"\r\n")?;
    let line = &rest[..end];
    *rest = &rest[end + 2..];
    (!line.iter().any(|byte| b"\n\r\0".contains(byte))).then_some(line)
}

const LONGEST_HEAD: usize = 32 * 1024;
const BOUNDS: (usize, usize) = (LONGEST_HEAD, 100);
/// Pieces of requests, good and bad, that make many strange wholes.
const PIECES: &[&[u8]] = &[
    b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET /d HTTP/1.1\r\n",
    b"cOnTent-length: 3\r\n",
    b"X-A: b\r\n",
    b"X-A: b\n",
    b"X-A: b\rX-B: c\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b"hello",
    b"0\r\n\r\n",
    b"0\r\n",
    b"5\r\nhello\r\n",
    b"3;a=b\r\nabc\r\n",
    b"3 \r\nabc\r\n",
    b"3;\0\r\nabc\r\n",
    b"2\nab\r\n",
    b"X: y\r\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_has_one_reading(
        picked in prop::collection::vec(prop::sample::select(PIECES), 1..9),
        cut in prop::collection::vec(0_usize..400, 0..4),
    ) {
        let whole = picked.concat();
        // Two framings in one head are refused by whoever reads the head, not here.
        let text = String::from_utf8_lossy(&whole).to_lowercase();
        let twice = text.split("\r\n\r\n").any(|head| head.matches("content-length").count() + head.matches("transfer-encoding").count() > 1);
        prop_assume!(!twice);
        let mut cuts: Vec<usize> = cut.into_iter().map(|at| at % (whole.len() + 1)).collect();
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &whole[ends[0]..ends[1]]).collect();
        let (found, answers) = served(&pieces);
        prop_assert_eq!(found, strictly(&whole), "{:?}", answers);
    }
}

const HEAD: &str = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";

fn statuses(answers: &str) -> Vec<&str> {
    let answers = answers.split("HTTP/1.1 ").skip(1);
    answers.map(|answer| answer.split(' ').next().unwrap()).collect()
}

#[test]
fn every_head_of_a_connection_is_looked_at() {
    for (malformed, length) in [
        ("GET /2 HTTP/1.1\nHost: a\r\n\r\n", 0),
        ("GET /2 HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n", 0),
        ("GET /2 HTTP/1.1\r\nHost: a\r\n\n", 0),
        ("\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", 0),
        ("\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", 0),
        ("\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", 1),
    ] {
        for before in [
            "",
            HEAD,
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\nh\r\n0\r\nA: b\r\n\r\n",
        ] {
            let (found, answers) = served(&[before.as_bytes(), malformed.as_bytes()]);
            let served = usize::from(!before.is_empty()) + length;
            assert_eq!(found.len(), served, "{malformed:?} {found:?}");
            assert_eq!(
                statuses(&answers).last(),
                Some(if length == 0 { &"400" } else { &"200" }),
                "{malformed:?} {answers}"
            );
        }
    }
}

#[test]
fn a_line_that_comes_byte_by_byte_is_the_same_line() {
    let whole = b"POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\nX: y\r\n\r\n";
    let pieces: Vec<&[u8]> = whole.chunks(1).collect();
    let (found, answers) = served(&pieces);
    assert_eq!(found, [("/1".to_owned(), Some(b"hello world".to_vec()))]);
    assert_eq!(statuses(&answers), ["200", "400"]);
}

#[test]
fn a_chunk_is_spelled_in_one_way() {
    let head = "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunk in [
        "2\r\nhi\r\n0\r\n\r\n",
        "02;a=\"b\"\r\nhi\r\n0;e\r\nX: y\r\n\r\n",
        "2 ;a\r\nhi\r\n00\r\n\r\n",
    ] {
        let (found, _) = served(&[head.as_bytes(), chunk.as_bytes(), HEAD.as_bytes()]);
        assert_eq!(found.len(), 2, "{chunk:?}");
        assert_eq!(found[0].1.as_deref(), Some(&b"hi"[..]), "{chunk:?}");
    }
    for chunk in [
        "2 \r\nhi\r\n0\r\n\r\n",
        "2\t\r\nhi\r\n0\r\n\r\n",
        " 2\r\nhi\r\n0\r\n\r\n",
        "2;\0\r\nhi\r\n0\r\n\r\n",
        "2;\x7f\r\nhi\r\n0\r\n\r\n",
        "2;a\nhi\r\n0\r\n\r\n",
        "2\nhi\r\n0\r\n\r\n",
        "0x2\r\nhi\r\n0\r\n\r\n",
        "+2\r\nhi\r\n0\r\n\r\n",
        "2_0\r\nhi\r\n0\r\n\r\n",
        "10000000000000002\r\nhi\r\n0\r\n\r\n",
        "2\r\nhi\n0\r\n\r\n",
        "2\r\nhiXX\r\n0\r\n\r\n",
        "2\r\nhi\r\n0\r\n\n",
        "2\r\nhi\r\n0\r\nX: y\n\r\n",
        "\r\n2\r\nhi\r\n0\r\n\r\n",
    ] {
        let (found, answers) = served(&[head.as_bytes(), chunk.as_bytes(), HEAD.as_bytes()]);
        assert_eq!(found, [("/1".to_owned(), None)], "{chunk:?} {answers}");
    }
}

#[test]
fn what_makes_a_framing_ambiguous_is_the_last_field_that_is_read() {
    for fields in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 2",
        "Content-Length: 2\r\nContent-Length: 2",
        "Content-Length: 0\r\nContent-Length: 0",
        "Content-Length: 00",
        "Content-Length: 02",
        "Transfer-Encoding: gzip, chunked",
    ] {
        let whole = format!("POST /1 HTTP/1.1\r\nHost: a\r\n{fields}\r\nX-A: b\r\n\r\n0\r\n\r\n{HEAD}");
        for cut in [1, whole.len()] {
            let mut stream = ReadThrough::new(
                whole.as_bytes(),
                RequestBytes::new(SharedState::default(), BOUNDS),
            );
            let mut read = Vec::new();
            for _ in 0..whole.len() {
                let mut piece = vec![0; cut];
                let mut buffer = ReadBuf::new(&mut piece);
                let mut cx = Context::from_waker(std::task::Waker::noop());
                if Pin::new(&mut stream).poll_read(&mut cx, &mut buffer).is_ready() {
                    read.extend_from_slice(buffer.filled());
                }
            }
            let expected =
                format!("POST /1 HTTP/1.1\r\nHost: a\r\n{fields}\r\nContent_Length: ambiguous\r\n\r\n");
            assert_eq!(String::from_utf8(read).unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn a_tunnel_is_nobodys_business() {
    let (mut near, far) = tokio::io::duplex(1024);
    let around = SharedState::default();
    let opaque = around.opaque.clone();
    let mut stream = ReadThrough::new(far, RequestBytes::new(around, BOUNDS));
    near.write_all(b"\n\n").await.unwrap();
    opaque.begin();
    let mut read = [0; 2];
    stream.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"\n\n");
}

#[tokio::test]
async fn of_a_line_without_an_end_no_more_is_kept_than_a_head_may_have() {
    let (mut near, far) = tokio::io::duplex(64 * 1024);
    let mut stream = ReadThrough::new(far, RequestBytes::new(SharedState::default(), BOUNDS));
    let sending = tokio::spawn(async move {
        near.write_all(b"GET /1 HTTP/1.1\r\nCookie: ").await.unwrap();
        for _ in 0..64 {
            near.write_all(&[b'a'; 16 * 1024]).await.unwrap();
        }
        near.write_all(b"\r\nHost: a\r\n\r\n").await.unwrap();
    });
    let mut block = vec![0; 16 * 1024];
    while let Ok(read) = stream.read(&mut block).await
        && read > 0
    {
        let kept = stream.look().scanner.kept();
        assert!(kept <= LONGEST_HEAD, "{kept}");
    }
    sending.await.unwrap();
    assert!(stream.look().end.is_none(), "the lines had proper ends");
}

#[tokio::test(start_paused = true)]
async fn whoever_was_refused_and_goes_on_byte_by_byte_is_let_go() {
    let (mut near, far) = tokio::io::duplex(1024);
    let mut stream = ReadThrough::new(far, RequestBytes::new(SharedState::default(), BOUNDS));
    near.write_all(b"GET /1 HTTP/1.1\n").await.unwrap();
    let mut block = [0; 64];
    drop(stream.read(&mut block).await);
    let trickle = tokio::spawn(async move {
        while near.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(800)).await;
        }
    });
    let closed = tokio::time::timeout(Duration::from_secs(6), stream.shutdown());
    assert!(closed.await.is_ok());
    trickle.abort();
}

/// What hyper would read of bytes that come in these pieces, as far as it goes, and whether a head was cut.
fn read_of(whole: &[u8], piece: usize) -> (String, bool) {
    let around = SharedState::default();
    let long = Arc::clone(&around.long);
    let mut stream = ReadThrough::new(whole, RequestBytes::new(around, BOUNDS));
    let mut read = Vec::new();
    for _ in 0..=whole.len() {
        let mut block = vec![0; piece];
        let mut buffer = ReadBuf::new(&mut block);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        if Pin::new(&mut stream).poll_read(&mut cx, &mut buffer).is_ready() {
            read.extend_from_slice(buffer.filled());
        }
    }
    (String::from_utf8(read).unwrap(), long.is_cut())
}

#[test]
fn a_head_with_more_fields_than_it_may_have_ends_after_those_that_it_may() {
    let head = |fields: usize| {
        let fields = (0..fields).map(|number| format!("X-{number}: {number}\r\n"));
        format!("GET /1 HTTP/1.1\r\n{}\r\n", fields.collect::<String>())
    };
    for piece in [1, 7, 64 * 1024] {
        let whole = head(BOUNDS.1).repeat(2);
        assert_eq!(read_of(whole.as_bytes(), piece), (whole, false), "{piece}");
        for many in [BOUNDS.1 + 1, 1000] {
            let whole = format!("{HEAD}{}", head(many));
            let expected = format!("{HEAD}{}", head(BOUNDS.1));
            assert_eq!(read_of(whole.as_bytes(), piece), (expected, true), "{piece}");
        }
    }
}

#[test]
fn extensions_of_chunks_end_here_and_are_bounded_by_what_they_announce() {
    let head = "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let signed = |data: &str| {
        let signature = "a1b2c3d4".repeat(8);
        format!("{:x};chunk-signature={signature}\r\n{data}\r\n", data.len())
    };
    let plain = |data: &str| format!("{:x}\r\n{data}\r\n", data.len());
    let data = "x".repeat(64);
    for piece in [1, 7, 100, 64 * 1024] {
        let whole = format!(
            "{head}{}{}\r\n",
            signed(&data).repeat(2000),
            "0;chunk-signature=b\r\n"
        );
        let expected = format!("{head}{}0\r\n\r\n", plain(&data).repeat(2000));
        let (read, _) = read_of(whole.as_bytes(), piece);
        assert!(read == expected, "{piece}");
    }
    // Two hundred times what they announce.
    let (read, _) = read_of(format!("{head}{}", signed("x").repeat(2000)).as_bytes(), 1000);
    let taken = read.matches("1\r\nx\r\n").count();
    assert!((100..400).contains(&taken), "{taken}");
}

#[test]
fn whoever_asks_for_a_websocket_and_speaks_before_the_answer_is_not_heard() {
    let ask = "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
    for (early, piece) in [("\n\x01", 1), ("\n\x01", 4096), (HEAD, 1), (HEAD, 4096)] {
        let (read, _) = read_of(format!("{ask}{early}").as_bytes(), piece);
        assert_eq!(read, ask, "{early:?}");
    }
    // Another protocol is never agreed to.
    let other = ask.replace("WebSocket", "h2c");
    let whole = format!("{other}{HEAD}");
    assert_eq!(read_of(whole.as_bytes(), 4096).0, whole);
}
