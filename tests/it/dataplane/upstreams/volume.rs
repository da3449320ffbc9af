//! Large bodies pass through: what the process needs for a gibibyte in either direction, also where one side is slow.

use std::fs;
use std::io;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::stage::edited;
use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::command::tool;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::memory;
use crate::support::usual;
use crate::support::wait::until;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
/// What a body of any length may add.
const MOST: u64 = 8 * MIB;

/// Sends as much as the path says, `/public/1024` for a kibibyte, or reads a body to its end and says how long it was.
struct Application {
    address: SocketAddr,
    /// Bytes of bodies that it could send so far.
    sent: Arc<AtomicU64>,
}

impl Application {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, counted) = (stream.unwrap(), Arc::clone(&counted));
                // Whoever hangs up ends it.
                thread::spawn(move || drop(serve(stream, &counted)));
            }
        });
        Self { address, sent }
    }
}

fn serve(mut stream: TcpStream, sent: &AtomicU64) -> io::Result<()> {
    let head = head_of(&mut stream)?;
    let length = head.to_lowercase();
    let length = length
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.lines().next()?.parse().ok());
    if let Some(length) = length {
        let read = io::copy(&mut (&stream).take(length), &mut io::sink())?;
        let body = read.to_string();
        return write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
    }
    let wanted = head
        .split(' ')
        .nth(1)
        .and_then(|path| path.rsplit('/').next()?.parse().ok());
    let mut left: u64 = wanted.unwrap_or(0);
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {left}\r\n\r\n")?;
    let part = vec![b'x'; 256 * 1024];
    while left > 0 {
        let length = part.len().min(usize::try_from(left).unwrap());
        stream.write_all(&part[..length])?;
        left -= length as u64;
        sent.fetch_add(length as u64, Ordering::SeqCst);
    }
    Ok(())
}

