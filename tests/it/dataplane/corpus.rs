//! Odd requests, one a line of `corpus.tsv`: each is refused, or the application sees exactly the requests that a strict
//! reading of its bytes finds, with the fields and the content that it finds. Area D, T127.

use std::collections::BTreeSet;

use crate::cases;
use crate::support::message;
use crate::support::message::Framing;
use crate::support::message::find;
use crate::support::provider::Alg;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Received;

/// What must become of a vector.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Every request of it is answered by the application, and another one after it.
    Passes,
    /// The first is, and nothing is read after it.
    PassesOnce,
    /// Its last answer has this status, and nothing is read after it. What was before it passes.
    Refused(u16),
    /// It breaks off; nothing is answered but what was before it.
    Unanswered,
}

#[derive(Debug)]
struct Vector {
    name: &'static str,
    outcome: Outcome,
    bytes: Vec<u8>,
    /// Whether the client ends its side after the last byte.
    finishes: bool,
}

/// A request as a strict reading finds it.
#[derive(Debug, PartialEq, Eq)]
struct Meant {
    line: String,
    /// Those that nobody but the client and the application has to do with.
    fields: Vec<(String, String)>,
    content: Vec<u8>,
}

fn vectors(host: &str) -> Vec<Vector> {
    let lines = include_str!("corpus.tsv").lines();
    let rows = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| {
        let mut cells = row.split('\t');
        let (Some(outcome), Some(name), Some(text), None) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            panic!("three cells: {row:?}");
        };
        let (text, finishes) = text
            .strip_suffix("{fin}")
            .map_or((text, false), |text| (text, true));
        Vector {
            name,
            outcome: match outcome {
                "passes" => Outcome::Passes,
                "once" => Outcome::PassesOnce,
                "cut" => Outcome::Unanswered,
                status => Outcome::Refused(status.parse().unwrap()),
            },
            bytes: unescaped(
                &text
                    .replace("{h}", &format!("Host: {host}\\r\\n"))
                    .replace("{host}", host),
            ),
            finishes,
        }
    })
    .collect()
}

/// `\r`, `\n`, `\t`, `\0`, `\x9f`, and `{70000*a}`: so many of this.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['\\', '{']) {
        let (plain, escape) = rest.split_at(at);
        bytes.extend_from_slice(plain.as_bytes());
        if let Some((repeated, after)) = escape.strip_prefix('{').and_then(|after| after.split_once('}')) {
            let (times, what) = repeated.split_once('*').unwrap();
            bytes.extend(unescaped(what).repeat(times.parse().unwrap()));
            rest = after;
        } else if let Some(hexadecimal) = escape.strip_prefix("\\x") {
            let (digits, after) = hexadecimal.split_at(2);
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = after;
        } else {
            let mut letters = escape.chars().skip(1);
            bytes.push(match letters.next() {
                Some('r') => b'\r',
                Some('n') => b'\n',
                Some('t') => b'\t',
                Some('0') => 0,
                other => panic!("{other:?} after a backslash"),
            });
            rest = escape.split_at(2).1;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// The requests of a vector that passes, read with no leniency but one empty line.
fn meant(mut rest: &[u8]) -> Vec<Meant> {
    let mut found = Vec::new();
    while !rest.is_empty() && rest != b"\r\n" {
        rest = rest.strip_prefix(b"\r\n").unwrap_or(rest);
        let end = find(rest, b"\r\n\r\n").expect("no whole head") + 4;
        let (head, after) = rest.split_at(end);
        let fields = message::fields(head);
        let (length, content) = match message::framing(&fields, Framing::Nothing).unwrap() {
            Framing::Nothing | Framing::UntilClose => (0, Vec::new()),
            Framing::Length(length) => (length, after[..length].to_vec()),
            Framing::Chunked => chunks(after),
        };
        found.push(Meant {
            line: in_our_words(&message::first_line(head)),
            fields: end_to_end(&fields),
            content,
        });
        rest = &after[length..];
    }
    found
}

/// A target is a path to the application, and the version is ours.
fn in_our_words(line: &str) -> String {
    let line = line.replace("HTTP/1.0", "HTTP/1.1");
    match line.split_once("http://") {
        Some((method, rest)) => format!("{method}/{}", rest.split_once('/').unwrap().1),
        None => line,
    }
}

fn chunks(all: &[u8]) -> (usize, Vec<u8>) {
    let (mut at, mut content) = (0, Vec::new());
    let line = |at: usize| &all[at..at + find(&all[at..], b"\r\n").unwrap()];
    loop {
        let size = String::from_utf8_lossy(line(at)).into_owned();
        at += size.len() + 2;
        let size = usize::from_str_radix(size.split(';').next().unwrap().trim_end(), 16).unwrap();
        if size == 0 {
            break;
        }
        content.extend_from_slice(&all[at..at + size]);
        at += size + 2;
    }
    while !line(at).is_empty() {
        at += line(at).len() + 2;
    }
    (at + 2, content)
}

/// What the gateway has nothing to do with.
fn end_to_end(fields: &[(String, String)]) -> Vec<(String, String)> {
    let is_theirs =
        |name: &str| name.starts_with("x-t") || ["accept", "content-type", "user-agent"].contains(&name);
    let fields = fields
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.clone()));
    let mut fields: Vec<_> = fields.filter(|(name, _)| is_theirs(name)).collect();
    fields.sort();
    fields
}

