//! Clients of HTTP/2 that make work without an end: each loses its connection, and its requests, bytes and fields are bounded.
//!
//! The real executable, so that its memory can be looked at.

use std::iter;
use std::thread;
use std::time::Duration;

use crate::cases;
use crate::listener::stage::published_at;
use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::frames::CONTINUATION;
use crate::support::frames::DATA;
use crate::support::frames::END_HEADERS;
use crate::support::frames::END_STREAM;
use crate::support::frames::ENHANCE_YOUR_CALM;
use crate::support::frames::Field;
use crate::support::frames::Frames;
use crate::support::frames::HEADERS;
use crate::support::frames::Outcome;
use crate::support::frames::PING;
use crate::support::frames::SETTINGS;
use crate::support::frames::WINDOW_UPDATE;
use crate::support::frames::block;
use crate::support::frames::frame;
use crate::support::frames::headers;
use crate::support::frames::pseudo;
use crate::support::frames::reset;
use crate::support::frames::text;
use crate::support::memory;
use crate::support::table::Proof;
use crate::support::tunnel::Tunnel;
use crate::support::upstream::Reply;

/// The one open page of the gateway, asked for by `/public`.
pub(super) struct Stage {
    pub(super) executable: Executable,
    tunnel: Tunnel,
    host: String,
}

impl Stage {
    pub(super) fn start() -> Self {
        let authority = Authority::new();
        let pair = authority.issue("gateway", LOCALHOST, LONG);
        let executable = Executable::start(&Start {
            edit: &|place, usual| {
                let usual = published_at(&format!("https://{}", place.host()), place, usual);
                usual.replace("[server]\n", &format!("[server]\n{}\n", pair.configured()))
            },
            ..Start::default()
        });
        let tunnel = Tunnel::into_tls(executable.address(), authority.client("h2"), "localhost");
        let host = executable.place().host();
        Self {
            executable,
            tunnel,
            host,
        }
    }

    pub(super) fn frames(&self) -> Frames {
        Frames::connect(self.tunnel.address())
    }

    fn request(&self, stream: u32, method: &str, flags: u8) -> Vec<u8> {
        headers(
            stream,
            flags | END_HEADERS,
            &pseudo(method, &self.host, "/public"),
        )
    }

    /// A request that is over with its head.
    fn get(&self, stream: u32) -> Vec<u8> {
        self.request(stream, "GET", END_STREAM)
    }

    fn serves_somebody_else(&self) {
        let mut somebody = self.frames();
        assert!(somebody.get(1, (&self.host, "/public"), &[]));
        assert_eq!(somebody.outcome(1), Outcome::Answered(200));
    }

    /// How many connections this limit has ended, by the log.
    fn ended_by(&self, limit: &str) -> usize {
        let log = self.executable.log();
        let ended = log.lines().filter(|line| line.contains("it reached a limit"));
        ended.filter(|line| line.contains(limit)).count()
    }

    /// What the process holds of the machine's memory, in MiB.
    fn memory(&self) -> u64 {
        memory::resident(self.executable.id()) / (1024 * 1024)
    }

    /// The same, once it grows no more: what is answered meanwhile has been taken, or waits elsewhere.
    fn memory_at_rest(&self) -> u64 {
        let mut before = self.memory();
        loop {
            thread::sleep(Duration::from_millis(500));
            let now = self.memory();
            if now <= before {
                return now;
            }
            before = now;
        }
    }

    /// Floods it from a connection of its own: the connection ends before all is said, the memory does not grow, and the
    /// application received at most so many requests. Says how the connection ended.
    fn bears(&self, what: &str, most_requests: usize, frames: impl Iterator<Item = Vec<u8>>) -> Option<u32> {
        let application = &self.executable.application;
        application.forget();
        application.otherwise(Reply::silence());
        let before = self.memory();
        let mut client = self.frames();
        let mut left = frames.peekable();
        let sent = client.flood(left.by_ref());
        let ended = client.ended();
        assert!(left.peek().is_some(), "{what}: all {sent} were taken");
        let received = application.received().len();
        assert!(received <= most_requests, "{what}: {received} requests");
        let grown = self.memory().saturating_sub(before);
        assert!(grown <= MOST_GROWN, "{what}: {grown} MiB");
        application.otherwise(Reply::new(200, &[], "ok"));
        self.serves_somebody_else();
        ended
    }
}

