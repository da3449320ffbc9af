//! Kept connections, and what happens when one dies under a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::application::Application;
use super::application::Reply;
use super::application::read_message;
use super::browser::Browser;
use super::browser::status;
use super::house::House;
use super::log::Log;
use crate::routing::upstream::UpstreamLimits;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Answers the first request of its first connection, and closes every later one of it when `dies` says so.
async fn dying(dies: impl Fn() -> Reply + Send + Sync + 'static) -> Application {
    Application::answering(move |seen, number| {
        if seen.connection == 0 && number > 0 {
            dies()
        } else {
            Reply::Say(OK.to_owned())
        }
    })
    .await
}

fn connections(application: &Application) -> Vec<usize> {
    application.seen().iter().map(|seen| seen.connection).collect()
}

#[tokio::test]
async fn a_connection_is_used_again_within_its_time_and_closed_after_it() {
    let application = Application::content().await;
    let limits = UpstreamLimits {
        keep_alive: Duration::from_millis(300),
        ..UpstreamLimits::default()
    };
    let house = House::with(application.address, limits).await;
    let mut browser = Browser::at(house.address).await;
    for _ in 0..3 {
        assert_eq!(status(&browser.get("/").await), "200");
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(status(&browser.get("/").await), "200");
    assert_eq!(connections(&application), [0, 0, 0, 1]);
}

#[tokio::test]
async fn a_get_that_died_on_a_kept_connection_is_sent_once_more_on_a_new_one() {
    let application = dying(|| Reply::Close).await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    assert_eq!(status(&browser.get("/1").await), "200");
    assert_eq!(status(&browser.get("/2").await), "200");
    assert_eq!(connections(&application), [0, 0, 1]);
    let seen = application.seen();
    assert_eq!(seen[1].raw, seen[2].raw, "the same bytes twice");
}

/// It answers a head at once and takes what comes after it, read or not, for the next request, as servers do that were
/// never told about the body.
#[tokio::test]
async fn what_one_visitor_sent_as_a_body_is_never_answered_to_another() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    let head = format!(
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
        hidden.len()
    );
    browser.send(&format!("{head}{hidden}")).await;
    assert_eq!(status(&browser.answer().await), "200");
    let mut other = Browser::at(house.address).await;
    assert_eq!(status(&other.get("/2").await), "200");
    let seen = application.seen();
    let second = seen.iter().find(|seen| seen.raw.starts_with("GET /2 ")).unwrap();
    assert_ne!(second.connection, seen[0].connection);
}

