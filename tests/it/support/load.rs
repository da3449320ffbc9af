//! Steady requests of many clients, each of which takes every failure for what it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use super::executable::Executable;
use super::raw::RawClient;

/// Between two requests of one client. Eight of them make over 100 requests a second.
const PAUSE: Duration = Duration::from_millis(40);
const KEEPING: usize = 6;
const NEW_EACH_TIME: usize = 2;

/// Clients at work.
pub(crate) struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    answered: AtomicUsize,
    last_ones: AtomicUsize,
    home: AtomicBool,
    failures: Mutex<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Keeps,
    NewEachTime,
}

impl Load {
    /// Several clients that keep their connection, and some that make a new one each time.
    pub(crate) fn on(executable: &Executable, path: &str) -> Self {
        Self::of(executable.address(), &executable.request(path))
    }

    /// The same with this request, at this address.
    pub(crate) fn of(address: SocketAddr, request: &str) -> Self {
        let shared = Arc::new(Shared::default());
        let manners = [
            [Manner::Keeps; KEEPING].as_slice(),
            &[Manner::NewEachTime; NEW_EACH_TIME],
        ]
        .concat();
        let clients = manners.into_iter().map(|manner| {
            let (shared, request) = (Arc::clone(&shared), request.to_owned());
            thread::spawn(move || {
                let mut kept: Option<RawClient> = None;
                while !shared.home.load(Ordering::SeqCst) {
                    let mut client = kept.take().unwrap_or_else(|| RawClient::connect(address));
                    match client.send(&request).try_answer("GET") {
                        Ok(answer) if answer.status == 200 => {
                            shared.answered.fetch_add(1, Ordering::SeqCst);
                            let is_last = answer.field("connection") == Some("close");
                            if is_last {
                                shared.last_ones.fetch_add(1, Ordering::SeqCst);
                            } else if manner == Manner::Keeps {
                                kept = Some(client);
                            }
                        }
                        other => shared.failures.lock().unwrap().push(format!("{other:?}")),
                    }
                    thread::sleep(PAUSE);
                }
            })
        });
        let clients = clients.collect();
        Self { shared, clients }
    }

    /// How many requests were answered with 200 so far.
    pub(crate) fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::SeqCst)
    }

    /// How many of these answers said that they are the last one of their connection.
    pub(crate) fn last_ones(&self) -> usize {
        self.shared.last_ones.load(Ordering::SeqCst)
    }

    /// No new requests; what is under way comes to its end. What failed.
    pub(crate) fn end(self) -> Vec<String> {
        self.shared.home.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.join().unwrap();
        }
        let failures = self.shared.failures.lock().unwrap();
        failures.clone()
    }
}
