//! Clients that mean harm: slow, gone, many, forged, stolen, deaf and malformed.

use std::thread;
use std::time::Duration;

use super::faults::Weather;
use super::stage::Stage;
use crate::support::raw::Answer;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;

/// One kind of them, and how long it rests between two attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hostile {
    pub(super) name: &'static str,
    attempt: fn(&Stage, usize),
    rests: Duration,
}

/// All kinds; each is at work all the time.
pub(super) const HOSTILE: [Hostile; 7] = [
    Hostile {
        name: "slow heads, given up",
        attempt: slow,
        rests: Duration::from_millis(100),
    },
    Hostile {
        name: "gone in the middle of a request or an answer",
        attempt: gone,
        rests: Duration::from_millis(20),
    },
    Hostile {
        name: "floods of pipelined requests that nobody reads",
        attempt: floods,
        rests: Duration::from_secs(1),
    },
    Hostile {
        name: "forged identities",
        attempt: forged,
        rests: Duration::from_millis(20),
    },
    Hostile {
        name: "guessed sessions",
        attempt: guessed,
        rests: Duration::from_millis(20),
    },
    Hostile {
        name: "large answers that nobody reads",
        attempt: deaf,
        rests: Duration::from_millis(100),
    },
    Hostile {
        name: "requests of two readings, and endless heads",
        attempt: malformed,
        rests: Duration::from_millis(20),
    },
];

/// Until it is over.
pub(super) fn goes_on(hostile: Hostile, stage: &Stage) {
    let mut number = 0;
    while !stage.is_over() {
        (hostile.attempt)(stage, number);
        stage.tally.attempt(hostile.name);
        number += 1;
        thread::sleep(hostile.rests);
    }
}

/// Ten at once say a head a byte at a time; the gateway ends it.
fn slow(stage: &Stage, _: usize) {
    let head = format!("GET /public HTTP/1.1\r\nHost: {}\r\nX-Slow: ", stage.host());
    let mut clients: Vec<RawClient> = (0..10).map(|_| RawClient::connect(stage.address())).collect();
    for byte in head.into_bytes().into_iter().chain([b'x'; 10]) {
        if stage.is_over() {
            return;
        }
        for client in &mut clients {
            client.send([byte]);
        }
        thread::sleep(Duration::from_millis(60));
    }
    for client in &mut clients {
        let answer = client.try_answer("GET").map(|answer| answer.status);
        let ended = client.afterwards() == Connection::Closed && matches!(answer, Err(_) | Ok(408));
        if !ended {
            stage
                .tally
                .unexpected(format!("a slow head was waited for: {answer:?}"));
        }
    }
}

fn gone(stage: &Stage, number: usize) {
    let host = stage.host();
    let all = [
        format!("GET /public/padded/1000000 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        "GET /public/padded/10 HTTP/1.1\r\nHo".to_owned(),
        format!("POST /public HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n\r\nsome"),
        format!("POST /public HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
    ];
    let mut client = RawClient::connect(stage.address());
    client.send(&all[number % all.len()]);
    // With something left to read, the system says so with a reset.
    thread::sleep(Duration::from_millis(5));
}

fn floods(stage: &Stage, _: usize) {
    let one = format!("GET /public HTTP/1.1\r\nHost: {}\r\n\r\n", stage.host());
    let mut clients: Vec<RawClient> = (0..20).map(|_| RawClient::connect(stage.address())).collect();
    for client in &mut clients {
        client.send(one.repeat(10));
    }
    thread::sleep(Duration::from_millis(200));
}

fn forged(stage: &Stage, _: usize) {
    let lines = "X-Guichet-Sub: evil\r\nX_Guichet_Sub: evil\r\nX.Guichet.Assertion: evil\r\nX-Guichet-Status: authenticated\r\n\
                 Remote-User: evil\r\nConnection: X-Guichet-Status\r\n";
    is_nobody(stage, lines);
    let moment = stage.faults.now();
    let answer = stage.ask("/dossier", lines);
    let told = answer.text().contains("x-guichet-");
    if answer.status == 200 || told {
        stage
            .tally
            .unexpected(format!("a forged identity opened a page: {}", answer.text()));
    }
    is_no_failure(stage, &answer, stage.faults.since(moment));
}

fn guessed(stage: &Stage, number: usize) {
    // The form of a key: 32 bytes in base64url.
    let key = format!("{number:043}");
    is_nobody(stage, &format!("Cookie: {SESSION}={key}\r\n"));
}

/// On a page for everybody, the application is told of nobody.
fn is_nobody(stage: &Stage, lines: &str) {
    let moment = stage.faults.now();
    let answer = stage.ask("/optional", lines);
    let weather = stage.faults.since(moment);
    is_no_failure(stage, &answer, weather);
    if answer.status == 200 {
        let text = answer.text();
        let told: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("x-guichet-"))
            .collect();
        if told != ["x-guichet-status: anonymous"] {
            stage.tally.wrong(format!("nobody became somebody: {text}"));
        }
    }
}

fn is_no_failure(stage: &Stage, answer: &Answer, weather: Weather) {
    if answer.status >= 500 {
        stage
            .tally
            .failed(weather, format!("{}: {}", answer.status, answer.text()));
    }
}

fn deaf(stage: &Stage, _: usize) {
    let one = format!(
        "GET /public/padded/8000000 HTTP/1.1\r\nHost: {}\r\n\r\n",
        stage.host()
    );
    let mut clients: Vec<RawClient> = (0..5).map(|_| RawClient::connect(stage.address())).collect();
    for client in &mut clients {
        client.send(&one);
    }
    for _ in 0..20 {
        if !stage.is_over() {
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn malformed(stage: &Stage, number: usize) {
    let host = stage.host();
    let fields = [
        "Content-Length: 1\r\nContent-Length: 2\r\n".to_owned(),
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n".to_owned(),
        "X-Guichet-Sub : evil\r\n".to_owned(),
        "Host: evil.example\r\n".to_owned(),
        format!("X-Long: {}\r\n", "x".repeat(50_000)),
        "X-Many: 1\r\n".repeat(300),
    ];
    let fields = &fields[number % fields.len()];
    let mut client = RawClient::connect(stage.address());
    client.send(format!(
        "POST /public HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n0\r\n\r\n"
    ));
    let answer = client.try_answer("POST").map(|answer| answer.status);
    let refused = matches!(answer, Err(_) | Ok(400..=499));
    if !refused {
        stage
            .tally
            .unexpected(format!("{fields:.60} was taken: {answer:?}"));
    }
}
