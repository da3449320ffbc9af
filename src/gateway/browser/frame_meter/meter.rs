//! What the frames of a connection are, and how much of each kind there is.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::gateway::browser::frame_meter::field_count::FieldCount;
use crate::gateway::listener::clients::Connected;
use crate::gateway::listener::clients::LongHeadPlace;

/// Most frames about nothing in so long. A browser sends one with a request, when it changes its mind about what is urgent.
const MOST: u32 = 1000;
const WITHIN: Duration = Duration::from_secs(10);

/// Length of what a client begins with (section 3.4), and of the head of a frame.
const PREFACE: usize = 24;
const HEAD: usize = 9;
/// What stands before the fields where a frame says how urgent it is (section 6.2).
const URGENCY: usize = 5;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const URGENT: u8 = 0x20;

/// The bounds of a head.
#[derive(Clone, Debug)]
pub(in crate::gateway::browser) struct HeadBounds {
    /// Most fields of one.
    pub(in crate::gateway::browser) fields: usize,
    /// Beyond so many bytes, it is one of the long ones.
    pub(in crate::gateway::browser) length: usize,
    /// How long one may take.
    pub(in crate::gateway::browser) time: Duration,
    /// Who has so many long ones at once.
    pub(in crate::gateway::browser) client: Arc<Connected>,
}

/// What was read of a connection.
#[derive(Debug)]
pub(super) struct Meter {
    /// Bytes before the next head of a frame.
    ahead: usize,
    /// What came of that head.
    head: Vec<u8>,
    since: Instant,
    about_nothing: u32,
    bounds: HeadBounds,
    /// The head of a request whose end has not come.
    request: Option<Request>,
}

/// The head of a request on its way.
#[derive(Debug)]
struct Request {
    since: Instant,
    count: FieldCount,
    length: usize,
    long: Option<LongHeadPlace>,
    fragment: Fragment,
}

/// What the frame under way has of it.
#[derive(Clone, Copy, Debug)]
struct Fragment {
    /// Absent: the first byte says it.
    padding: Option<usize>,
    /// Bytes before the fields.
    before: usize,
    is_last: bool,
}

/// Why a connection ends here.
#[derive(Debug, thiserror::Error)]
pub(super) enum TooMuch {
    /// Frames that are about no request.
    #[error("too many frames that are about no request")]
    AboutNothing,
    /// Fields of one head.
    #[error("too many fields in a head")]
    Fields,
    /// Long heads at once.
    #[error("too many long heads at once")]
    LongHeads,
}

impl Meter {
    /// Nothing was said yet.
    pub(super) fn new(bounds: HeadBounds) -> Self {
        Self {
            ahead: PREFACE,
            head: Vec::with_capacity(HEAD),
            since: Instant::now(),
            about_nothing: 0,
            bounds,
            request: None,
        }
    }

    /// When a head has to be whole, if one has begun.
    pub(super) fn head_ends(&self) -> Option<Instant> {
        Some(self.request.as_ref()?.since + self.bounds.time)
    }

