//! The application: it answers from a script and keeps every byte that it received.

mod socket;

use std::collections::VecDeque;
use std::io;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use super::message;
use super::message::Framing;
use super::message::Incoming;
use super::ports::local;

/// A listening application; it stops listening and closes everything when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Upstream {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Head with its empty line, byte for byte.
    pub(crate) head: Vec<u8>,
    /// What followed on the wire: chunk sizes and trailers included.
    pub(crate) wire_body: Vec<u8>,
    /// What it means.
    pub(crate) body: Vec<u8>,
    /// Which connection brought it, counted from 1.
    pub(crate) connection: usize,
}

/// What the application does with a request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    delay: Duration,
    reads: Reads,
    then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    WholeRequest,
    HeadOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Keep,
    Close,
    Silence,
    Echo,
    Socket,
}

#[derive(Debug, Default)]
struct Shared {
    script: VecDeque<Reply>,
    otherwise: Option<Reply>,
    at: Vec<(String, Reply)>,
    received: Vec<Received>,
    bytes: usize,
    echoed: Vec<u8>,
    connections: Vec<TcpStream>,
    open: usize,
    idle: Option<Duration>,
    stopped: Stopped,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Stopped {
    #[default]
    Running,
    Stopped,
}

impl Upstream {
    /// Answers everything with 200 and `ok` until told otherwise.
    pub(crate) fn start() -> Self {
        Self::start_at(local(0))
    }

    /// The same at an address that was free a moment ago.
    pub(crate) fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let theirs = Arc::clone(&shared);
        let listening = thread::spawn(move || accept(&listener, &theirs));
        Self {
            address,
            shared,
            listening: Mutex::new(Some(listening)),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it does with the next request that has no reply yet.
    pub(crate) fn next(&self, reply: Reply) {
        self.shared().script.push_back(reply);
    }

    /// What it does with a request that the script does not foresee.
    pub(crate) fn otherwise(&self, reply: Reply) {
        self.shared().otherwise = Some(reply);
    }

    /// What it always does with a `GET` of this path, from now on.
    pub(crate) fn at(&self, path: &str, reply: Reply) {
        let (begins, at) = (format!("GET {path} "), &mut self.shared().at);
        at.retain(|(other, _)| *other != begins);
        at.push((begins, reply));
    }

    /// A kept connection is closed when it was idle for so long.
    pub(crate) fn close_idle_after(&self, idle: Duration) {
        self.shared().idle = Some(idle);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared().received.clone()
    }

    /// The one request that it received.
    pub(crate) fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "requests at the application: {received:#?}");
        received[0].clone()
    }

    /// Every byte of every connection, whether it made a request or not.
    pub(crate) fn byte_count(&self) -> usize {
        self.shared().bytes
    }

    pub(crate) fn connection_count(&self) -> usize {
        self.shared().connections.len()
    }

    /// What came on connections that give everything back.
    pub(crate) fn echoed(&self) -> String {
        String::from_utf8_lossy(&self.shared().echoed).into_owned()
    }

    /// Says this on the connection that came last, whether or not it was asked.
    pub(crate) fn says(&self, bytes: impl AsRef<[u8]>) {
        let connection = self.shared().connections.last().unwrap().try_clone().unwrap();
        // Whoever hung up does not hear it.
        drop((&connection).write_all(bytes.as_ref()));
    }

    /// How many connections the other side still holds.
    pub(crate) fn open_connections(&self) -> usize {
        self.shared().open
    }

    /// Forgets what it received; connections stay.
    pub(crate) fn forget(&self) {
        let mut shared = self.shared();
        shared.received.clear();
        shared.bytes = 0;
        shared.echoed.clear();
        shared.script.clear();
    }

    /// Nobody listens any more, and every connection is closed.
    pub(crate) fn stop(&self) {
        self.shared().stopped = Stopped::Stopped;
        if let Some(listening) = self.listening.lock().unwrap().take() {
            // Wakes the listener, which then goes away.
            drop(TcpStream::connect(self.address));
            listening.join().unwrap();
        }
        for connection in &self.shared().connections {
            // It may be closed already.
            drop(connection.shutdown(Shutdown::Both));
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Received {
    /// `GET /path HTTP/1.1`
    pub(crate) fn request_line(&self) -> String {
        message::first_line(&self.head)
    }

    /// Name and value of every field, in order.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        message::fields(&self.head)
    }

    /// Every value of a field, in order.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let fields = self.fields();
        message::values(&fields, name)
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    /// Everything, head and body as on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head.as_slice(), &self.wire_body].concat()
    }

    /// Whether these bytes stand anywhere in it.
    pub(crate) fn contains(&self, what: &str) -> bool {
        message::find(&self.bytes(), what.as_bytes()).is_some()
    }
}

impl Reply {
    /// A whole answer with this status and content.
    pub(crate) fn new(status: u16, fields: &[(&str, &str)], body: &str) -> Self {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let fields = fields.concat();
        let length = body.len();
        Self::bytes(format!(
            "HTTP/1.1 {status} Scripted\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// These bytes, whatever they mean.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            delay: Duration::ZERO,
            reads: Reads::WholeRequest,
            then: Then::Keep,
        }
    }

    /// Nothing, and the end of the connection.
    pub(crate) fn hang_up() -> Self {
        Self::bytes("").then_close()
    }

    /// Nothing, on a connection that stays open.
    pub(crate) fn silence() -> Self {
        Self {
            then: Then::Silence,
            ..Self::bytes("")
        }
    }

    /// These bytes, and then everything back that the other side says, until it hangs up.
    pub(crate) fn echo(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            then: Then::Echo,
            ..Self::bytes(bytes)
        }
    }