/// More frames than the system holds for whoever does not read them.
const ENDLESS: usize = 1_000_000;
/// Connections that each begin a head, and no more than the log has lines of one kind at once.
const CLIENTS: usize = 12;
/// In MiB.
const MOST_GROWN: u64 = 32;
/// Requests that one connection may have taken back when it is ended, and those that were on their way by then.
const MOST_TAKEN_BACK: usize = 330;

fn streams() -> impl Iterator<Item = u32> {
    (1..).step_by(2)
}

fn a_rapid_reset(stage: &Stage) {
    let pairs = streams().map(|stream| [stage.get(stream), reset(stream)].concat());
    let ended = stage.bears("rapid reset", MOST_TAKEN_BACK, pairs.take(ENDLESS));
    assert!([None, Some(ENHANCE_YOUR_CALM)].contains(&ended), "{ended:?}");
}

fn resets_that_the_client_provokes(stage: &Stage) {
    const PRIORITY: u8 = 2;
    let provocations: [(&str, (u8, u8), &[u8]); 4] = [
        ("a window of nothing", (WINDOW_UPDATE, 0), &[0; 4]),
        (
            "a window that overflows",
            (WINDOW_UPDATE, 0),
            &[0x7f, 0xff, 0xff, 0xff],
        ),
        ("data after the end", (DATA, END_STREAM), b"late"),
        ("a priority of four bytes", (PRIORITY, 0), &[0; 4]),
    ];
    for (what, kind, payload) in provocations {
        let pairs = streams().map(|stream| [stage.get(stream), frame(kind, stream, payload)].concat());
        stage.bears(what, MOST_TAKEN_BACK, pairs.take(ENDLESS));
    }
}

fn a_head_without_an_end(stage: &Stage) {
    let begun = frame(
        (HEADERS, END_STREAM),
        1,
        &block(&pseudo("GET", &stage.host, "/public")),
    );
    for (what, part) in [
        ("fields", block(&[(b"x-a", b"1")])),
        ("large fields", block(&[(b"x-a", &[b'1'; 8000])])),
        ("nothing", Vec::new()),
    ] {
        let part = frame((CONTINUATION, 0), 1, &part);
        stage.bears(
            what,
            0,
            iter::once(begun.clone()).chain(iter::repeat_n(part, ENDLESS)),
        );
    }
}

/// A request whose head is this block, in as many frames as it takes.
fn in_frames(stream: u32, block: &[u8]) -> Vec<u8> {
    frames_of(stream, block, END_HEADERS)
}

/// The same, with these flags in the last one.
fn frames_of(stream: u32, block: &[u8], last: u8) -> Vec<u8> {
    let mut parts = block.chunks(16 * 1024).peekable();
    let mut kind = (HEADERS, END_STREAM);
    let mut frames = Vec::new();
    while let Some(part) = parts.next() {
        let end = if parts.peek().is_none() { last } else { 0 };
        frames.extend(frame((kind.0, kind.1 | end), stream, part));
        kind = (CONTINUATION, 0);
    }
    frames
}