    /// Looks through what came.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Result<(), TooMuch> {
        while !bytes.is_empty() {
            let (content, rest) = bytes.split_at(self.ahead.min(bytes.len()));
            self.ahead -= content.len();
            self.content(content)?;
            let missing = (HEAD - self.head.len()).min(rest.len());
            let (head, rest) = rest.split_at_checked(missing).unwrap_or_default();
            self.head.extend_from_slice(head);
            bytes = rest;
            if let [high, middle, low, kind, flags, ..] = *self.head.as_slice()
                && self.head.len() == HEAD
            {
                self.head.clear();
                self.ahead = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                self.count(kind, flags)?;
                self.begin(kind, flags);
                self.content(&[])?;
            }
        }
        Ok(())
    }

    /// A frame begins that may carry fields. What stands in the wrong place is hyper's affair.
    fn begin(&mut self, kind: u8, flags: u8) {
        let is_last = flags & END_HEADERS != 0;
        match (kind, &mut self.request) {
            (HEADERS, request) => {
                *request = Some(Request {
                    since: Instant::now(),
                    count: FieldCount::default(),
                    length: 0,
                    long: None,
                    fragment: Fragment {
                        padding: (flags & PADDED == 0).then_some(0),
                        before: if flags & URGENT == 0 { 0 } else { URGENCY },
                        is_last,
                    },
                });
            }
            (CONTINUATION, Some(request)) => {
                request.fragment = Fragment {
                    padding: Some(0),
                    before: 0,
                    is_last,
                };
            }
            (_, request) => *request = None,
        }
    }

    /// The next bytes of a frame, of which so many are still ahead.
    fn content(&mut self, bytes: &[u8]) -> Result<(), TooMuch> {
        let Some(request) = &mut self.request else {
            return Ok(());
        };
        request.count.read(request.fragment.fields(bytes, self.ahead));
        if request.count.fields() > self.bounds.fields {
            return Err(TooMuch::Fields);
        }
        request.length = request.length.saturating_add(bytes.len());
        if request.length > self.bounds.length && request.long.is_none() {
            request.long = Some(self.bounds.client.long_head().ok_or(TooMuch::LongHeads)?);
        }
        if request.fragment.is_last && self.ahead == 0 {
            self.request = None;
        }
        Ok(())
    }

    fn count(&mut self, kind: u8, flags: u8) -> Result<(), TooMuch> {
        let is_about_a_request = match kind {
            DATA => self.ahead > 0 || flags & END_STREAM != 0,
            HEADERS | RST_STREAM | WINDOW_UPDATE | CONTINUATION => true,
            _ => false,
        };
        if is_about_a_request {
            return Ok(());
        }
        let now = Instant::now();
        if now.duration_since(self.since) >= WITHIN {
            (self.since, self.about_nothing) = (now, 0);
        }
        self.about_nothing += 1;
        if self.about_nothing > MOST {
            return Err(TooMuch::AboutNothing);
        }
        Ok(())
    }
}