    /// Agrees to a WebSocket, whatever its key, and says back what is said on it (RFC 6455).
    pub(crate) fn socket() -> Self {
        Self {
            then: Then::Socket,
            ..Self::bytes("")
        }
    }

    /// These bytes, on a connection that stays open.
    #[must_use]
    pub(crate) fn then_silence(mut self) -> Self {
        self.then = Then::Silence;
        self
    }

    #[must_use]
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    #[must_use]
    pub(crate) fn then_close(mut self) -> Self {
        self.then = Then::Close;
        self
    }

    /// Answers as soon as the head is there, and never reads the body.
    #[must_use]
    pub(crate) fn before_the_body(mut self) -> Self {
        self.reads = Reads::HeadOnly;
        self
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Mutex<Shared>>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let mut state = shared.lock().unwrap();
        if state.stopped == Stopped::Stopped {
            return;
        }
        state.connections.push(stream.try_clone().unwrap());
        state.open += 1;
        let number = state.connections.len();
        drop(state);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A connection that ends badly is what some tests are about.
            drop(serve(&stream, number, &shared));
            drop(stream.shutdown(Shutdown::Both));
            shared.lock().unwrap().open -= 1;
        });
    }
}

fn serve(stream: &TcpStream, number: usize, shared: &Mutex<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut incoming = Incoming::new(stream.try_clone()?);
    loop {
        stream.set_read_timeout(shared.lock().unwrap().idle)?;
        let counted = incoming.fill()?;
        shared.lock().unwrap().bytes += counted;
        if counted == 0 {
            return Ok(());
        }
        stream.set_read_timeout(None)?;
        loop {
            let Some(head) = incoming.head()? else {
                return Ok(());
            };
            if answer_one(&mut incoming, head, number, shared)? == Then::Close {
                return Ok(());
            }
            if incoming.waiting().is_empty() {
                break;
            }
        }
    }
}

fn answer_one(
    incoming: &mut Incoming,
    head: Vec<u8>,
    number: usize,
    shared: &Mutex<Shared>,
) -> io::Result<Then> {
    let fields = message::fields(&head);
    let (reply, index) = {
        let mut state = shared.lock().unwrap();
        let at = state
            .at
            .iter()
            .find(|(begins, _)| head.starts_with(begins.as_bytes()));
        let reply = at.map(|(_, reply)| reply.clone());
        let reply = reply
            .or_else(|| state.script.pop_front())
            .or_else(|| state.otherwise.clone());
        state.received.push(Received {
            head,
            wire_body: Vec::new(),
            body: Vec::new(),
            connection: number,
        });
        (
            reply.unwrap_or_else(|| Reply::new(200, &[], "ok")),
            state.received.len() - 1,
        )
    };
    if reply.reads == Reads::WholeRequest {
        let body = incoming.body(message::framing(&fields, Framing::Nothing)?)?;
        let mut state = shared.lock().unwrap();
        state.bytes += body.wire.len();
        if let Some(received) = state.received.get_mut(index) {
            received.wire_body = body.wire;
            received.body = body.content;
        }
    }
    thread::sleep(reply.delay);
    incoming.send(&reply.bytes)?;
    if reply.then == Then::Silence {
        while incoming.fill()? > 0 {}
        return Ok(Then::Close);
    }
    if reply.then == Then::Socket {
        return socket::serve(incoming, &fields);
    }
    if reply.then == Then::Echo {
        return echo(incoming, shared);
    }
    Ok(reply.then)
}

fn echo(incoming: &mut Incoming, shared: &Mutex<Shared>) -> io::Result<Then> {
    loop {
        let piece = incoming.take_waiting();
        shared.lock().unwrap().echoed.extend_from_slice(&piece);
        incoming.send(&piece)?;
        if incoming.fill()? == 0 {
            return Ok(Then::Close);
        }
    }
}

#[cfg(test)]
mod tests;
