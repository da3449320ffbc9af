//! A browser that writes what it is told, malformed or not.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::application::read_message;

/// Long enough for a slow machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Browser {
    pub(super) stream: TcpStream,
}

impl Browser {
    pub(super) async fn at(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self { stream }
    }

    pub(super) async fn send(&mut self, raw: &str) {
        self.stream.write_all(raw.as_bytes()).await.unwrap();
    }

    /// The next answer: head and body.
    pub(super) async fn answer(&mut self) -> String {
        let answer = timeout(PATIENCE, read_message(&mut self.stream)).await.unwrap();
        answer.expect("an answer")
    }

    /// Sends a request without a body and reads its answer.
    pub(super) async fn get(&mut self, target: &str) -> String {
        self.send(&format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n"))
            .await;
        self.answer().await
    }

    /// Everything until the other side closes.
    pub(super) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end as well.
        match timeout(PATIENCE, self.stream.read_to_end(&mut rest))
            .await
            .unwrap()
        {
            Ok(_) | Err(_) => String::from_utf8_lossy(&rest).into_owned(),
        }
    }
}

pub(super) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}
