//! How many connections there are, and how much of the gateway each client network takes: one of them must not take all.
//!
//! A network is in the table for as long as it has a connection or a request, so the table is no longer than these are many.
//! One table for all threads.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::gateway::listener::limits::Limits;
use crate::wire::client_network::ClientNetwork;

/// Parts of the table, each with a lock of its own.
const PARTS: usize = 16;
/// Heads of one network that are longer than they may be and are read all the same, so that whoever sends them can be told.
/// Over HTTP/2 each of them takes memory until it is whole.
const MOST_LONG_HEADS: usize = 8;

/// Everybody who is there.
#[derive(Debug)]
pub(in crate::gateway) struct Clients {
    connections: AtomicUsize,
    hasher: RandomState,
    parts: [Mutex<Networks>; PARTS],
}

type Networks = HashMap<ClientNetwork, Weak<Share>>;

/// What one network takes.
#[derive(Debug)]
struct Share {
    network: ClientNetwork,
    clients: Arc<Clients>,
    connections: AtomicUsize,
    requests: AtomicUsize,
    long_heads: AtomicUsize,
}

/// Why a connection is closed as it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Full {
    /// There are as many as there may be.
    Everybody,
    /// This network has as many as it may have.
    Client,
}

/// One connection, until it is dropped.
#[derive(Debug)]
pub(in crate::gateway) struct Connected {
    clients: Arc<Clients>,
    /// Absent: a proxy that speaks for many.
    share: Option<Arc<Share>>,
}

/// One request that is under way, until it is dropped.
#[derive(Debug)]
pub(in crate::gateway) struct Requesting(Arc<Share>);

/// A head that is longer than it may be, until it is dropped. A listed proxy has its own bounds.
#[derive(Debug)]
pub(in crate::gateway) struct LongHeadPlace(Option<Arc<Share>>);

