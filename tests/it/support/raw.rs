//! A client that sends exactly the bytes it is given, and says what happened to the connection.

use std::io;
use std::io::Write as _;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;

use super::message;
use super::message::Framing;
use super::message::Incoming;

/// How long an answer may take before a test fails; longer than any time-out of the gateway that a test leaves alone.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a silent connection must stay open before it counts as open.
const SILENCE: Duration = Duration::from_millis(250);

/// One connection.
#[derive(Debug)]
pub(crate) struct RawClient {
    incoming: Incoming,
}

/// What became of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// The other side ended it.
    Closed,
    /// Open and silent: it takes another request.
    Open,
    /// Bytes that nobody asked for.
    Speaks(Vec<u8>),
}

/// One answer, as it was.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Head with its empty line, byte for byte.
    pub(crate) head: Vec<u8>,
    /// Name and value, in order.
    pub(crate) fields: Vec<(String, String)>,
    /// The content, out of its chunks.
    pub(crate) body: Vec<u8>,
    /// The status of each interim answer before it.
    pub(crate) interim: Vec<u16>,
}

impl RawClient {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("nobody listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            incoming: Incoming::new(stream),
        }
    }

    /// From another address of this machine, such as `127.0.0.2`.
    pub(crate) fn connect_from(local: IpAddr, address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let stream = runtime.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(local, 0)).unwrap();
            socket.connect(address).await.expect("nobody listens")
        });
        let stream = stream.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            incoming: Incoming::new(stream),
        }
    }

    /// Sends these bytes. A peer that has already closed is no failure here: its answer says why.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        if let Err(error) = self.incoming.send(bytes.as_ref()) {
            let closed = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
            assert!(closed.contains(&error.kind()), "sending: {error}");
        }
        self
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer("GET").expect("no answer")
    }

    /// The next answer to a request of this method, or why there is none.
    pub(crate) fn try_answer(&mut self, method: &str) -> io::Result<Answer> {
        let mut interim = Vec::new();
        loop {
            let head = self.incoming.head()?.ok_or(io::ErrorKind::ConnectionAborted)?;
            let line = message::first_line(&head);
            let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
            let status: u16 = status.ok_or_else(|| io::Error::other(format!("not an answer: {line:?}")))?;
            if (100..200).contains(&status) && status != 101 {
                interim.push(status);
                continue;
            }
            let fields = message::fields(&head);
            let framing = if method == "HEAD" || matches!(status, 101 | 204 | 304) {
                Framing::Nothing
            } else {
                message::framing(&fields, Framing::UntilClose)?
            };
            let body = self.incoming.body(framing)?.content;
            return Ok(Answer {
                status,
                head,
                fields,
                body,
                interim,
            });
        }
    }

    /// Sends so many bytes, for as long as the other side takes some of them; how many it took.
    pub(crate) fn pours(&self, length: usize, patience: Duration) -> usize {
        let piece = [b'x'; 8 * 1024];
        let mut stream = self.incoming.stream();
        stream.set_write_timeout(Some(patience)).unwrap();
        let mut taken = 0;
        while taken < length {
            match stream.write(&piece) {
                Ok(length) => taken += length,
                Err(error) => {
                    assert!(message::is_timeout(&error), "{error}");
                    break;
                }
            }
        }
        taken
    }

    /// The head of an answer that goes on.
    pub(crate) fn head(&mut self) -> String {
        let head = self.incoming.head().unwrap().expect("no answer");
        String::from_utf8_lossy(&head).into_owned()
    }

    /// What the other side says here, now that no message is under way.
    pub(crate) fn hears(&mut self, length: usize) -> io::Result<String> {
        let bytes = self.incoming.bytes(length)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Everything until the other side ends the connection, which it must.
    pub(crate) fn until_closed(&mut self) -> Vec<u8> {
        loop {
            match self.incoming.fill() {
                Ok(0) => return self.incoming.take_waiting(),
                Ok(_) => {}
                Err(error) => {
                    assert!(!message::is_timeout(&error), "still open");
                    return self.incoming.take_waiting();
                }
            }
        }
    }

    /// What became of the connection, now that everything that was asked for has been read.
    pub(crate) fn afterwards(&mut self) -> Connection {
        self.incoming.stream().set_read_timeout(Some(SILENCE)).unwrap();
        let read = self.incoming.fill();
        self.incoming.stream().set_read_timeout(Some(PATIENCE)).unwrap();
        let waiting = self.incoming.waiting();
        match read {
            _ if !waiting.is_empty() => Connection::Speaks(waiting.to_vec()),
            Err(error) if message::is_timeout(&error) => Connection::Open,
            Ok(_) | Err(_) => Connection::Closed,
        }
    }

    /// Whether the other side holds it and says nothing, at this moment.
    pub(crate) fn is_open(&self) -> bool {
        let stream = self.incoming.stream();
        stream.set_nonblocking(true).unwrap();
        let read = stream.peek(&mut [0]);
        stream.set_nonblocking(false).unwrap();
        match read {
            Err(error) => message::is_timeout(&error),
            // An end, or an answer.
            Ok(_) => false,
        }
    }

    /// Ends our side; the other can still answer.
    pub(crate) fn finish(&mut self) -> &mut Self {
        self.incoming
            .stream()
            .shutdown(std::net::Shutdown::Write)
            .expect("already closed");
        self
    }
}

impl Answer {
    /// The first value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields(name).first().copied()
    }

    /// Every value of a field, in order.
    pub(crate) fn fields(&self, name: &str) -> Vec<&str> {
        message::values(&self.fields, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }
}

/// One request on a connection of its own.
pub(crate) fn exchange(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Answer {
    RawClient::connect(address).send(bytes).answer()
}

/// One request with a JSON body, as the tests speak to their own tools.
pub(crate) fn exchange_json(address: SocketAddr, request: &str, json: &Value) -> Answer {
    let body = json.to_string();
    let length = body.len();
    exchange(
        address,
        format!(
            "{request} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}