impl Fragment {
    /// Of the next bytes of its frame, those that are fields; so many bytes of the frame come after them.
    fn fields<'a>(&mut self, mut bytes: &'a [u8], ahead: usize) -> &'a [u8] {
        if let (None, [length, rest @ ..]) = (self.padding, bytes) {
            self.padding = Some(usize::from(*length));
            bytes = rest;
        }
        let before = self.before.min(bytes.len());
        self.before -= before;
        let bytes = bytes.get(before..).unwrap_or_default();
        let fields = (bytes.len() + ahead).saturating_sub(self.padding.unwrap_or(0));
        bytes.get(..fields.min(bytes.len())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::listener::clients::Clients;
    use crate::gateway::listener::limits::Limits;
    use crate::wire::client_network::ClientNetwork;

    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const PRIORITY_UPDATE: u8 = 16;

    fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
        let head = [0, 0, length, kind, flags, 0, 0, 0, 1];
        [&head[..], &vec![kind; usize::from(length)]].concat()
    }

    const MOST_FIELDS: usize = 500;

    fn bounds() -> HeadBounds {
        let network = ClientNetwork::of("192.0.2.1".parse().unwrap());
        let clients = Arc::new(Clients::default());
        HeadBounds {
            fields: MOST_FIELDS,
            length: 32 * 1024,
            time: Duration::from_secs(10),
            client: Arc::new(clients.connect(Some(network), &Limits::default()).unwrap()),
        }
    }

    fn begun() -> Meter {
        begun_within(bounds())
    }

    fn begun_within(bounds: HeadBounds) -> Meter {
        let mut meter = Meter::new(bounds);
        meter.read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        meter
    }

    /// How many of these frames are let through, in pieces of so many bytes.
    fn passing(frame: &[u8], piece: usize) -> u32 {
        let mut meter = begun();
        let all = frame.repeat(3000);
        let frames = all.chunks(piece).take_while(|piece| meter.read(piece).is_ok());
        u32::try_from(frames.count() * piece / frame.len()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn frames_about_no_request_are_bounded_however_they_come() {
        for (kind, length) in [
            (PING, 8),
            (SETTINGS, 0),
            (SETTINGS, 6),
            (PRIORITY_UPDATE, 5),
            (DATA, 0),
        ] {
            let frame = frame(kind, 0, length);
            for piece in [1, 7, 16 * 1024] {
                let passing = passing(&frame, piece);
                assert!(passing <= MOST, "{kind} {piece}: {passing}");
            }
            assert_eq!(passing(&frame, frame.len()), MOST, "{kind}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn frames_of_requests_are_not_counted() {
        for (kind, flags, length) in [
            (HEADERS, 0, 20),
            (CONTINUATION, 0, 0),
            (DATA, 0, 1),
            (DATA, END_STREAM, 0),
            (RST_STREAM, 0, 4),
            (WINDOW_UPDATE, 0, 4),
        ] {
            let frame = frame(kind, flags, length);
            assert_eq!(passing(&frame, frame.len()), 3000, "{kind}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_pings_now_and_then_may_go_on() {
        let mut meter = begun();
        for _ in 0..5 {
            for _ in 0..MOST {
                assert!(meter.read(&frame(PING, 0, 8)).is_ok());
            }
            tokio::time::advance(WITHIN).await;
        }
    }

    /// The head of a request in frames that hold so many bytes of it, padded and urgent where they may be.
    fn head_of(fields: &[u8], piece: usize) -> Vec<u8> {
        let pieces: Vec<&[u8]> = fields.chunks(piece).collect();
        let frames = pieces.iter().enumerate().map(|(number, fields)| {
            let last = if number + 1 == pieces.len() {
                END_HEADERS
            } else {
                0
            };
            let (kind, flags, payload) = if number == 0 {
                let urgent = [&[3, 0, 0, 0, 0, 0][..], fields, &[0xbe; 3]].concat();
                (HEADERS, PADDED | URGENT, urgent)
            } else {
                (CONTINUATION, 0, fields.to_vec())
            };
            let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
            [&length[1..], &[kind, flags | last, 0, 0, 0, 1], &payload].concat()
        });
        frames.collect::<Vec<_>>().concat()
    }

    #[tokio::test(start_paused = true)]
    async fn the_fields_of_each_head_are_bounded_however_they_come() {
        for piece in [1, 100, 10_000] {
            for read in [1, 7, 100_000] {
                let passes = |fields: usize| {
                    let mut meter = begun();
                    let head = head_of(&vec![0xbe; fields], piece).repeat(3);
                    head.chunks(read).all(|bytes| meter.read(bytes).is_ok())
                };
                assert!(passes(MOST_FIELDS), "{piece} {read}");
                assert!(!passes(MOST_FIELDS + 1), "{piece} {read}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_long_heads_so_many_are_read_at_once() {
        let bounds = bounds();
        let long = head_of(
            &[&[0x00, 1, b'a', 0x7f, 0x81, 0xfe, 0x02][..], &vec![b'a'; 49_000]].concat(),
            16_000,
        );
        let part = &long[..40_000];
        let mut begun: Vec<Meter> = Vec::new();
        let goes_on = std::iter::repeat_with(|| begun_within(bounds.clone())).take(100);
        for mut meter in goes_on {
            if meter.read(part).is_err() {
                break;
            }
            begun.push(meter);
        }
        let most = begun.len();
        assert!((1..50).contains(&most), "{most}");
        assert!(begun[0].read(&long[40_000..]).is_ok(), "it is whole");
        assert!(
            begun_within(bounds).read(part).is_ok(),
            "another one in its place"
        );
    }
}
