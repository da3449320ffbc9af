//! Asks several proxies in turn, so many requests a second and evenly spread, and says how long their answers took.
//!
//! `paced RATE SECONDS CONNECTIONS`: so many seconds for each proxy. Standard input has a line for each, with tabs between its
//! address, the path and the fields of a request. Standard output has a line for each turn of a proxy: its number, how many
//! requests it had, and the microseconds that each answer took of those that count. An answer that is not 200 is an error.
//!
//! Each connection has a thread and a time of its own, so that no two requests begin together: where they do, the slowest of
//! them says how long a handful takes. Turns are short since a machine that is shared has its slow moments, of milliseconds
//! and of seconds: the former spoil one turn of many, the latter meet all proxies alike.

use std::error::Error;
use std::io;
use std::io::BufRead;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;
use std::time::Instant;

type Failure = Box<dyn Error + Send + Sync>;

/// Until all connections stand.
const SOON: Duration = Duration::from_millis(500);
/// What a proxy needs that did nothing for a while: its code and its data are elsewhere. Asked, but not counted.
const WARM: Duration = Duration::from_millis(50);
const COUNTED: Duration = Duration::from_millis(100);
/// Nobody is asked. What is later than that takes requests from the next turn, and is not counted there.
const PAUSE: Duration = Duration::from_millis(20);
/// Longer than a head and its body of 1 KiB.
const ROOM: usize = 16 * 1024;

/// One that is asked.
struct Proxy {
    address: String,
    request: Vec<u8>,
}

/// What every connection does.
struct Pace {
    proxies: Vec<Proxy>,
    begin: Instant,
    rounds: u32,
    connections: u32,
    /// From one request of a connection to its next.
    period: Duration,
}

/// What a connection did in a turn.
struct Turn {
    asked: usize,
    /// The microseconds of each answer, without those of the warming up.
    times: Vec<u128>,
}

/// All turns of a connection, in their order.
type Turns = Vec<Turn>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rate, seconds, connections] = arguments.as_slice() else {
        return Err("RATE SECONDS CONNECTIONS".into());
    };
    let (rate, connections): (f64, u32) = (rate.parse()?, connections.parse()?);
    let seconds = Duration::from_secs(seconds.parse()?);
    let lines: Result<Vec<String>, _> = io::stdin().lock().lines().collect();
    let proxies: Result<Vec<Proxy>, _> = lines?.iter().map(|line| Proxy::of(line)).collect();
    let pace = Pace {
        proxies: proxies?,
        begin: now() + SOON,
        rounds: u32::try_from(seconds.as_millis() / (WARM + COUNTED + PAUSE).as_millis())?,
        connections,
        period: Duration::from_secs_f64(f64::from(connections) / rate),
    };
    let of_connections: Result<Vec<Turns>, Failure> = thread::scope(|threads| {
        let pace = &pace;
        let running: Vec<_> = (0..connections)
            .map(|number| threads.spawn(move || pace.keep(number)))
            .collect();
        let ended = running
            .into_iter()
            .map(|thread| thread.join().map_err(|_panic| "a connection panicked")?);
        ended.collect()
    });
    Ok(io::stdout().write_all(pace.said(&of_connections?).as_bytes())?)
}

#[expect(clippy::disallowed_methods, reason = "a load is timed by the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

impl Proxy {
    fn of(line: &str) -> Result<Self, Failure> {
        let parts: Vec<&str> = line.split('\t').collect();
        let [address, path, fields @ ..] = parts.as_slice() else {
            return Err("a line is ADDRESS, PATH, FIELD..".into());
        };
        Ok(Self {
            address: (*address).to_owned(),
            request: format!("GET {path} HTTP/1.1\r\n{}\r\n\r\n", fields.join("\r\n")).into_bytes(),
        })
    }
}

impl Pace {
    /// One connection to each proxy.
    fn keep(&self, number: u32) -> Result<Turns, Failure> {
        let streams: Result<Vec<TcpStream>, _> = self
            .proxies
            .iter()
            .map(|proxy| TcpStream::connect(&proxy.address))
            .collect();
        let mut streams = streams?;
        for stream in &streams {
            stream.set_nodelay(true)?;
        }
        let (mut begin, first) = (self.begin, self.period * number / self.connections);
        let mut turns = Turns::new();
        for _round in 0..self.rounds {
            for (proxy, stream) in self.proxies.iter().zip(&mut streams) {
                turns.push(self.turn(begin, begin + first, &proxy.request, stream)?);
                begin += WARM + COUNTED + PAUSE;
            }
        }
        Ok(turns)
    }

    /// Asks when it is due, or as soon as the answer before is there; such a request counts from the moment at which it was due.
    fn turn(
        &self,
        begin: Instant,
        mut due: Instant,
        request: &[u8],
        stream: &mut TcpStream,
    ) -> Result<Turn, Failure> {
        let mut room = vec![0; ROOM];
        let mut turn = Turn {
            asked: 0,
            times: Vec::new(),
        };
        // The proxy before is to blame for these.
        while due < now() {
            due += self.period;
        }
        while due < begin + WARM + COUNTED {
            let is_late = due < now();
            thread::sleep(due.saturating_duration_since(now()));
            let from = if is_late { due } else { now() };
            stream.write_all(request)?;
            answer(stream, &mut room)?;
            turn.asked += 1;
            if due >= begin + WARM {
                turn.times.push(from.elapsed().as_micros());
            }
            due += self.period;
        }
        Ok(turn)
    }

    fn said(&self, of_connections: &[Turns]) -> String {
        let proxies = (0..self.proxies.len()).cycle();
        let turns = self.proxies.len() * self.rounds as usize;
        let lines = proxies.zip(0..turns).map(|(proxy, number)| {
            let turns = || of_connections.iter().filter_map(|turns| turns.get(number));
            let asked: usize = turns().map(|turn| turn.asked).sum();
            let times: Vec<String> = turns()
                .flat_map(|turn| &turn.times)
                .map(u128::to_string)
                .collect();
            format!("{proxy} {asked} {}\n", times.join(" "))
        });
        lines.collect()
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
