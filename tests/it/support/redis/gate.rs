//! Something in between that holds what is said to a Redis at one moment, until the test lets it go on.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::thread;

use super::Redis;

/// A listener behind which there is a Redis.
#[derive(Debug)]
pub(crate) struct Gate {
    address: SocketAddr,
    door: Arc<Door>,
}

#[derive(Debug, Default)]
struct Door {
    state: Mutex<State>,
    moved: Condvar,
}

/// What becomes of what is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// It passes.
    #[default]
    Open,
    /// So many pieces pass, then one is held.
    ClosesAfter(usize),
    /// One is held, and whatever comes behind it.
    Closed,
}

impl Gate {
    pub(crate) fn before(redis: &Redis) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let door = Arc::new(Door::default());
        let (behind, shared) = (SocketAddr::from(([127, 0, 0, 1], redis.port)), Arc::clone(&door));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(behind) else {
                    continue;
                };
                let (client_out, server_in) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let door = Arc::clone(&shared);
                thread::spawn(move || pass(client, server, || door.lets_through()));
                thread::spawn(move || pass(server_in, client_out, || {}));
            }
        });
        Self { address, door }
    }

    /// For the configuration.
    pub(crate) fn url(&self) -> String {
        format!("redis://localhost:{}", self.address.port())
    }

    /// So many pieces pass from now on, and the next one is held.
    pub(crate) fn closes_after(&self, pieces: usize) {
        self.door.becomes(State::ClosesAfter(pieces));
    }

    pub(crate) fn opens(&self) {
        self.door.becomes(State::Open);
    }

    /// Whether a piece is held now.
    pub(crate) fn holds(&self) -> bool {
        *self.door.state.lock().unwrap() == State::Closed
    }
}

impl Door {
    fn becomes(&self, state: State) {
        *self.state.lock().unwrap() = state;
        self.moved.notify_all();
    }

    fn lets_through(&self) {
        let mut state = self.state.lock().unwrap();
        *state = match *state {
            State::ClosesAfter(0) => State::Closed,
            State::ClosesAfter(more) => State::ClosesAfter(more - 1),
            other => other,
        };
        drop(
            self.moved
                .wait_while(state, |state| *state == State::Closed)
                .unwrap(),
        );
    }
}

/// Until one side ends.
fn pass(mut from: TcpStream, mut to: TcpStream, waits: impl Fn()) {
    let mut piece = [0; 16 * 1024];
    while let Ok(length) = from.read(&mut piece) {
        waits();
        if length == 0 || to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::wait::until;

    #[test]
    fn what_is_held_is_said_when_it_opens() {
        let redis = Redis::start();
        let gate = Gate::before(&redis);
        let mut stream = TcpStream::connect(gate.address).unwrap();
        let mut ask = |command: &[u8]| stream.write_all(command).unwrap();
        gate.closes_after(1);
        ask(b"SET a 1\r\n");
        until("one passes", || redis.keys().len() == 1);
        assert!(!gate.holds());
        ask(b"SET b 1\r\n");
        until("one is held", || gate.holds());
        assert_eq!(redis.keys().len(), 1);
        gate.opens();
        until("it is said", || redis.keys().len() == 2);
        assert!(gate.url().ends_with(&gate.address.port().to_string()));
    }
}