impl Default for Clients {
    fn default() -> Self {
        Self {
            connections: AtomicUsize::new(0),
            hasher: RandomState::new(),
            parts: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl Clients {
    /// Another connection of this network; of a proxy that is listed, of nobody in particular.
    pub(in crate::gateway) fn connect(
        self: &Arc<Self>,
        network: Option<ClientNetwork>,
        limits: &Limits,
    ) -> Result<Connected, Full> {
        let share = network.map(|network| self.share_of(network));
        if let Some(share) = &share
            && one_more(&share.connections, limits.connections_per_client).is_none()
        {
            return Err(Full::Client);
        }
        if one_more(&self.connections, limits.max_connections).is_none() {
            if let Some(share) = &share {
                one_less(&share.connections);
            }
            return Err(Full::Everybody);
        }
        Ok(Connected {
            clients: Arc::clone(self),
            share,
        })
    }

    fn share_of(self: &Arc<Self>, network: ClientNetwork) -> Arc<Share> {
        self.part(network, |networks| {
            if let Some(share) = networks.get(&network).and_then(Weak::upgrade) {
                return share;
            }
            let share = Arc::new(Share {
                network,
                clients: Arc::clone(self),
                connections: AtomicUsize::new(0),
                requests: AtomicUsize::new(0),
                long_heads: AtomicUsize::new(0),
            });
            networks.insert(network, Arc::downgrade(&share));
            share
        })
    }

    fn part<T>(&self, network: ClientNetwork, look: impl FnOnce(&mut Networks) -> T) -> T {
        let hash = usize::try_from(self.hasher.hash_one(network)).unwrap_or(0) % PARTS;
        let [first, ..] = &self.parts;
        let part = self.parts.get(hash).unwrap_or(first);
        look(&mut part.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Connected {
    /// Another request for this client, who is the peer of the connection unless a proxy named another one.
    pub(super) fn request(&self, client: ClientNetwork, limits: &Limits) -> Option<Requesting> {
        let share = match &self.share {
            Some(share) if share.network == client => Arc::clone(share),
            _ => self.clients.share_of(client),
        };
        one_more(&share.requests, limits.requests_per_client)?;
        Some(Requesting(share))
    }
}

impl Connected {
    /// A head of this network that is longer than it may be, unless as many as are read anyway are on their way.
    pub(in crate::gateway) fn long_head(&self) -> Option<LongHeadPlace> {
        if let Some(share) = &self.share {
            one_more(&share.long_heads, MOST_LONG_HEADS)?;
        }
        Some(LongHeadPlace(self.share.clone()))
    }
}

impl Requesting {
    /// The same request a second time, for as long as what it began outlasts it.
    pub(in crate::gateway) fn outlasted(&self) -> Self {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        one_less(&self.clients.connections);
        if let Some(share) = &self.share {
            one_less(&share.connections);
        }
    }
}

impl Drop for LongHeadPlace {
    fn drop(&mut self) {
        if let Some(share) = &self.0 {
            one_less(&share.long_heads);
        }
    }
}

impl Drop for Requesting {
    fn drop(&mut self) {
        one_less(&self.0.requests);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let network = self.network;
        self.clients.part(network, |networks| {
            // Somebody may have come back meanwhile, with a share of their own.
            if networks
                .get(&network)
                .is_some_and(|share| share.strong_count() == 0)
            {
                networks.remove(&network);
            }
        });
    }
}

/// Counts one more, unless there are as many as there may be.
fn one_more(count: &AtomicUsize, most: usize) -> Option<usize> {
    let more = |count| (count < most).then_some(count + 1);
    count
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
        .ok()
}

fn one_less(count: &AtomicUsize) {
    count.fetch_sub(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: fn() -> Limits = || Limits {
        max_connections: 4,
        connections_per_client: 2,
        requests_per_client: 2,
        ..Limits::default()
    };

    fn network(address: &str) -> ClientNetwork {
        ClientNetwork::of(address.parse().unwrap())
    }

    fn known(clients: &Clients) -> usize {
        clients.parts.iter().map(|part| part.lock().unwrap().len()).sum()
    }

    #[test]
    fn one_network_has_its_part_and_everybody_together_has_an_end() {
        let clients = Arc::new(Clients::default());
        let connect = |address: &str| clients.connect(Some(network(address)), &LIMITS());
        let first = connect("192.0.2.1").unwrap();
        let _second = connect("192.0.2.1").unwrap();
        assert_eq!(connect("192.0.2.1").unwrap_err(), Full::Client);
        let _third = connect("192.0.2.2").unwrap();
        let _proxy = clients.connect(None, &LIMITS()).unwrap();
        assert_eq!(connect("192.0.2.3").unwrap_err(), Full::Everybody);
        assert_eq!(clients.connect(None, &LIMITS()).unwrap_err(), Full::Everybody);
        drop(first);
        assert!(connect("192.0.2.3").is_ok());
        assert!(connect("192.0.2.1").is_ok(), "a refusal is no connection");
    }

    #[test]
    fn requests_are_counted_for_whoever_a_proxy_names() {
        let clients = Arc::new(Clients::default());
        let proxy = clients.connect(None, &LIMITS()).unwrap();
        let own = clients.connect(Some(network("192.0.2.1")), &LIMITS()).unwrap();
        let request = |of: &Connected, address: &str| of.request(network(address), &LIMITS());
        let first = request(&proxy, "192.0.2.1");
        let second = request(&own, "192.0.2.1");
        assert!(first.is_some() && second.is_some());
        assert!(request(&proxy, "192.0.2.1").is_none());
        assert!(request(&own, "192.0.2.1").is_none());
        assert!(request(&proxy, "192.0.2.2").is_some());
        drop(first);
        assert!(request(&own, "192.0.2.1").is_some());
    }

    #[test]
    fn a_request_is_counted_for_as_long_as_what_it_began() {
        let clients = Arc::new(Clients::default());
        let own = clients.connect(Some(network("192.0.2.1")), &LIMITS()).unwrap();
        let request = || own.request(network("192.0.2.1"), &LIMITS());
        let first = request().unwrap();
        let outlasting = first.outlasted();
        drop(first);
        let second = request();
        assert!(second.is_some() && request().is_none());
        drop(outlasting);
        assert!(request().is_some());
    }

    #[test]
    fn a_network_has_so_many_long_heads_and_a_proxy_has_its_own_bounds() {
        let clients = Arc::new(Clients::default());
        let connect = |address: Option<&str>| clients.connect(address.map(network), &LIMITS()).unwrap();
        let (one, same, other) = (
            connect(Some("192.0.2.1")),
            connect(Some("192.0.2.1")),
            connect(Some("192.0.2.2")),
        );
        let mut heads: Vec<_> = (0..MOST_LONG_HEADS).map(|_| one.long_head().unwrap()).collect();
        assert!(same.long_head().is_none() && other.long_head().is_some());
        heads.pop();
        assert!(same.long_head().is_some());
        let proxy = connect(None);
        let of_proxy: Vec<_> = (0..100).map(|_| proxy.long_head().unwrap()).collect();
        assert_eq!(of_proxy.len(), 100);
    }

    #[test]
    fn whoever_is_gone_is_forgotten() {
        let clients = Arc::new(Clients::default());
        let proxy = clients.connect(None, &LIMITS()).unwrap();
        for last in 0..=255 {
            let address = format!("192.0.2.{last}");
            drop(clients.connect(Some(network(&address)), &LIMITS()).unwrap());
            drop(proxy.request(network(&address), &LIMITS()).unwrap());
        }
        assert_eq!(known(&clients), 0);
    }
}
