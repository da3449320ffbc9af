//! An application that says what it was told, and that can be stopped and started at one address.

use std::io;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::thread::JoinHandle;

use crate::support::message;
use crate::support::message::Framing;
use crate::support::message::Incoming;

/// It answers each request with its first line, every field that speaks of a visitor, and the body.
#[derive(Debug)]
pub(super) struct Application {
    address: SocketAddr,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    listening: JoinHandle<()>,
    connections: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

/// Before a number in a path: the answer is at least that long.
const PADDED: &str = "/padded/";

impl Application {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let application = Self {
            address: listener.local_addr().unwrap(),
            running: Mutex::new(None),
        };
        application.listens(listener);
        application
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Nobody listens, and what was under way is cut off.
    pub(super) fn stop(&self) {
        let Some(running) = self.running.lock().unwrap().take() else {
            return;
        };
        let connections = running.connections.lock().unwrap().take();
        // Wakes the listener, which then goes away.
        drop(TcpStream::connect(self.address));
        running.listening.join().unwrap();
        for connection in connections.into_iter().flatten() {
            // It may be closed already.
            drop(connection.shutdown(Shutdown::Both));
        }
    }

    /// It is there again.
    pub(super) fn resume(&self) {
        self.listens(TcpListener::bind(self.address).unwrap());
    }

    fn listens(&self, listener: TcpListener) {
        let connections = Arc::new(Mutex::new(Some(Vec::new())));
        let kept = Arc::clone(&connections);
        let listening = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                let Some(kept) = kept.as_mut() else { return };
                kept.retain(|stream: &TcpStream| stream.take_error().is_ok() && stream.peer_addr().is_ok());
                kept.push(stream.try_clone().unwrap());
                // A connection that ends badly is what this is about.
                thread::spawn(move || drop(serve(stream)));
            }
        });
        *self.running.lock().unwrap() = Some(Running {
            listening,
            connections,
        });
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut incoming = Incoming::new(stream);
    while let Some(head) = incoming.head()? {
        let fields = message::fields(&head);
        let body = incoming
            .body(message::framing(&fields, Framing::Nothing)?)?
            .content;
        let line = message::first_line(&head);
        let mut said = format!("{line}\n");
        for (name, value) in fields.iter().filter(|(name, _)| name.starts_with("x-guichet-")) {
            said.extend([name, ": ", value, "\n"]);
        }
        said += &String::from_utf8_lossy(&body);
        let padded = line
            .split_once(PADDED)
            .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        let missing = padded.unwrap_or(0_usize).saturating_sub(said.len());
        said += &" ".repeat(missing);
        let length = said.len();
        incoming.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{said}").as_bytes())?;
    }
    Ok(())
}