/// Byte by byte, so that nothing of the body is taken.
fn head_of(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn download(gateway: &Executable, bytes: u64) {
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    stream
        .write_all(gateway.request(&format!("/public/{bytes}")).as_bytes())
        .unwrap();
    assert!(head_of(&mut stream).unwrap().starts_with("HTTP/1.1 200 "));
    let read = io::copy(&mut stream.take(bytes), &mut io::sink()).unwrap();
    assert_eq!(read, bytes);
}

fn upload(gateway: &Executable, bytes: u64) {
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    let host = gateway.place().host();
    let head = format!("POST /public HTTP/1.1\r\nHost: {host}\r\nContent-Length: {bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    io::copy(&mut io::repeat(b'x').take(bytes), &mut stream).unwrap();
    assert!(head_of(&mut stream).unwrap().starts_with("HTTP/1.1 200 "));
    let mut said = vec![0; bytes.to_string().len()];
    stream.read_exact(&mut said).unwrap();
    assert_eq!(said, bytes.to_string().as_bytes());
}

fn in_the_open(application: SocketAddr) -> Executable {
    let upstreams = format!("upstreams = [\"http://{application}\"]\n");
    Executable::start(&Start {
        edit: &|place, usual| edited(place, usual, &upstreams),
        ..Start::default()
    })
}

#[test]
fn a_gibibyte_in_either_direction_adds_little_memory() {
    let application = Application::start();
    let gateway = in_the_open(application.address);
    let process = gateway.id();
    // What every process needs once.
    download(&gateway, MIB);
    upload(&gateway, MIB);
    for (what, pass) in [("download", download as fn(&Executable, u64)), ("upload", upload)] {
        let added = memory::added_by(process, || pass(&gateway, GIB));
        assert!(added < MOST, "{what}: {} KiB", added / 1024);
    }
}

/// With a certificate of its own, so that browsers speak HTTP/2.
fn secure(application: SocketAddr, authority: &Authority) -> Executable {
    let pair = authority.issue("gateway", LOCALHOST, LONG);
    let upstreams = format!("upstreams = [\"http://{application}\"]");
    Executable::start(&Start {
        edit: &|place, usual| {
            let line = usual::upstreams(usual);
            let secure = place.public_url().replace("http:", "https:");
            usual
                .replace(line, &upstreams)
                .replace(&place.public_url(), &secure)
                .replace("[server]", &format!("[server]\n{}", pair.configured()))
        },
        ..Start::default()
    })
}

/// In HTTP/2 over TLS, by curl.
#[test]
fn a_gibibyte_of_http_2_adds_little_memory() {
    let (application, authority) = (Application::start(), Authority::new());
    let gateway = secure(application.address, &authority);
    let large = authority.path("large");
    fs::File::create(&large).unwrap().set_len(GIB).unwrap();
    let host = gateway.place().host();
    let curl = |arguments: &[&str], path: &str| {
        let mut command = Command::new("curl");
        command.args([
            "-sS",
            "--http2",
            "-o",
            "/dev/null",
            "-w",
            "%{http_version} %{http_code} %{size_download}",
        ]);
        command.arg("--cacert").arg(authority.root()).args(arguments);
        tool(command.arg(format!("https://{host}{path}")), "")
    };
    let process = gateway.id();
    assert_eq!(
        curl(&[], &format!("/public/{MIB}")).well(),
        format!("2 200 {MIB}")
    );
    assert_eq!(curl(&["-d", "a=b"], "/public").well(), "2 200 1");
    let added = memory::added_by(process, || {
        assert_eq!(
            curl(&[], &format!("/public/{GIB}")).well(),
            format!("2 200 {GIB}")
        );
    });
    assert!(added < MOST, "download: {} KiB", added / 1024);
    let file = large.display().to_string();
    let added = memory::added_by(process, || {
        assert_eq!(curl(&["-X", "POST", "-T", &file], "/public").well(), "2 200 10");
    });
    assert!(added < MOST, "upload: {} KiB", added / 1024);
    let before = application.sent.load(Ordering::SeqCst);
    let added = memory::added_by(process, || {
        // A browser that reads 256 KiB a second, for two.
        let slow = curl(
            &["--limit-rate", "256k", "--max-time", "2"],
            &format!("/public/{GIB}"),
        );
        assert_eq!(slow.code, 28, "{}", slow.err);
    });
    assert!(added < MOST, "slow: {} KiB", added / 1024);
    let sent = application.sent.load(Ordering::SeqCst) - before;
    assert!(
        sent < 64 * MIB,
        "the application was not held back: {} MiB",
        sent / MIB
    );
}

/// A browser that stops reading holds its application back, and an application that reads nothing holds its browser back.
#[test]
fn whoever_is_slow_holds_the_other_side_back() {
    let application = Application::start();
    let gateway = in_the_open(application.address);
    let process = gateway.id();
    download(&gateway, MIB);
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    let added = memory::added_by(process, || {
        stream
            .write_all(gateway.request(&format!("/public/{GIB}")).as_bytes())
            .unwrap();
        assert!(head_of(&mut stream).unwrap().starts_with("HTTP/1.1 200 "));
        let mut before = 0;
        until("the application is held back", || {
            thread::sleep(Duration::from_millis(100));
            let now = application.sent.load(Ordering::SeqCst);
            std::mem::replace(&mut before, now) == now
        });
        assert!(before < GIB / 4, "{} MiB", before / MIB);
    });
    assert!(added < MOST, "{} KiB", added / 1024);

    // It accepts, and reads nothing.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let gateway = in_the_open(deaf.local_addr().unwrap());
    let process = gateway.id();
    let host = gateway.place().host();
    let head = format!("POST /public HTTP/1.1\r\nHost: {host}\r\nContent-Length: {GIB}\r\n\r\n");
    let fill = || {
        let mut stream = TcpStream::connect(gateway.address()).unwrap();
        stream
            .set_write_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let part = vec![b'x'; 256 * 1024];
        let mut sent = 0;
        while let Ok(length) = stream.write(&part) {
            sent += length as u64;
        }
        assert!(sent < GIB / 4, "{} MiB", sent / MIB);
        stream
    };
    // What every thread needs once comes with the first ones: the allocator takes it in steps of 2 MiB.
    let mut first = Vec::new();
    let added = memory::added_by(process, || first.extend((0..4).map(|_| fill())));
    assert!(added < 4 * MOST, "the first four: {} KiB", added / 1024);
    let added = memory::added_by(process, || drop(fill()));
    drop(first);
    assert!(added < MOST, "{} KiB", added / 1024);
}