/// It sends the head alone, and the content a moment later: after `HEAD`, and beside a `304`.
#[tokio::test]
async fn content_where_none_belongs_is_never_the_answer_to_another() {
    let unasked = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    let length = format!("Content-Length: {}\r\n\r\n", unasked.len());
    for (asked, announced) in [
        ("HEAD /1", format!("HTTP/1.1 200 OK\r\n{length}")),
        ("GET /1", format!("HTTP/1.1 304 Not Modified\r\n{length}")),
        (
            "GET /1",
            "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        ),
    ] {
        let head = announced.clone();
        // The content comes when the next request does: the latest moment, and the worst.
        let application = Application::answering(move |seen, number| {
            Reply::Say(match (seen.connection, number) {
                (0, 0) => head.clone(),
                (0, _) => unasked.to_owned(),
                _ => OK.to_owned(),
            })
        })
        .await;
        let house = House::before(application.address).await;
        let mut browser = Browser::at(house.address).await;
        browser
            .send(&format!(
                "{asked} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            ))
            .await;
        browser.rest().await;
        let mut other = Browser::at(house.address).await;
        let answer = other.get("/2").await;
        assert!(!answer.contains("evil"), "{announced}: {answer}");
        assert_eq!(connections(&application), [0, 1], "{announced}");
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_is_whole_also_after_an_answer_in_http_1_0() {
    let application =
        Application::saying("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    assert_eq!(status(&browser.get("/1").await), "200");
    browser
        .send("POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        .await;
    assert_eq!(status(&browser.answer().await), "200");
    let seen = application.seen();
    assert!(seen[1].raw.starts_with("POST /2 HTTP/1.1\r\n"), "{seen:?}");
    assert!(seen[1].raw.ends_with("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "{seen:?}");
}

#[tokio::test]
async fn it_is_not_sent_a_third_time() {
    let application = Application::answering(|_, number| match number {
        0 => Reply::Say(OK.to_owned()),
        _ => Reply::Close,
    })
    .await;
    let closing = Application::answering(|_, _| Reply::Close).await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    assert_eq!(status(&browser.get("/").await), "200");
    assert_eq!(status(&browser.get("/").await), "200");
    assert_eq!(connections(&application), [0, 0, 1]);

    let house = House::before(closing.address).await;
    let mut browser = Browser::at(house.address).await;
    assert_eq!(status(&browser.get("/").await), "502");
    assert_eq!(closing.seen().len(), 1, "a new connection that dies is an answer");
}

#[tokio::test]
async fn what_could_be_done_twice_is_never_sent_again() {
    for request in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "PATCH / HTTP/1.1\r\nHost: a\r\n\r\n",
        "LOCK / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let application = dying(|| Reply::Close).await;
        let house = House::before(application.address).await;
        let mut browser = Browser::at(house.address).await;
        assert_eq!(status(&browser.get("/").await), "200");
        browser.send(request).await;
        assert_eq!(status(&browser.answer().await), "502", "{request}");
        assert_eq!(connections(&application), [0, 0], "{request}");
    }
}

/// An application that closes each connection after it waited for `idle`, as application servers do.
async fn impatient(idle: Duration) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&seen);
    drop(tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let written = Arc::clone(&written);
            drop(tokio::spawn(async move {
                while let Ok(Some(raw)) = timeout(idle, read_message(&mut stream)).await {
                    written.lock().unwrap().push(raw);
                    stream.write_all(OK.as_bytes()).await.unwrap();
                }
            }));
        }
    }));
    (address, seen)
}

#[tokio::test]
async fn no_request_is_lost_or_doubled_when_connections_close_at_the_very_moment() {
    let (application, seen) = impatient(Duration::from_millis(40)).await;
    let wait = |number| Duration::from_millis(37) + Duration::from_micros(100) * number;
    let house = House::before(application).await;
    let mut browser = Browser::at(house.address).await;
    for number in 0..60 {
        tokio::time::sleep(wait(number)).await;
        assert_eq!(status(&browser.get(&format!("/get/{number}")).await), "200");
    }
    for number in 0..60 {
        tokio::time::sleep(wait(number)).await;
        browser
            .send(&format!(
                "POST /post/{number} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"
            ))
            .await;
        let answer = browser.answer().await;
        assert!(["200", "502"].contains(&status(&answer)), "{answer}");
        if status(&answer) == "502" {
            // Its body may not have been read to its end: that connection closes.
            browser = Browser::at(house.address).await;
        }
        let asked = format!("POST /post/{number} ");
        let times = seen
            .lock()
            .unwrap()
            .iter()
            .filter(|raw| raw.starts_with(&asked))
            .count();
        assert!(times <= 1, "{asked} was done {times} times");
    }
}

#[tokio::test]
async fn the_log_says_why_there_was_no_answer() {
    let application = dying(|| Reply::Close).await;
    let house = House::before(application.address).await;
    let (log, _guard) = Log::here();
    let mut browser = Browser::at(house.address).await;
    assert_eq!(status(&browser.get("/first?name=secret").await), "200");
    browser
        .send("POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        .await;
    assert_eq!(status(&browser.answer().await), "502");
    let log = log.text();
    assert!(log.contains("idle connection closed by the application"), "{log}");
    assert!(log.contains("path=\"/first\" status=200"), "{log}");
    assert!(log.contains("path=\"/second\" status=502"), "{log}");
    assert!(!log.contains("secret"), "no query: {log}");
}

#[tokio::test]
async fn an_answer_that_had_begun_is_not_asked_for_again() {
    let application = dying(|| Reply::SayAndClose("HTTP/1.1 200 ".to_owned())).await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    assert_eq!(status(&browser.get("/").await), "200");
    assert_eq!(status(&browser.get("/").await), "502");
    assert_eq!(connections(&application), [0, 0]);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_waited_is_not_used_for_anything() {
    let application = Application::answering(|_, _| Reply::SayAndClose(OK.to_owned())).await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    for number in 0..20 {
        browser
            .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            .await;
        assert_eq!(status(&browser.answer().await), "200", "{number}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(connections(&application), (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_answer_that_was_not_read_to_its_end_closes_its_connection() {
    let application = Application::answering(|seen, _| {
        Reply::Say(if seen.raw.starts_with("GET /long") {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nbegin", 1024 * 1024)
        } else {
            OK.to_owned()
        })
    })
    .await;
    let house = House::before(application.address).await;
    let mut gone = Browser::at(house.address).await;
    gone.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n").await;
    gone.stream.readable().await.unwrap();
    drop(gone);
    assert_eq!(status(&Browser::at(house.address).await.get("/").await), "200");
    assert_eq!(connections(&application), [0, 1]);
}
