//! Something in between: it passes on what a real Redis says, until it is told to say something else.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;

use super::Redis;

/// A listener whose answers come from a Redis, or from the test.
#[derive(Debug)]
pub(crate) struct Liar {
    address: SocketAddr,
    lie: Arc<Mutex<Option<Lie>>>,
}

/// What is said instead of the next answer.
#[derive(Clone, Debug)]
enum Lie {
    /// These bytes.
    Says(Vec<u8>),
    /// Nothing: the connection ends.
    HangsUp,
}

impl Liar {
    pub(crate) fn before(redis: &Redis) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let lie = Arc::new(Mutex::new(None));
        let (behind, theirs) = (SocketAddr::from(([127, 0, 0, 1], redis.port)), Arc::clone(&lie));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(behind) else {
                    continue;
                };
                join(client, server, &theirs);
            }
        });
        Self { address, lie }
    }

    /// For the configuration.
    pub(crate) fn url(&self) -> String {
        format!("redis://localhost:{}", self.address.port())
    }

    /// Instead of the next answer to anything: these bytes.
    pub(crate) fn says(&self, bytes: impl Into<Vec<u8>>) {
        *self.lie.lock().unwrap() = Some(Lie::Says(bytes.into()));
    }

    /// Instead of the next answer to anything: the end of the connection.
    pub(crate) fn hangs_up(&self) {
        *self.lie.lock().unwrap() = Some(Lie::HangsUp);
    }

    /// Whether what it was told to say has been said.
    pub(crate) fn has_lied(&self) -> bool {
        self.lie.lock().unwrap().is_none()
    }
}

fn join(client: TcpStream, server: TcpStream, lie: &Arc<Mutex<Option<Lie>>>) {
    let (client_in, server_out) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || pass(client_in, server_out, |bytes| Some(bytes.to_vec())));
    let lie = Arc::clone(lie);
    thread::spawn(move || {
        pass(server, client, |truth| match lie.lock().unwrap().take() {
            None => Some(truth.to_vec()),
            Some(Lie::Says(bytes)) => Some(bytes),
            Some(Lie::HangsUp) => None,
        });
    });
}

/// Until one side ends, or nothing is to be said.
fn pass(mut from: TcpStream, mut to: TcpStream, said: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    let mut piece = [0; 16 * 1024];
    while let Ok(length) = from.read(&mut piece) {
        let Some(bytes) = said(&piece[..length]).filter(|_| length > 0) else {
            break;
        };
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(stream: &mut TcpStream, command: &[u8]) -> Vec<u8> {
        stream.write_all(command).unwrap();
        let mut answer = [0; 64];
        let length = stream.read(&mut answer).unwrap();
        answer[..length].to_vec()
    }

    #[test]
    fn it_tells_the_truth_until_it_is_told_to_lie_and_after() {
        let redis = Redis::start();
        let liar = Liar::before(&redis);
        let mut stream = TcpStream::connect(liar.address).unwrap();
        assert!(liar.url().ends_with(&liar.address.port().to_string()));
        assert_eq!(ask(&mut stream, b"PING\r\n"), b"+PONG\r\n");
        liar.says("-LOADING\r\n");
        assert!(!liar.has_lied());
        assert_eq!(ask(&mut stream, b"PING\r\n"), b"-LOADING\r\n");
        assert!(liar.has_lied());
        assert_eq!(ask(&mut stream, b"PING\r\n"), b"+PONG\r\n");
        liar.hangs_up();
        assert_eq!(ask(&mut stream, b"PING\r\n"), b"");
    }
}
