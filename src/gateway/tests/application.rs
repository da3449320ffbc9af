//! An application server that writes down every byte that it receives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// One request as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Number of the connection, from 0.
    pub(super) connection: usize,
    /// Head and body, raw.
    pub(super) raw: String,
}

/// What the application does with a request.
pub(super) enum Reply {
    Say(String),
    SayAndClose(String),
    Close,
    Silence,
}

pub(super) struct Application {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Application {
    /// Answers each request by what `reply` says to it and to its number on its connection.
    pub(super) async fn answering(reply: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (written, reply) = (Arc::clone(&seen), Arc::new(reply));
        drop(tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (written, reply) = (Arc::clone(&written), Arc::clone(&reply));
                drop(tokio::spawn(async move {
                    converse(stream, connection, &written, &*reply).await;
                }));
            }
        }));
        Self { address, seen }
    }

    /// `200` with an empty body, always.
    pub(super) async fn content() -> Self {
        Self::answering(|_, _| Reply::Say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned())).await
    }

    /// Says the same to everyone.
    pub(super) async fn saying(answer: &'static str) -> Self {
        Self::answering(move |_, _| Reply::Say(answer.to_owned())).await
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that came.
    pub(super) fn only(&self) -> String {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].raw.clone()
    }
}

async fn converse(
    mut stream: TcpStream,
    connection: usize,
    written: &Mutex<Vec<Seen>>,
    reply: &(dyn Fn(&Seen, usize) -> Reply + Send + Sync),
) {
    for number in 0.. {
        let Some(raw) = read_message(&mut stream).await else {
            return;
        };
        let seen = Seen { connection, raw };
        written.lock().unwrap().push(seen.clone());
        match reply(&seen, number) {
            Reply::Say(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Reply::SayAndClose(answer) => return stream.write_all(answer.as_bytes()).await.unwrap(),
            Reply::Close => return,
            Reply::Silence => {}
        }
    }
}

/// One message with its body, as its own framing says; `None` when the other side closes before.
pub(super) async fn read_message(stream: &mut TcpStream) -> Option<String> {
    let mut raw = Vec::new();
    let head = loop {
        let at = raw.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(at) = at {
            break String::from_utf8_lossy(&raw[..at + 4]).to_ascii_lowercase();
        }
        if stream.read_buf(&mut raw).await.ok()? == 0 {
            return None;
        }
    };
    let length = head.split("content-length: ").nth(1);
    let length = length.map_or(0, |rest| rest.split('\r').next().unwrap().parse().unwrap());
    let chunked = head.contains("transfer-encoding: chunked");
    loop {
        let complete = if chunked {
            raw.ends_with(b"0\r\n\r\n")
        } else {
            raw.len() >= head.len() + length
        };
        if complete {
            return Some(String::from_utf8(raw).unwrap());
        }
        if stream.read_buf(&mut raw).await.ok()? == 0 {
            return Some(String::from_utf8(raw).unwrap());
        }
    }
}
