//! An application that keeps what it receives and answers everything with nothing.

use std::cell::RefCell;
use std::io;
use std::mem;
use std::rc::Rc;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task;

use super::received::Defect;
use super::received::Framing;
use super::received::Received;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// What it received since the last look.
#[derive(Clone, Debug, Default)]
pub(super) struct Application(Rc<RefCell<Vec<Result<Received, Defect>>>>);

impl Application {
    /// Takes connections for as long as the runtime lasts.
    pub(super) async fn listens(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let application = self.clone();
            drop(task::spawn_local(async move {
                // A connection that ends in the middle of a request is that of a client who went away.
                drop(application.serves(stream).await);
            }));
        }
    }

    /// What it received, and forgets it.
    pub(super) fn received(&self) -> Vec<Result<Received, Defect>> {
        mem::take(&mut self.0.borrow_mut())
    }

    async fn serves(&self, stream: TcpStream) -> io::Result<()> {
        let mut incoming = Incoming {
            stream,
            waiting: Vec::new(),
        };
        while let Some(head) = incoming.until(b"\r\n\r\n").await? {
            let read = Received::read(&head).map(|(received, framing)| {
                self.0.borrow_mut().push(Ok(received));
                framing
            });
            let body = match read {
                Ok(framing) => incoming.body(framing).await?,
                Err(defect) => Err(defect),
            };
            if let Err(defect) = body {
                self.0.borrow_mut().push(Err(defect));
                return Ok(());
            }
            incoming.stream.write_all(ANSWER).await?;
        }
        Ok(())
    }
}

/// What comes on a connection.
struct Incoming {
    stream: TcpStream,
    waiting: Vec<u8>,
}

impl Incoming {
    /// Everything before `end`, which is taken too; none if the connection ended.
    async fn until(&mut self, end: &[u8]) -> io::Result<Option<Vec<u8>>> {
        loop {
            let at = self.waiting.windows(end.len()).position(|window| window == end);
            if let Some(at) = at {
                let rest = self.waiting.split_off(at + end.len());
                let mut found = mem::replace(&mut self.waiting, rest);
                found.truncate(at);
                return Ok(Some(found));
            }
            if self.stream.read_buf(&mut self.waiting).await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.waiting.len() < length {
            if self.stream.read_buf(&mut self.waiting).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.waiting.split_off(length);
        Ok(mem::replace(&mut self.waiting, rest))
    }

    /// The body, or why it is none.
    async fn body(&mut self, framing: Framing) -> io::Result<Result<(), Defect>> {
        if let Framing::Length(length) = framing {
            self.exactly(length).await?;
            return Ok(Ok(()));
        }
        loop {
            let Some(size) = self.until(b"\r\n").await? else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            let text = String::from_utf8_lossy(&size);
            let Ok(length) = usize::from_str_radix(&text, 16) else {
                return Ok(Err(format!("an odd chunk: {text:?}")));
            };
            let chunk = self.exactly(length + 2).await?;
            if !chunk.ends_with(b"\r\n") {
                return Ok(Err("a chunk that is longer than it says, or trailers".to_owned()));
            }
            if length == 0 {
                return Ok(Ok(()));
            }
        }
    }
}
