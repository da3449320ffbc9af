//! Times and numbers: what is too slow, too many, or ends.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::application::Application;
use super::application::Reply;
use super::browser::Browser;
use super::browser::status;
use super::house::House;
use super::house::PassAll;
use super::house::app;
use super::house::telemetry;
use super::log::Log;
use crate::judge::AnswerCache;
use crate::routing::upstream::Upstream;
use crate::routing::upstream::UpstreamLimits;
use crate::wire::host::Host;
use crate::wire::scheme::Scheme;

const SHORT: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_application_that_does_not_answer_in_time_is_a_504() {
    let application = Application::answering(|_, _| Reply::Silence).await;
    let limits = UpstreamLimits {
        response_timeout: SHORT,
        ..UpstreamLimits::default()
    };
    let house = House::with(application.address, limits).await;
    let (log, _guard) = Log::here();
    assert_eq!(status(&Browser::at(house.address).await.get("/").await), "504");
    assert_eq!(application.seen().len(), 1);
    let log = log.text();
    assert!(log.contains("no answer within `response_timeout`"), "{log}");
}

#[tokio::test]
async fn a_long_upload_that_moves_is_no_delay_of_the_application() {
    let application = Application::content().await;
    let limits = UpstreamLimits {
        response_timeout: SHORT,
        ..UpstreamLimits::default()
    };
    let house = House::with(application.address, limits).await;
    let mut browser = Browser::at(house.address).await;
    browser
        .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n")
        .await;
    for _ in 0..8 {
        tokio::time::sleep(SHORT / 3).await;
        browser.send("x").await;
    }
    assert_eq!(status(&browser.answer().await), "200");
}

#[tokio::test]
async fn nobody_at_the_address_is_a_502() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let house = House::before(address).await;
    let mut browser = Browser::at(house.address).await;
    let answer = browser.get("/").await;
    assert_eq!(status(&answer), "502");
    assert!(answer.ends_with("App"), "it names the service: {answer}");
    assert_eq!(
        status(&browser.get("/").await),
        "502",
        "the browser's connection stays"
    );
}

#[tokio::test]
async fn an_application_that_should_be_encrypted_and_is_not_hears_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            .await
            .unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        heard
    });
    let house = House::of(PassAll {
        telemetry: telemetry(),
        app: app(Upstream::at(Scheme::Https, Host::parse(&authority).unwrap())),
        cache: AnswerCache::AsItIs,
    })
    .await;
    assert_eq!(status(&Browser::at(house.address).await.get("/").await), "502");
    let heard = timeout(PATIENCE, heard).await.unwrap().unwrap();
    assert_eq!(heard.first(), Some(&0x16), "a TLS handshake and nothing else");
    assert!(!heard.windows(3).any(|bytes| bytes == b"GET"));
}

#[tokio::test]
async fn an_address_that_swallows_connections_is_a_504() {
    // A listener whose queue is full: the system lets further connections wait.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(connected) = timeout(SHORT, TcpStream::connect(address)).await {
        queue.push(connected.unwrap());
    }
    let limits = UpstreamLimits {
        connect_timeout: SHORT,
        ..UpstreamLimits::default()
    };
    let house = House::with(address, limits).await;
    assert_eq!(status(&Browser::at(house.address).await.get("/").await), "504");
}

#[tokio::test]
async fn an_answer_that_stands_still_is_cut_and_looks_cut() {
    let application =
        Application::saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
    let limits = UpstreamLimits {
        idle_timeout: SHORT,
        ..UpstreamLimits::default()
    };
    let house = House::with(application.address, limits).await;
    let mut browser = Browser::at(house.address).await;
    browser.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = browser.rest().await;
    assert!(answer.ends_with("3\r\nabc\r\n"), "{answer}");
}

#[tokio::test]
async fn a_request_body_that_stands_still_is_given_up() {
    let application = Application::content().await;
    let limits = UpstreamLimits {
        idle_timeout: SHORT,
        ..UpstreamLimits::default()
    };
    let house = House::with(application.address, limits).await;
    let mut browser = Browser::at(house.address).await;
    browser
        .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        .await;
    assert_eq!(status(&browser.rest().await), "408");
}

#[tokio::test]
async fn one_exchange_too_many_is_a_503_until_an_answer_was_read_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = UpstreamLimits {
        max_connections: 1,
        ..UpstreamLimits::default()
    };
    let house = House::with(listener.local_addr().unwrap(), limits).await;
    let mut first = Browser::at(house.address).await;
    first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (mut application, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let mut second = Browser::at(house.address).await;
    assert_eq!(status(&second.get("/").await), "503");

    application
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\nab") {
        timeout(PATIENCE, first.stream.read_buf(&mut head))
            .await
            .unwrap()
            .unwrap();
    }
    assert_eq!(
        status(&second.get("/").await),
        "503",
        "the body is still on its way"
    );

    application.write_all(b"cd").await.unwrap();
    let mut rest = [0; 2];
    first.stream.read_exact(&mut rest).await.unwrap();
    second.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut asked = Vec::new();
    while !String::from_utf8_lossy(&asked).contains("GET /again") {
        timeout(PATIENCE, application.read_buf(&mut asked))
            .await
            .unwrap()
            .unwrap();
    }
    application
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(status(&second.answer().await), "200");
}

#[tokio::test]
async fn a_browser_that_hangs_up_frees_the_application() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let house = House::before(listener.local_addr().unwrap()).await;
    let mut browser = Browser::at(house.address).await;
    browser.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (mut application, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    application.readable().await.unwrap();
    drop(browser);
    let mut raw = Vec::new();
    let ended = timeout(PATIENCE, application.read_to_end(&mut raw)).await;
    assert!(ended.is_ok(), "the application still has to work for nobody");
}

#[tokio::test]
async fn the_exchange_under_way_is_the_last_one_of_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let house = House::before(listener.local_addr().unwrap()).await;
    let address = house.address;
    let mut idle = Browser::at(address).await;
    let mut browser = Browser::at(address).await;
    browser.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (mut application, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    application.readable().await.unwrap();

    let serving = house.end();
    assert_eq!(idle.rest().await, "", "an idle connection is closed");
    assert!(!serving.is_finished(), "an exchange is under way");
    assert!(TcpStream::connect(address).await.is_err(), "nobody new");
    application
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .await
        .unwrap();
    let answer = browser.rest().await;
    assert_eq!(status(&answer), "200");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    timeout(PATIENCE, serving).await.unwrap().unwrap();
}
