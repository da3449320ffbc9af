//! The chunks of a content (RFC 9112, section 7.1): size, extension, data, each in its only spelling. Extensions end here: they
//! are about this one connection (section 7.1.1), and hyper reads 16 KiB of them in one content at most, which are two hundred
//! signatures.

/// Longest line before a chunk. A signature, the longest extension that is in use, has under a hundred bytes.
const LONGEST_LINE: usize = 1024;
/// What a chunk may cost beside its data: so much and twice its data. More than that is counted over the whole content, and
/// has an end: else a content of a few bytes would be read for ever, as only its data counts against `max_body`.
const FREE: u64 = 16;
const MOST_IN_EXCESS: u64 = 16 * 1024;

/// Where in the chunks a scan stands.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    place: Place,
    /// What the size says so far; then what is left of the data.
    size: u64,
    /// Bytes of the line before the data so far.
    line: usize,
    /// Bytes of all those lines beyond what they may cost.
    excess: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Size,
    /// After the size, before an extension.
    Blank,
    Extension,
    LineFeed,
    Data,
    DataReturn,
    DataLineFeed,
}

/// What became of the next bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many pass.
    Passed(usize),
    /// So many are left away.
    Dropped(usize),
    /// So many pass, and trailers follow.
    LastSize(usize),
    /// The first one does not belong here.
    Malformed,
}

impl Chunks {
    /// Looks at the next bytes: at the rest of a chunk's data at once, at anything else one by one.
    pub(super) fn step(&mut self, rest: &[u8]) -> Step {
        if self.place == Place::Data {
            let now = usize::try_from(self.size).unwrap_or(usize::MAX).min(rest.len());
            self.size -= now as u64;
            if self.size == 0 {
                self.place = Place::DataReturn;
            }
            return Step::Passed(now);
        }
        let Some(next) = rest.first().and_then(|byte| self.after(*byte)) else {
            return Step::Malformed;
        };
        match next {
            Place::Data if self.size == 0 => return Step::LastSize(1),
            Place::Size if self.place == Place::DataLineFeed => {
                *self = Self {
                    excess: self.excess,
                    ..Self::default()
                };
            }
            _ => {
                self.place = next;
                self.line += 1;
            }
        }
        match next {
            Place::Data if self.is_too_dear() => Step::Malformed,
            Place::Blank | Place::Extension => Step::Dropped(1),
            _ => Step::Passed(1),
        }
    }

    /// Whether the lines before the data cost too much, this one among them.
    fn is_too_dear(&mut self) -> bool {
        let free = FREE.saturating_add(self.size.saturating_mul(2));
        self.excess = self.excess.saturating_add(self.line as u64).saturating_sub(free);
        self.excess > MOST_IN_EXCESS
    }

    fn after(&mut self, byte: u8) -> Option<Place> {
        let is_too_long = self.line >= LONGEST_LINE;
        match (self.place, byte) {
            (Place::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if !is_too_long => {
                self.size = self.size.checked_mul(16)? + u64::from(char::from(byte).to_digit(16)?);
                Some(Place::Size)
            }
            (Place::Size, _) if self.line == 0 => None,
            (Place::Size | Place::Extension, b'\r') => Some(Place::LineFeed),
            (Place::Size | Place::Blank, b' ' | b'\t') if !is_too_long => Some(Place::Blank),
            (Place::Size | Place::Blank, b';') => Some(Place::Extension),
            (Place::Extension, b'\t' | b' '..=b'~' | 0x80..) if !is_too_long => Some(Place::Extension),
            (Place::LineFeed, b'\n') => Some(Place::Data),
            (Place::DataReturn, b'\r') => Some(Place::DataLineFeed),
            (Place::DataLineFeed, b'\n') => Some(Place::Size),
            _ => None,
        }
    }
}
