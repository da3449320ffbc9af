//! HTTP/1.1 messages off a socket, byte for byte, with no HTTP library between.
//!
//! Both ends of the tests read with it: the raw client reads answers, the recording upstream reads requests. It repairs
//! nothing: what cannot be read is an error.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

/// How the length of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    Nothing,
    /// So many bytes.
    Length(usize),
    /// Chunks, and perhaps trailers.
    Chunked,
    /// All until the end of the connection.
    UntilClose,
}

/// A body as it was on the wire, and what it means.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub(crate) wire: Vec<u8>,
    pub(crate) content: Vec<u8>,
}

/// The reading half of a connection.
#[derive(Debug)]
pub(crate) struct Incoming {
    stream: TcpStream,
    waiting: Vec<u8>,
}

impl Incoming {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            waiting: Vec::new(),
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.stream).write_all(bytes)
    }

    /// One more piece of what the other side sent; 0 at the end of the connection.
    pub(crate) fn fill(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 * 1024];
        let length = loop {
            match self.stream.read(&mut piece) {
                // A signal for another thread of the tests: a child of theirs ended.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.waiting.extend_from_slice(&piece[..length]);
        Ok(length)
    }

    /// What was read but not asked for.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.waiting
    }

    /// The same, asked for now.
    pub(crate) fn take_waiting(&mut self) -> Vec<u8> {
        self.take(self.waiting.len())
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        self.exactly(length)
    }

    /// A head with its empty line; `None` if the connection ended before it began.
    pub(crate) fn head(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = find(&self.waiting, b"\r\n\r\n") {
                return Ok(Some(self.take(at + 4)));
            }
            if self.fill()? == 0 {
                return if self.waiting.is_empty() {
                    Ok(None)
                } else {
                    Err(cut("a head"))
                };
            }
        }
    }

    pub(crate) fn body(&mut self, framing: Framing) -> io::Result<Body> {
        match framing {
            Framing::Nothing => Ok(Body::default()),
            Framing::Length(length) => {
                let wire = self.exactly(length)?;
                Ok(Body {
                    content: wire.clone(),
                    wire,
                })
            }
            Framing::Chunked => self.chunks(),
            Framing::UntilClose => {
                while self.fill()? > 0 {}
                let wire = self.take(self.waiting.len());
                Ok(Body {
                    content: wire.clone(),
                    wire,
                })
            }
        }
    }

    fn chunks(&mut self) -> io::Result<Body> {
        let mut body = Body::default();
        loop {
            let line = self.line()?;
            body.wire.extend_from_slice(&line);
            let text = String::from_utf8_lossy(&line);
            let size = text.trim_end().split(';').next().unwrap_or("");
            let size =
                usize::from_str_radix(size, 16).map_err(|_number| odd(&format!("chunk size {text:?}")))?;
            if size == 0 {
                break;
            }
            let chunk = self.exactly(size + 2)?;
            body.wire.extend_from_slice(&chunk);
            body.content.extend_from_slice(&chunk[..size]);
        }
        loop {
            let line = self.line()?;
            body.wire.extend_from_slice(&line);
            if line == b"\r\n" {
                return Ok(body);
            }
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(at) = find(&self.waiting, b"\r\n") {
                return Ok(self.take(at + 2));
            }
            if self.fill()? == 0 {
                return Err(cut("a line"));
            }
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.waiting.len() < length {
            if self.fill()? == 0 {
                return Err(cut("a body"));
            }
        }
        Ok(self.take(length))
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.waiting.split_off(length);
        std::mem::replace(&mut self.waiting, rest)
    }
}

/// The fields of a head: name and value as they stood, in order, without the spaces around the value.
pub(crate) fn fields(head: &[u8]) -> Vec<(String, String)> {
    String::from_utf8_lossy(head)
        .split("\r\n")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            (name.to_owned(), value.trim_matches([' ', '\t']).to_owned())
        })
        .collect()
}

/// The first line of a head.
pub(crate) fn first_line(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    head.split("\r\n").next().unwrap_or("").to_owned()
}

/// Every value of a field, in order.
pub(crate) fn values<'a>(fields: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let named = fields
        .iter()
        .filter(|(given, _)| given.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect()
}

/// How the body after these fields is framed; `otherwise` if they do not say.
pub(crate) fn framing(fields: &[(String, String)], otherwise: Framing) -> io::Result<Framing> {
    if let Some(coding) = values(fields, "transfer-encoding").last() {
        return if coding.eq_ignore_ascii_case("chunked") {
            Ok(Framing::Chunked)
        } else {
            Err(odd(&format!("transfer coding {coding:?}")))
        };
    }
    match values(fields, "content-length").as_slice() {
        [] => Ok(otherwise),
        [length] => length
            .parse()
            .map(Framing::Length)
            .map_err(|_number| odd(&format!("length {length:?}"))),
        several => Err(odd(&format!("lengths {several:?}"))),
    }
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Whether nothing came in time, as opposed to an end of the connection.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn cut(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("the connection ended inside {what}"),
    )
}

fn odd(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("unreadable: {what}"))
}
