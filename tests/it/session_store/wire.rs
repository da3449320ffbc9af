//! What a real Redis cannot be made to do: a listener with a script, a relay that withholds or swallows bytes, and one that
//! lets commands through one by one.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Answers whatever comes with `answer`, on every connection. Gives the address.
pub(super) async fn scripted(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut read = [0; 4096];
                while stream.read(&mut read).await.is_ok_and(|count| count > 0) {
                    if stream.write_all(&answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    format!("redis://127.0.0.1:{port}")
}

/// A relay in front of a Redis.
#[derive(Debug)]
pub(super) struct Relay {
    port: u16,
    to: Arc<AtomicU16>,
    swallows: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
}

impl Relay {
    /// In front of `to`. Hands no answer on before `withheld_until` was asked for as often as it says.
    pub(super) async fn before(to: u16, withheld_until: Option<(&'static str, usize)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let to = Arc::new(AtomicU16::new(to));
        let leads_to = Arc::clone(&to);
        let swallows = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(AtomicUsize::new(0));
        let (swallows_too, counted) = (Arc::clone(&swallows), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let to = leads_to.load(Ordering::SeqCst);
                tokio::spawn(relay(client, to, Arc::clone(&swallows_too), withheld_until));
            }
        });
        Self {
            port,
            to,
            swallows,
            connections,
        }
    }

    /// The address.
    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// From now on new connections lead there.
    pub(super) fn lead_to(&self, port: u16) {
        self.to.store(port, Ordering::SeqCst);
    }

    /// How many connections there were.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// From now on nothing comes through on the connections of before; new ones work.
    pub(super) fn swallow(&self) {
        self.swallows.store(true, Ordering::SeqCst);
    }
}

async fn relay(
    client: TcpStream,
    to: u16,
    swallows: Arc<AtomicBool>,
    withheld_until: Option<(&'static str, usize)>,
) {
    // A connection that is swallowed stays so, like one through a firewall that forgot it.
    let began_swallowed = swallows.load(Ordering::SeqCst);
    let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asked = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&asked);
    let is_silent = move || !began_swallowed && swallows.load(Ordering::SeqCst);
    let forth = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            let read = &bytes[..count];
            if let Some((word, _)) = withheld_until {
                let text = String::from_utf8_lossy(read);
                counts.fetch_add(text.matches(word).count(), Ordering::SeqCst);
            }
            if !is_silent() && to_server.write_all(read).await.is_err() {
                break;
            }
        }
    };
    let back = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            while withheld_until.is_some_and(|(_, times)| asked.load(Ordering::SeqCst) < times) {
                tokio::task::yield_now().await;
            }
            if to_client.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = forth => {}
        () = back => {}
    }
}

/// A relay in front of a Redis that hands on one command for each word that it is given, and waits for its answer.
#[derive(Debug)]
pub(super) struct Turnstile {
    port: u16,
    given: Arc<Semaphore>,
    answered: Arc<Semaphore>,
}

impl Turnstile {
    /// In front of `to`, for one connection.
    pub(super) async fn before(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (given, answered) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (takes, tells) = (Arc::clone(&given), Arc::clone(&answered));
        tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            // Small pieces one after the other: none waits for the next one.
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            let (mut waiting, mut answer) = (Vec::new(), vec![0; 65_536]);
            loop {
                while let Some(length) = length_of_command(&waiting) {
                    takes.acquire().await.unwrap().forget();
                    server.write_all(&waiting[..length]).await.unwrap();
                    waiting.drain(..length);
                    let count = server.read(&mut answer).await.unwrap();
                    tells.add_permits(1);
                    client.write_all(&answer[..count]).await.unwrap();
                }
                if client.read_buf(&mut waiting).await.unwrap() == 0 {
                    break;
                }
            }
        });
        Self {
            port,
            given,
            answered,
        }
    }

    /// The address.
    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Lets one command through; it was answered then.
    pub(super) async fn let_one_through(&self) {
        self.given.add_permits(1);
        self.answered.acquire().await.unwrap().forget();
    }
}

/// Of the first command, if it is there as a whole: `*count`, and `$length` with so many bytes for each of its words.
fn length_of_command(bytes: &[u8]) -> Option<usize> {
    let number_at = |from: usize| {
        let line = bytes.get(from + 1..)?;
        let end = line.windows(2).position(|two| two == b"\r\n")?;
        let number: usize = std::str::from_utf8(&line[..end]).unwrap().parse().unwrap();
        Some((number, from + 1 + end + 2))
    };
    let (words, mut at) = number_at(0)?;
    for _ in 0..words {
        let (length, begin) = number_at(at)?;
        at = begin + length + 2;
    }
    (at <= bytes.len()).then_some(at)
}
