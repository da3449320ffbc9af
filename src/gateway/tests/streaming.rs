//! Bodies pass as they come, in both directions, and nobody holds them.

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

const PATIENCE: Duration = Duration::from_secs(20);
/// More than all the sockets and buffers on the way hold.
const MUCH: usize = 64 * 1024 * 1024;

async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut raw = Vec::new();
    while !String::from_utf8_lossy(&raw).contains(end) {
        let read = timeout(PATIENCE, stream.read_buf(&mut raw))
            .await
            .unwrap()
            .unwrap();
        assert!(
            read > 0,
            "closed before {end:?}: {}",
            String::from_utf8_lossy(&raw)
        );
    }
    String::from_utf8_lossy(&raw).into_owned()
}

#[tokio::test]
async fn each_part_of_an_upload_passes_before_the_next_one_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let house = House::before(listener.local_addr().unwrap()).await;
    let mut browser = Browser::at(house.address).await;
    browser
        .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    let (mut application, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    until(&mut application, "\r\n\r\n").await;
    for part in ["one", "two", "three"] {
        browser.send(&format!("{:x}\r\n{part}\r\n", part.len())).await;
        until(&mut application, part).await;
    }
    browser.send("0\r\n\r\n").await;
    until(&mut application, "0\r\n\r\n").await;
    application
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(status(&browser.answer().await), "200");
}

#[tokio::test]
async fn each_event_of_a_stream_passes_before_the_next_one_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let house = House::before(listener.local_addr().unwrap()).await;
    let mut browser = Browser::at(house.address).await;
    browser.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (mut application, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    until(&mut application, "\r\n\r\n").await;
    application
        .write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        )
        .await
        .unwrap();
    until(&mut browser.stream, "\r\n\r\n").await;
    for part in ["one", "two", "three"] {
        let chunk = format!("{:x}\r\n{part}\r\n", part.len());
        application.write_all(chunk.as_bytes()).await.unwrap();
        until(&mut browser.stream, part).await;
    }
    application.write_all(b"0\r\n\r\n").await.unwrap();
    until(&mut browser.stream, "0\r\n\r\n").await;
}

#[tokio::test]
async fn a_browser_that_reads_slowly_slows_the_application_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let house = House::before(listener.local_addr().unwrap()).await;
    let mut browser = Browser::at(house.address).await;
    browser.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (mut application, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    until(&mut application, "\r\n\r\n").await;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {MUCH}\r\n\r\n");
    application.write_all(head.as_bytes()).await.unwrap();
    let block = vec![b'x'; 64 * 1024];
    let mut written = 0;
    while let Ok(more) = timeout(Duration::from_millis(500), application.write(&block)).await {
        written += more.unwrap();
        assert!(written < MUCH, "somebody holds {written} bytes");
    }
    // And nothing is lost when the browser goes on.
    let rest = tokio::spawn(async move {
        while written < MUCH {
            let length = block.len().min(MUCH - written);
            written += application.write(&block[..length]).await.unwrap();
        }
        application
    });
    let received = until_length(&mut browser.stream, MUCH).await;
    assert_eq!(received, MUCH);
    drop(rest.await.unwrap());
}

async fn until_length(stream: &mut TcpStream, length: usize) -> usize {
    let mut raw = Vec::new();
    let head = loop {
        timeout(PATIENCE, stream.read_buf(&mut raw))
            .await
            .unwrap()
            .unwrap();
        if let Some(at) = raw.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let mut received = raw.len() - head;
    let mut block = vec![0; 64 * 1024];
    while received < length {
        let read = timeout(PATIENCE, stream.read(&mut block)).await.unwrap().unwrap();
        assert!(read > 0, "closed after {received} bytes");
        received += read;
    }
    received
}

#[tokio::test]
async fn an_application_that_reads_slowly_slows_the_browser_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let house = House::before(listener.local_addr().unwrap()).await;
    let mut browser = Browser::at(house.address).await;
    browser
        .send(&format!(
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {MUCH}\r\n\r\n"
        ))
        .await;
    let (mut application, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let block = vec![b'x'; 64 * 1024];
    let mut written = 0;
    while let Ok(more) = timeout(Duration::from_millis(500), browser.stream.write(&block)).await {
        written += more.unwrap();
        assert!(written < MUCH, "somebody holds {written} bytes");
    }
    let rest = async {
        while written < MUCH {
            let length = block.len().min(MUCH - written);
            written += browser.stream.write(&block[..length]).await.unwrap();
        }
    };
    let (received, ()) = tokio::join!(until_length(&mut application, MUCH), rest);
    assert_eq!(received, MUCH);
}

#[tokio::test]
async fn a_wrong_chunk_is_the_browsers_error_and_the_connection_is_not_used_again() {
    let application = Application::answering(|seen, _| {
        if seen.raw.ends_with("0\r\n\r\n") || seen.raw.starts_with("GET") {
            Reply::Say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned())
        } else {
            Reply::Silence
        }
    })
    .await;
    let house = House::before(application.address).await;
    assert_eq!(status(&Browser::at(house.address).await.get("/").await), "200");
    let mut browser = Browser::at(house.address).await;
    browser
        .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0x3\r\nabc\r\n0\r\n\r\n")
        .await;
    let answer = browser.rest().await;
    assert_eq!(status(&answer), "400", "{answer}");
    assert_eq!(status(&Browser::at(house.address).await.get("/").await), "200");
    let seen = application.seen();
    let connections: Vec<_> = seen.iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 1], "{seen:?}");
    assert!(
        !seen[1].raw.ends_with("0\r\n\r\n"),
        "the application sees that it broke off"
    );
}

#[tokio::test]
async fn a_refused_upload_gets_its_answer_although_it_was_not_read() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    let length = 5 * 1024 * 1024;
    browser
        .send(&format!(
            "POST /_guichet/refused HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
        ))
        .await;
    browser.stream.write_all(&vec![b'x'; length]).await.unwrap();
    let answer = browser.rest().await;
    assert_eq!(status(&answer), "401");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(answer.ends_with("refused"), "{answer}");
    assert!(application.seen().is_empty());
}

#[tokio::test]
async fn a_body_that_waits_to_be_wanted_is_asked_for_by_the_application_alone() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    let head = |path| {
        format!("POST {path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    };
    let mut browser = Browser::at(house.address).await;
    browser.send(&head("/_guichet/refused")).await;
    let answer = browser.rest().await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");

    let mut browser = Browser::at(house.address).await;
    browser.send(&head("/")).await;
    until(&mut browser.stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
    browser.send("abc").await;
    assert_eq!(status(&browser.answer().await), "200");
    assert!(!application.only().contains("expect"));
}

#[tokio::test]
async fn a_form_of_ours_is_read_whole_and_bounded() {
    let application = Application::content().await;
    let house = House::before(application.address).await;
    let mut browser = Browser::at(house.address).await;
    browser
        .send("POST /_guichet/form HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nconfirm")
        .await;
    assert!(browser.answer().await.ends_with("\r\n\r\nconfirm"));

    let long = "x".repeat(16 * 1024 + 1);
    browser
        .send(&format!(
            "POST /_guichet/form HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{long}",
            long.len()
        ))
        .await;
    let answer = browser.rest().await;
    assert_eq!(status(&answer), "413");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(application.seen().is_empty());
}
