use super::*;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::raw::exchange;

#[test]
fn a_request_is_kept_byte_for_byte() {
    let upstream = Upstream::start();
    let sent = "POST /a%2Fb?x HTTP/1.1\r\nhOsT: h\r\nX-A:  1 \r\nX-A: 2\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nT: v\r\n\r\n";
    let answer = exchange(upstream.address(), sent);
    let received = upstream.only();
    assert_eq!((answer.status, answer.text()), (200, "ok".to_owned()));
    assert_eq!(received.bytes(), sent.as_bytes());
    assert_eq!(received.body, b"abc");
    assert_eq!(received.request_line(), "POST /a%2Fb?x HTTP/1.1");
    assert_eq!(received.values("x-a"), ["1", "2"]);
    assert!(received.contains("T: v") && !received.contains("T: w"));
    assert_eq!(upstream.url(), format!("http://{}", upstream.address()));
}

#[test]
fn a_kept_connection_takes_several_requests_and_is_one_connection() {
    let upstream = Upstream::start();
    upstream.next(Reply::new(404, &[("X-A", "1"), ("X-A", "2")], "no"));
    let mut client = RawClient::connect(upstream.address());
    let first = client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n").answer();
    let second = client.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n").answer();
    assert_eq!(
        (first.status, first.fields("x-a"), second.status),
        (404, vec!["1", "2"], 200)
    );
    assert_eq!(client.afterwards(), Connection::Open);
    assert_eq!((upstream.received().len(), upstream.connection_count()), (2, 1));
    assert!(
        upstream
            .received()
            .iter()
            .all(|received| received.connection == 1)
    );
}

#[test]
fn a_connection_that_the_application_ends_is_seen_as_closed() {
    let upstream = Upstream::start();
    upstream.next(Reply::new(200, &[], "bye").then_close());
    let mut client = RawClient::connect(upstream.address());
    assert_eq!(client.send("GET / HTTP/1.1\r\n\r\n").answer().text(), "bye");
    assert_eq!(client.afterwards(), Connection::Closed);

    upstream.next(Reply::hang_up());
    let mut client = RawClient::connect(upstream.address());
    assert!(client.send("GET / HTTP/1.1\r\n\r\n").try_answer("GET").is_err());
}

#[test]
fn an_idle_connection_is_closed_when_told_so() {
    let upstream = Upstream::start();
    upstream.close_idle_after(Duration::from_millis(20));
    let mut client = RawClient::connect(upstream.address());
    assert_eq!(client.send("GET / HTTP/1.1\r\n\r\n").answer().status, 200);
    assert_eq!(client.afterwards(), Connection::Closed);
}

#[test]
fn an_answer_can_come_before_the_body_or_late_or_with_an_interim_one() {
    let upstream = Upstream::start();
    upstream.next(Reply::new(413, &[], "").before_the_body().then_close());
    let early = exchange(upstream.address(), "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(early.status, 413);

    upstream.otherwise(
        Reply::bytes("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 Done\r\n\r\n").after(Duration::from_millis(10)),
    );
    let late = exchange(upstream.address(), "GET / HTTP/1.1\r\n\r\n");
    assert_eq!((late.status, late.interim), (204, vec![103]));
    assert!(late.head.starts_with(b"HTTP/1.1 204"));
}

#[test]
fn a_silent_application_says_nothing_and_keeps_the_connection() {
    let upstream = Upstream::start();
    upstream.next(Reply::silence());
    let mut client = RawClient::connect(upstream.address());
    client.send("GET / HTTP/1.1\r\n\r\n");
    assert_eq!(client.afterwards(), Connection::Open);
    client.finish();
    assert_eq!(client.afterwards(), Connection::Closed);
}

#[test]
fn bytes_that_make_no_request_are_counted_too() {
    let upstream = Upstream::start();
    let mut client = RawClient::connect(upstream.address());
    assert_eq!(upstream.byte_count(), 0);
    assert_eq!(client.send("GET / HT").afterwards(), Connection::Open);
    assert_eq!((upstream.byte_count(), upstream.received().len()), (8, 0));
    upstream.forget();
    assert_eq!(upstream.byte_count(), 0);
}

#[test]
fn bytes_that_nobody_asked_for_are_seen() {
    let upstream = Upstream::start();
    upstream.next(Reply::bytes(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 666",
    ));
    let mut client = RawClient::connect(upstream.address());
    client.send("GET / HTTP/1.1\r\n\r\n").answer();
    assert_eq!(client.afterwards(), Connection::Speaks(b"HTTP/1.1 666".to_vec()));
}

#[test]
fn a_stopped_application_is_not_there() {
    let upstream = Upstream::start();
    upstream.stop();
    assert!(TcpStream::connect(upstream.address()).is_err());
}
