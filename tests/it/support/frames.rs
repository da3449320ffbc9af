//! A client of HTTP/2 that sends exactly the frames it is given, and says what became of a stream and of the connection.
//!
//! No HTTP library: fields are written as literals (RFC 7541, section 6.2.2), and of an answer only its status is read. It
//! speaks in the clear; a [`Tunnel`](super::tunnel::Tunnel) takes it into TLS.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

/// Types of frames (RFC 9113, section 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;
const ACK: u8 = 0x1;

/// Codes of errors (section 7).
pub(crate) const ENHANCE_YOUR_CALM: u32 = 0xb;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Longer than any bound of the gateway that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection.
#[derive(Debug)]
pub(crate) struct Frames {
    stream: TcpStream,
    waiting: Vec<u8>,
    /// What was read while something else was waited for.
    seen: Vec<Frame>,
}

/// A frame as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// What became of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered, to the end, with this status.
    Answered(u16),
    /// `RST_STREAM`, with this code.
    Reset(u32),
    /// The connection ended, with the code of its `GOAWAY` if there was one.
    Ended(Option<u32>),
}

/// Name and value, byte for byte.
pub(crate) type Field<'a> = (&'a [u8], &'a [u8]);

impl Frames {
    /// The preface, and settings under which the answers need no memory to be read: no table of fields (section 6.5.2).
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::with_settings(address, &[])
    }

    /// With more settings.
    pub(crate) fn with_settings(address: SocketAddr, more: &[(u16, u32)]) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut frames = Self {
            stream,
            waiting: Vec::new(),
            seen: Vec::new(),
        };
        let no_table = [(1, 0)];
        let settings = no_table.iter().chain(more).flat_map(|(name, value)| {
            let (name, value): (&u16, &u32) = (name, value);
            [&name.to_be_bytes()[..], &value.to_be_bytes()[..]].concat()
        });
        let settings: Vec<u8> = settings.collect();
        let hello = [PREFACE, &frame((SETTINGS, 0), 0, &settings)].concat();
        assert!(frames.send(&hello), "nobody listens");
        frames
    }

    /// Sends these bytes. False once the other side has closed.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// A request without a body, in one frame, with these fields after the usual pseudo-fields.
    pub(crate) fn get(&mut self, stream: u32, (authority, path): (&str, &str), fields: &[Field<'_>]) -> bool {
        let all = [&pseudo("GET", authority, path)[..], fields].concat();
        self.send(&headers(stream, END_STREAM | END_HEADERS, &all))
    }

    /// What becomes of a stream: reads until it is over, which is soon, whatever else is said meanwhile.
    pub(crate) fn outcome(&mut self, stream: u32) -> Outcome {
        let mut status = None;
        let mut gone = None;
        let mut looked_at = 0;
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "{stream} is not over, and pings come");
            while let Some(frame) = self.seen.get(looked_at) {
                looked_at += 1;
                match frame.kind {
                    GOAWAY => gone = code(&frame.payload, 4),
                    RST_STREAM if frame.stream == stream => {
                        return Outcome::Reset(code(&frame.payload, 0).unwrap());
                    }
                    HEADERS if frame.stream == stream => status = Some(status_of(&frame.payload)),
                    _ => {}
                }
                let is_over = frame.stream == stream && frame.flags & END_STREAM != 0;
                if let (true, HEADERS | DATA, Some(status)) = (is_over, frame.kind, status) {
                    return Outcome::Answered(status);
                }
            }
            match self.read() {
                Some(frame) => self.seen.push(frame),
                None => return Outcome::Ended(gone),
            }
        }
    }

    /// Sends each of these until the other side closes, and reads what it says meanwhile; how many were sent.
    pub(crate) fn flood(&mut self, frames: impl Iterator<Item = Vec<u8>>) -> usize {
        let mut reader = self.stream.try_clone().unwrap();
        let reading = thread::spawn(move || {
            let mut said = Vec::new();
            // A connection that was cut off has said what it said.
            drop(reader.read_to_end(&mut said));
            said
        });
        let mut sent = 0;
        for frame in frames {
            if reading.is_finished() || !self.send(&frame) {
                break;
            }
            sent += 1;
        }
        // Whoever still listens hears that nothing more comes.
        drop(self.stream.shutdown(Shutdown::Write));
        self.waiting.extend(reading.join().unwrap());
        sent
    }

    /// The code of the `GOAWAY`, if there was one, once the other side has closed, which it must.
    pub(crate) fn ended(&mut self) -> Option<u32> {
        // A stream that nobody opens.
        match self.outcome(u32::MAX) {
            Outcome::Ended(code) => code,
            other => panic!("{other:?}"),
        }
    }

    /// Whether a ping comes back: everything that was sent before was read.
    pub(crate) fn is_answered(&mut self) -> bool {
        let number = *b"is there";
        if !self.send(&frame((PING, 0), 0, &number)) {
            return false;
        }
        loop {
            match self.read() {
                Some(frame) if frame.kind == PING && frame.flags & ACK != 0 && frame.payload == number => {
                    return true;
                }
                Some(frame) => self.seen.push(frame),
                None => return false,
            }
        }
    }

    /// The next frame; none once the connection is closed. Settings and pings are answered as they should be.
    fn read(&mut self) -> Option<Frame> {
        let head = self.take(9)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let payload = self.take(usize::try_from(length).unwrap())?;
        let read = Frame {
            kind: head[3],
            flags: head[4],
            stream,
            payload,
        };
        if matches!(read.kind, SETTINGS | PING) && read.flags & ACK == 0 {
            let payload = if read.kind == PING { &read.payload[..] } else { &[] };
            self.send(&frame((read.kind, ACK), 0, payload));
        }
        Some(read)
    }

    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut piece = [0; 16 * 1024];
        while self.waiting.len() < length {
            match self.stream.read(&mut piece) {
                Ok(0) => return None,
                Ok(read) => self.waiting.extend_from_slice(&piece[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if super::message::is_timeout(&error) => panic!("still open, and nothing comes"),
                Err(_) => return None,
            }
        }
        Some(self.waiting.drain(..length).collect())
    }
}

