//! Sends so many requests a second, evenly spread, and says how long their answers took.
//!
//! `paced ADDRESS PATH RATE REQUESTS CONNECTIONS FIELD..`: requests, median and 99th percentile in microseconds, without the
//! first half second. Each connection has a thread and a turn of its own, so that no two requests begin together: where they
//! do, the slowest of them says how long a handful takes. An answer that is not 200 ends it with an error.

use std::error::Error;
use std::io;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;
use std::time::Instant;

type Failure = Box<dyn Error + Send + Sync>;

/// Until all connections stand.
const SOON: Duration = Duration::from_millis(200);
/// Connections are made then, and code is read for the first time.
const WARM: Duration = Duration::from_millis(500);
/// Longer than a head and its body of 1 KiB.
const ROOM: usize = 16 * 1024;

/// What every connection does.
struct Pace {
    address: String,
    request: String,
    begin: Instant,
    /// From one request of a connection to its next.
    period: Duration,
    /// Of each connection.
    requests: u32,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, rate, requests, connections, fields @ ..] = arguments.as_slice() else {
        return Err("ADDRESS PATH RATE REQUESTS CONNECTIONS FIELD..".into());
    };
    let (rate, requests, connections): (f64, u32, u32) =
        (rate.parse()?, requests.parse()?, connections.parse()?);
    let head = [
        &[format!("GET {path} HTTP/1.1")],
        fields,
        &[String::new(), String::new()],
    ]
    .concat();
    let pace = Pace {
        address: address.clone(),
        request: head.join("\r\n"),
        begin: now() + SOON,
        period: Duration::from_secs_f64(f64::from(connections) / rate),
        requests: requests / connections,
    };
    let times: Result<Vec<Vec<Duration>>, Failure> = thread::scope(|threads| {
        let pace = &pace;
        let turns = (0..connections).map(|number| pace.period * number / connections);
        let running: Vec<_> = turns.map(|turn| threads.spawn(move || pace.keep(turn))).collect();
        let ended = running
            .into_iter()
            .map(|thread| thread.join().map_err(|_panic| "a connection panicked")?);
        ended.collect()
    });
    let mut times: Vec<Duration> = times?.into_iter().flatten().collect();
    times.sort();
    let of_hundred = |share: usize| {
        times
            .get(times.len() * share / 100)
            .map_or(0, Duration::as_micros)
    };
    let said = format!(
        "{} {} {}\n",
        pace.requests * connections,
        of_hundred(50),
        of_hundred(99)
    );
    Ok(io::stdout().write_all(said.as_bytes())?)
}

#[expect(clippy::disallowed_methods, reason = "a load is timed by the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

impl Pace {
    /// Asks when it is due, or as soon as the answer before is there; such a request counts from the moment at which it was due.
    fn keep(&self, turn: Duration) -> Result<Vec<Duration>, Failure> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        let mut room = vec![0; ROOM];
        let mut times = Vec::new();
        for number in 0..self.requests {
            let due = self.begin + turn + self.period * number;
            let is_late = due < now();
            thread::sleep(due.saturating_duration_since(now()));
            let from = if is_late { due } else { now() };
            stream.write_all(self.request.as_bytes())?;
            answer(&mut stream, &mut room)?;
            if due > self.begin + WARM {
                times.push(from.elapsed());
            }
        }
        Ok(times)
    }
}

/// Reads an answer to its end.
fn answer(stream: &mut TcpStream, room: &mut [u8]) -> Result<(), Failure> {
    let (mut filled, mut end) = (0, None);
    while end.is_none_or(|end| filled < end) {
        let read = stream.read(room.get_mut(filled..).unwrap_or_default())?;
        if read == 0 {
            return Err("no whole answer".into());
        }
        filled += read;
        let bytes = room.get(..filled).unwrap_or_default();
        if let (None, Some(head)) = (end, bytes.windows(4).position(|four| four == b"\r\n\r\n")) {
            end = Some(head + 4 + length_of_body(&String::from_utf8_lossy(bytes))?);
        }
    }
    Ok(())
}

fn length_of_body(head: &str) -> Result<usize, Failure> {
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(format!("not 200: {head}").into());
    }
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    let length = fields
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value)
        .next();
    Ok(length.ok_or("an answer without a length")?.trim().parse()?)
}