fn few_bytes_that_mean_many_fields(stage: &Stage) {
    let application = &stage.executable.application;
    let before = stage.memory();
    let begun = block(&pseudo("GET", &stage.host, "/public"));
    // One large field into the table, then sixty thousand times by its number.
    let remembered = [&[0x40][..], &text(b"x-bomb"), &text(&[b'x'; 4000])].concat();
    let bomb = [&begun[..], &remembered, &vec![0xbe; 60_000]].concat();
    let crumb: Field<'_> = (b"cookie", b"");
    let crumbs = [&begun[..], &block(&vec![crumb; 1500])].concat();
    let other: Field<'_> = (b"x", b"");
    let fields = [&begun[..], &block(&vec![other; 1500])].concat();
    for (what, block) in [("bomb", bomb), ("crumbs", crumbs), ("fields", fields)] {
        application.forget();
        let mut client = stage.frames();
        client.send(&in_frames(1, &block));
        let outcome = client.outcome(1);
        let refused = [Outcome::Answered(431)];
        let ended = matches!(outcome, Outcome::Reset(_) | Outcome::Ended(_));
        assert!(ended || refused.contains(&outcome), "{what}: {outcome:?}");
        assert_eq!(application.byte_count(), 0, "{what}");
        stage.serves_somebody_else();
    }

    // Heads that never end: of short fields none is read on, of long ones those of eight connections.
    let short: Field<'_> = (b"a", b"");
    let large: Field<'_> = (b"cookie", &[b'x'; 4000]);
    for (fields, ended) in [(vec![short; 15_000], CLIENTS), (vec![large; 100], CLIENTS - 8)] {
        let (length, before) = (fields.len(), stage.ended_by("max_head"));
        let part = frames_of(1, &[&begun[..], &block(&fields)].concat(), 0);
        let clients = iter::repeat_with(|| stage.frames()).take(CLIENTS);
        let clients: Vec<Frames> = clients
            .map(|mut client| {
                client.send(&part);
                client
            })
            .collect();
        let so_far = || stage.ended_by("max_head") - before;
        stage
            .executable
            .until("those beyond are ended", || so_far() >= ended);
        stage.serves_somebody_else();
        assert_eq!(so_far(), ended, "{length} fields");
        drop(clients);
    }
    assert_eq!(stage.ended_by("head_timeout"), 0);

    // As many fields as are taken, on every stream, and answers of which none is read.
    application.forget();
    application.otherwise(Reply::new(200, &[], &"x".repeat(1024 * 1024)));
    let crumbs = [&begun[..], &block(&vec![crumb; 300])].concat();
    let mut client = Frames::with_settings(stage.tunnel.address(), &[(4, 0)]);
    for stream in streams().take(100) {
        assert!(client.send(&in_frames(stream, &crumbs)));
    }
    assert!(client.is_answered());
    stage
        .executable
        .until("all were asked", || application.received().len() == 100);
    let grown = stage.memory_at_rest().saturating_sub(before);
    assert!(grown <= 2 * MOST_GROWN, "{grown} MiB");
    application.otherwise(Reply::new(200, &[], "ok"));
    stage.serves_somebody_else();
}

fn frames_about_nothing(stage: &Stage) {
    let post = stage.request(1, "POST", 0);
    let empty = frame((DATA, 0), 1, &[]).repeat(100);
    stage.bears(
        "empty data",
        1,
        iter::once(post).chain(iter::repeat_n(empty, ENDLESS)),
    );
    for (what, flood) in [
        ("pings", frame((PING, 0), 0, &[0; 8])),
        ("settings", frame((SETTINGS, 0), 0, &[])),
        (
            "settings that say something",
            frame((SETTINGS, 0), 0, &[0, 4, 0, 0, 255, 255]),
        ),
        ("a type that nobody knows", frame((0xfe, 0), 0, &[])),
    ] {
        let flood = flood.repeat(100);
        stage.bears(what, 0, iter::repeat_n(flood, ENDLESS));
    }
}

cases! {
    Proof<Stage>,
    run = {
        let stage = Stage::start();
        move |row: &Proof<Stage>| (row.holds)(&stage)
    },
    rows = [
        Proof { ids: &["T145"], sentence: "whoever takes requests back as fast as they can is told to be calm", holds: a_rapid_reset },
        Proof { ids: &["T146"], sentence: "resets that the client provokes are as bounded as its own", holds: resets_that_the_client_provokes },
        Proof { ids: &["T147"], sentence: "a head without an end ends the connection", holds: a_head_without_an_end },
        Proof { ids: &["T148"], sentence: "few bytes that mean many fields are refused, and unread answers hold little", holds: few_bytes_that_mean_many_fields },
        Proof { ids: &["T149"], sentence: "frames about nothing are bounded", holds: frames_about_nothing },
    ]
}
