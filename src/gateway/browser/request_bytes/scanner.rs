//! Follows the requests of one connection, byte for byte, as strictly as RFC 9112 allows.

use crate::gateway::browser::request_bytes::chunks;
use crate::gateway::browser::request_bytes::chunks::Chunks;
use crate::wire::framing::Framing;
use crate::wire::framing::FramingError;

/// Empty lines that may stand before a request (RFC 9112, section 2.2).
const MOST_EMPTY_LINES: usize = 1;

/// Where the scan stands.
#[derive(Debug)]
pub(super) struct Scanner {
    place: Place,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    longest_head: usize,
    max_fields: usize,
}

/// How far the bytes may pass, and why not further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stop {
    at: usize,
    reason: Reason,
}

/// What becomes of the next bytes.
enum Step {
    /// So many pass.
    Passed(usize),
    /// So many are left away.
    Dropped(usize),
}

/// Why nothing more passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// A line feed without its carriage return, too many empty lines, or a target with a fragment.
    MalformedHead,
    /// The same after a chunk, or a line before a chunk that is spelled oddly.
    MalformedContent,
    /// A head that has two framings, or an odd one.
    Ambiguous,
    /// A head of more fields than it may have.
    TooManyFields,
    /// More was said before it was known in which protocol.
    TooEarly,
}

#[derive(Debug)]
enum Place {
    Before {
        empty_lines: usize,
    },
    Head(Fields),
    Content(u64),
    Chunks(Chunks),
    Trailers,
    /// After a request for another protocol, until it is answered.
    Undecided,
}

/// What a head said so far.
#[derive(Clone, Copy, Debug, Default)]
struct Fields {
    framing: Framing,
    number: usize,
    asks_for_websocket: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self::Before { empty_lines: 0 }
    }
}

impl Scanner {
    /// Before the first head. One that is longer than `longest_head` is refused by hyper, whatever stands in it.
    pub(super) fn new((longest_head, max_fields): (usize, usize)) -> Self {
        Self {
            place: Place::default(),
            line: Vec::new(),
            longest_head,
            max_fields,
        }
    }

    /// The request was answered, and its connection stays one of HTTP.
    pub(super) fn answered(&mut self) {
        if matches!(self.place, Place::Undecided) {
            self.place = Place::default();
        }
    }

    /// Looks at the next bytes, and moves those that pass to the front; how many those are, and why nothing ever follows them.
    pub(super) fn scan(&mut self, bytes: &mut [u8]) -> (usize, Option<Reason>) {
        let (mut read, mut kept) = (0, 0);
        while let Some(rest) = bytes.get(read..).filter(|rest| !rest.is_empty()) {
            let (passed, reason) = match self.step(rest) {
                Ok(Step::Passed(passed)) => (passed, None),
                Ok(Step::Dropped(dropped)) => {
                    read += dropped;
                    continue;
                }
                Err(stop) => (stop.at, Some(stop.reason)),
            };
            if read > kept {
                bytes.copy_within(read..read + passed, kept);
            }
            read += passed;
            kept += passed;
            if reason.is_some() {
                return (kept, reason);
            }
        }
        (kept, None)
    }

    fn step(&mut self, rest: &[u8]) -> Result<Step, Stop> {
        let stop = |reason| Err(Stop { at: 0, reason });
        match &mut self.place {
            Place::Content(left) => {
                let now = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                *left -= now as u64;
                if *left == 0 {
                    self.place = Place::default();
                }
                Ok(Step::Passed(now))
            }
            Place::Chunks(chunks) => match chunks.step(rest) {
                chunks::Step::Passed(now) => Ok(Step::Passed(now)),
                chunks::Step::Dropped(now) => Ok(Step::Dropped(now)),
                chunks::Step::LastSize(now) => {
                    self.place = Place::Trailers;
                    Ok(Step::Passed(now))
                }
                chunks::Step::Malformed => stop(Reason::MalformedContent),
            },
            Place::Undecided => stop(Reason::TooEarly),
            // Another line than the empty one.
            Place::Head(fields)
                if fields.number >= self.max_fields
                    && self.line.is_empty()
                    && !matches!(rest, [b'\r' | b'\n', ..]) =>
            {
                stop(Reason::TooManyFields)
            }
            Place::Before { .. } | Place::Head(_) | Place::Trailers => self.line(rest).map(Step::Passed),
        }
    }

