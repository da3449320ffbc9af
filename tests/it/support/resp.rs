//! Redis commands over a Unix socket: what the tests themselves ask, whatever TLS or access list the gateway must pass.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A connection to Redis.
#[derive(Debug)]
pub(crate) struct Resp(BufReader<UnixStream>);

/// An answer of Redis (RESP 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(String),
    Error(String),
    Number(i64),
    Bytes(Vec<u8>),
    Missing,
    List(Vec<Self>),
}

impl Resp {
    pub(crate) fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// One command, one answer.
    pub(crate) fn ask(&mut self, words: &[&[u8]]) -> io::Result<Reply> {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&bytes)?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).ok_or(io::ErrorKind::UnexpectedEof)?;
        let number = || {
            rest.parse::<i64>()
                .map_err(|_number| io::Error::other(format!("not RESP: {line:?}")))
        };
        match kind {
            "+" => Ok(Reply::Text(rest.to_owned())),
            "-" => Ok(Reply::Error(rest.to_owned())),
            ":" => Ok(Reply::Number(number()?)),
            "$" => self.bytes(usize::try_from(number()?).ok()),
            "*" => {
                let length = usize::try_from(number()?).unwrap_or(0);
                (0..length)
                    .map(|_| self.reply())
                    .collect::<io::Result<_>>()
                    .map(Reply::List)
            }
            _ => Err(io::Error::other(format!("not RESP: {line:?}"))),
        }
    }

    fn bytes(&mut self, length: Option<usize>) -> io::Result<Reply> {
        let Some(length) = length else {
            return Ok(Reply::Missing);
        };
        let mut bytes = vec![0; length + 2];
        self.0.read_exact(&mut bytes)?;
        bytes.truncate(length);
        Ok(Reply::Bytes(bytes))
    }
}

impl Reply {
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Number(number) => number,
            other => panic!("not a number: {other:?}"),
        }
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.into_bytes(),
            other => panic!("not bytes: {other:?}"),
        }
    }

    pub(crate) fn text(self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    /// The members of a list, each as bytes.
    pub(crate) fn members(self) -> Vec<Vec<u8>> {
        match self {
            Self::List(members) => members.into_iter().map(Self::bytes).collect(),
            other => panic!("not a list: {other:?}"),
        }
    }
}