/// A frame in bytes.
pub(crate) fn frame((kind, flags): (u8, u8), stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A `HEADERS` frame with these fields.
pub(crate) fn headers(stream: u32, flags: u8, fields: &[Field<'_>]) -> Vec<u8> {
    frame((HEADERS, flags), stream, &block(fields))
}

pub(crate) fn data(stream: u32, flags: u8, content: &[u8]) -> Vec<u8> {
    frame((DATA, flags), stream, content)
}

pub(crate) fn reset(stream: u32) -> Vec<u8> {
    const CANCEL: [u8; 4] = 8_u32.to_be_bytes();
    frame((RST_STREAM, 0), stream, &CANCEL)
}

/// What every request begins with.
pub(crate) fn pseudo<'a>(method: &'a str, authority: &'a str, path: &'a str) -> [Field<'a>; 4] {
    [
        (b":method", method.as_bytes()),
        (b":scheme", b"https"),
        (b":authority", authority.as_bytes()),
        (b":path", path.as_bytes()),
    ]
}

/// Four bytes of a payload from here, as a number.
fn code(payload: &[u8], at: usize) -> Option<u32> {
    let bytes = payload.get(at..at + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().unwrap()))
}

/// Fields as literals that are not remembered.
pub(crate) fn block(fields: &[Field<'_>]) -> Vec<u8> {
    let literal = |(name, value): &Field<'_>| [vec![0], text(name), text(value)].concat();
    fields.iter().flat_map(literal).collect()
}

/// A length in seven bits and more, then the bytes (RFC 7541, section 5.2).
pub(crate) fn text(bytes: &[u8]) -> Vec<u8> {
    const MOST: usize = 127;
    let mut coded = Vec::new();
    if bytes.len() < MOST {
        coded.push(u8::try_from(bytes.len()).unwrap());
    } else {
        coded.push(u8::try_from(MOST).unwrap());
        let mut rest = bytes.len() - MOST;
        while rest >= 128 {
            coded.push(u8::try_from(rest % 128 + 128).unwrap());
            rest /= 128;
        }
        coded.push(u8::try_from(rest).unwrap());
    }
    coded.extend_from_slice(bytes);
    coded
}

/// The status in a block that begins with it: an entry of the static table, or a literal under its name.
fn status_of(block: &[u8]) -> u16 {
    const STATIC: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
    let mut rest = block;
    // The size of the table, said anew.
    while rest[0] & 0xe0 == 0x20 {
        rest = &rest[1..];
    }
    if rest[0] & 0x80 != 0 {
        return STATIC[usize::from(rest[0] & 0x7f) - 8];
    }
    assert!([0x48, 0x08, 0x18].contains(&rest[0]), "no status in {block:?}");
    let length = usize::from(rest[1] & 0x7f);
    let value = &rest[2..2 + length];
    let digits = if rest[1] & 0x80 == 0 {
        String::from_utf8(value.to_vec()).unwrap()
    } else {
        digits(value)
    };
    digits.parse().unwrap()
}

/// Three digits in the code of Huffman (RFC 7541, appendix B): 0 to 2 have five bits, the others six.
fn digits(coded: &[u8]) -> String {
    let bits: Vec<u8> = coded
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
        .collect();
    let number = |bits: &[u8]| bits.iter().fold(0, |number, bit| number * 2 + bit);
    let (mut at, mut digits) = (0, String::new());
    while digits.len() < 3 {
        let five = number(&bits[at..at + 5]);
        let (digit, length) = if five <= 2 {
            (five, 5)
        } else {
            (number(&bits[at..at + 6]) - 0b01_1001 + 3, 6)
        };
        digits.push(char::from(b'0' + digit));
        at += length;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_in_each_of_its_spellings() {
        for (block, status) in [
            (&[0x88][..], 200),
            (&[0x20, 0x8d], 404),
            (&[0x08, 3, b'4', b'2', b'1'], 421),
            // RFC 7541, appendix C.6.1.
            (&[0x48, 0x82, 0x64, 0x02], 302),
        ] {
            assert_eq!(status_of(block), status);
        }
    }

    #[test]
    fn a_long_text_has_its_length_in_several_bytes() {
        assert_eq!(text(b"ab"), [2, b'a', b'b']);
        assert_eq!(text(&[b'x'; 127])[..2], [127, 0]);
        assert_eq!(text(&[b'x'; 1337])[..3], [127, 186, 9]);
    }

    #[test]
    fn a_frame_begins_with_its_length_type_flags_and_stream() {
        assert_eq!(
            data(5, END_STREAM, b"abc"),
            [0, 0, 3, 0, 1, 0, 0, 0, 5, b'a', b'b', b'c']
        );
    }
}