fn arrived(received: &Received) -> Meant {
    Meant {
        line: received.request_line(),
        fields: end_to_end(&received.fields()),
        content: received.body.clone(),
    }
}

/// Whether the request came with all of its content.
fn is_whole(received: &Received) -> bool {
    match received.values("content-length").first() {
        Some(length) => received.wire_body.len().to_string() == *length,
        None => received.values("transfer-encoding").is_empty() || !received.wire_body.is_empty(),
    }
}

/// One field of each that counts, and none that an application might take for one.
fn has_one_reading(received: &Received, host: &str) {
    assert_eq!(received.values("host"), [host], "{received:?}");
    assert_eq!(received.values("x-forwarded-for").len(), 1, "{received:?}");
    let folded = |name: &str| name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "-");
    let fields = received.fields();
    let framing = fields.iter().map(|(name, _)| folded(name));
    let framing = framing.filter(|name| ["content-length", "transfer-encoding"].contains(&name.as_str()));
    assert!(framing.count() < 2, "{received:?}");
    assert!(
        fields
            .iter()
            .all(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    );
}

/// The statuses of the next answers, at most so many.
fn answers(client: &mut RawClient, most: usize) -> Vec<u16> {
    let answers = (0..most).map_while(|_| client.try_answer("GET").ok());
    answers.map(|answer| answer.status).collect()
}

fn holds(scene: &Scene, vector: &Vector) {
    let (application, host) = (&scene.application, scene.host());
    application.forget();
    let mut client = RawClient::connect(scene.gateway.address());
    client.send(&vector.bytes);
    if vector.finishes {
        client.finish();
    }
    let expected = match vector.outcome {
        Outcome::Passes => {
            let meant = meant(&vector.bytes);
            assert_eq!(answers(&mut client, meant.len()), vec![200; meant.len()]);
            // Both sides agree about where the next one begins.
            client.send(format!(
                "GET /public/last HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            ));
            assert_eq!(answers(&mut client, 2), [200]);
            meant
        }
        Outcome::PassesOnce => {
            assert_eq!(answers(&mut client, 9), [200]);
            meant(&vector.bytes).drain(..1).collect()
        }
        Outcome::Refused(status) => {
            let statuses = answers(&mut client, 9);
            assert_eq!(statuses.last(), Some(&status), "{statuses:?}");
            assert!(
                statuses[..statuses.len() - 1].iter().all(|before| *before == 200),
                "{statuses:?}"
            );
            first_ones(&vector.bytes, statuses.len() - 1)
        }
        Outcome::Unanswered => {
            let statuses = answers(&mut client, 9);
            assert!(statuses.iter().all(|status| *status >= 400), "{statuses:?}");
            Vec::new()
        }
    };
    assert_eq!(client.afterwards(), Connection::Closed);
    let received = application.received();
    let whole: Vec<&Received> = received.iter().filter(|received| is_whole(received)).collect();
    for received in &whole {
        has_one_reading(received, &host);
    }
    let mut whole: Vec<Meant> = whole.into_iter().map(arrived).collect();
    if vector.outcome == Outcome::Passes {
        let last = whole.pop().expect("the last one");
        assert_eq!(last.line, "GET /public/last HTTP/1.1");
    }
    assert_eq!(whole, expected);
}

/// The requests before the one that is refused: none of the corpus has a content.
fn first_ones(bytes: &[u8], count: usize) -> Vec<Meant> {
    let mut end = 0;
    for _ in 0..count {
        end += find(&bytes[end..], b"\r\n\r\n").unwrap() + 4;
    }
    meant(&bytes[..end])
}

fn every_vector() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let vectors = vectors(&scene.host());
    assert!(vectors.len() >= 150, "{}", vectors.len());
    let names: BTreeSet<_> = vectors.iter().map(|vector| vector.name).collect();
    assert_eq!(names.len(), vectors.len(), "each has a name of its own");
    let failed: Vec<_> = vectors
        .iter()
        .filter(|vector| {
            let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| holds(&scene, vector)));
            held.is_err()
        })
        .map(|vector| vector.name)
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {}: {failed:#?}",
        failed.len(),
        vectors.len()
    );
}

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T127"],
            sentence: "each odd request is refused, or arrives as a strict reading finds it",
            plays: every_vector,
        },
    ]
}
