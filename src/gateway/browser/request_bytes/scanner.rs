//! Follows the requests of one connection, byte for byte, as strictly as RFC 9112 allows.

use crate::gateway::browser::request_bytes::chunks::Chunks;
use crate::gateway::browser::request_bytes::chunks::Step;
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
}

/// How far the bytes may pass, and why not further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) at: usize,
    pub(super) reason: Reason,
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
}

#[derive(Debug)]
enum Place {
    Before { empty_lines: usize },
    Head(Framing),
    Content(u64),
    Chunks(Chunks),
    Trailers,
}

impl Default for Place {
    fn default() -> Self {
        Self::Before { empty_lines: 0 }
    }
}

impl Scanner {
    /// Before the first head. One that is longer than `longest_head` is refused by hyper, whatever stands in it.
    pub(super) fn new(longest_head: usize) -> Self {
        Self {
            place: Place::default(),
            line: Vec::new(),
            longest_head,
        }
    }

    /// Looks at the next bytes. After a [`Stop`] there are none.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let passed = bytes.len() - rest.len();
            let step = self.step(rest).map_err(|stop| Stop {
                at: passed + stop.at,
                ..stop
            })?;
            rest = rest.get(step..).unwrap_or_default();
        }
        Ok(())
    }

    fn step(&mut self, rest: &[u8]) -> Result<usize, Stop> {
        match &mut self.place {
            Place::Content(left) => {
                let now = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                *left -= now as u64;
                if *left == 0 {
                    self.place = Place::default();
                }
                Ok(now)
            }
            Place::Chunks(chunks) => match chunks.step(rest) {
                Step::Passed(now) => Ok(now),
                Step::LastSize(now) => {
                    self.place = Place::Trailers;
                    Ok(now)
                }
                Step::Malformed => Err(Stop {
                    at: 0,
                    reason: Reason::MalformedContent,
                }),
            },
            Place::Before { .. } | Place::Head(_) | Place::Trailers => self.line(rest),
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
            (Place::Before { .. }, Some(_)) => self.place = Place::Head(Framing::Unsaid),
            (Place::Head(framing), Some([])) => {
                self.place = match framing {
                    Framing::Unsaid | Framing::Length(0) => Place::default(),
                    Framing::Length(length) => Place::Content(*length),
                    Framing::Chunked => Place::Chunks(Chunks::default()),
                }
            }
            (Place::Head(framing), Some(line)) => {
                *framing = with_field(*framing, line).map_err(|FramingError| Stop {
                    at: end + 1,
                    reason: Reason::Ambiguous,
                })?;
            }
            (Place::Trailers, Some([])) => self.place = Place::default(),
            (Place::Trailers | Place::Content(_) | Place::Chunks(_), Some(_)) => {}
        }
        Ok(end + 1)
    }
}

/// What a head says about its content after another line.
fn with_field(framing: Framing, line: &[u8]) -> Result<Framing, FramingError> {
    // Most lines are of no interest, and are told by their first letter.
    if !matches!(line.first(), Some(b'c' | b'C' | b't' | b'T')) {
        return Ok(framing);
    }
    let colon = memchr::memchr(b':', line).unwrap_or(line.len());
    let (name, value) = line.split_at_checked(colon).unwrap_or_default();
    let value = value.strip_prefix(b":").unwrap_or_default().trim_ascii();
    if name.eq_ignore_ascii_case(b"content-length") {
        framing.and_length(value)
    } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
        framing.and_coding(value)
    } else {
        Ok(framing)
    }
}