    fn line(&mut self, rest: &[u8]) -> Result<usize, Stop> {
        let Some(end) = memchr::memchr(b'\n', rest) else {
            self.keep(rest);
            return Ok(rest.len());
        };
        let here = rest.get(..=end).unwrap_or_default();
        if self.line.is_empty() {
            return self.whole_line(here, end);
        }
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(here);
        let step = self.whole_line(&line, end);
        line.clear();
        self.line = line;
        step
    }

    /// How much of a line is kept until its end comes.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.line.len()
    }

    /// The beginning of a line. Of one that makes its head too long nothing counts any more but how it ends.
    fn keep(&mut self, part: &[u8]) {
        if self.line.len() + part.len() <= self.longest_head {
            self.line.extend_from_slice(part);
        } else if let Some(last) = part.last() {
            self.line = vec![b'-', *last];
        }
    }

    /// A line with its end, whose last byte is at `end` of what came just now.
    fn whole_line(&mut self, line: &[u8], end: usize) -> Result<usize, Stop> {
        let malformed = |reason| Err(Stop { at: end, reason });
        let line = line.strip_suffix(b"\r\n");
        match (&mut self.place, line) {
            (Place::Trailers, None) => return malformed(Reason::MalformedContent),
            (_, None) => return malformed(Reason::MalformedHead),
            (Place::Before { empty_lines }, Some([])) => {
                *empty_lines += 1;
                if *empty_lines > MOST_EMPTY_LINES {
                    return malformed(Reason::MalformedHead);
                }
            }
            // A fragment, which is nothing to a server: hyper cuts it off.
            (Place::Before { .. }, Some(line)) if memchr::memchr(b'#', line).is_some() => {
                return malformed(Reason::MalformedHead);
            }
            (Place::Before { .. }, Some(_)) => self.place = Place::Head(Fields::default()),
            (Place::Head(fields), Some([])) => self.place = fields.followed_by(),
            (Place::Head(fields), Some(line)) => {
                fields.read(line).map_err(|FramingError| Stop {
                    at: end + 1,
                    reason: Reason::Ambiguous,
                })?;
            }
            (Place::Trailers, Some([])) => self.place = Place::default(),
            (Place::Trailers | Place::Content(_) | Place::Chunks(_) | Place::Undecided, Some(_)) => {}
        }
        Ok(end + 1)
    }
}

impl Fields {
    /// What comes after the head. A browser that asks for a WebSocket waits for the answer (RFC 6455, section 4.1): before it,
    /// nobody knows what its bytes are.
    fn followed_by(self) -> Place {
        match self.framing {
            Framing::Unsaid | Framing::Length(0) if self.asks_for_websocket => Place::Undecided,
            Framing::Unsaid | Framing::Length(0) => Place::default(),
            Framing::Length(length) => Place::Content(length),
            Framing::Chunked => Place::Chunks(Chunks::default()),
        }
    }

    /// Another line of the head.
    fn read(&mut self, line: &[u8]) -> Result<(), FramingError> {
        self.number += 1;
        // Most lines are of no interest, and are told by their first letter.
        if !matches!(line.first(), Some(b'c' | b'C' | b't' | b'T' | b'u' | b'U')) {
            return Ok(());
        }
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        let (name, value) = line.split_at_checked(colon).unwrap_or_default();
        let value = value.strip_prefix(b":").unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            self.framing = self.framing.and_length(value)?;
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.framing = self.framing.and_coding(value)?;
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            self.asks_for_websocket |= value.eq_ignore_ascii_case(b"websocket");
        }
        Ok(())
    }
}
