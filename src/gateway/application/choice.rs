//! Which server of an application a request goes to. The one policy: a visitor stays at one server.
//!
//! Applications keep sessions in the memory of the server that made them. So the servers are ranked for each visitor by
//! rendezvous hashing (highest random weight): by the session, or without one by the network address. Every thread and every
//! gateway ranks alike, nothing is remembered, and a server that comes or goes moves its own visitors only.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::slice;
use std::sync::Arc;

use crate::pipeline::Forward;
use crate::routing::upstream::Upstream;
use crate::seal;
use crate::session::cookie;
use crate::wire::client_network::ClientNetwork;
use crate::wire::cookies::CookieScheme;

/// The servers of an application that has several, in the order in which this visitor's request tries them.
pub(super) fn ranked(forward: &Forward) -> Vec<Arc<Upstream>> {
    let visitor = visitor(forward);
    let mut servers = forward.app.upstreams().to_vec();
    servers.sort_by_cached_key(|server| Reverse(weight(&visitor, server)));
    servers
}

fn weight(visitor: &str, server: &Upstream) -> [u8; 32] {
    seal::sha256(format!("{visitor} {}", server.address).as_bytes())
}

/// Who is to stay at one server. The cookie counts as it came: on a public route nobody looks it up, and the visitor is the
/// same. Nobody is believed by it; whoever makes one up chooses a server, and nothing else.
fn visitor(forward: &Forward) -> String {
    let scheme = CookieScheme::of(forward.public_scheme);
    let request = &forward.request;
    let mut entries = forward.app.providers.iter();
    let session = entries.find_map(|entry| cookie::read(scheme, &request.cookies, entry)?.locator());
    session.map_or_else(
        || ClientNetwork::of(request.provenance.client.ip()).to_string(),
        |locator| locator.to_string(),
    )
}

/// The servers one after the other, each once: in their order those that are up, then those that are away. A wrong word about
/// all of them must not end the service.
#[derive(Debug)]
pub(super) struct Turns<'a> {
    ahead: slice::Iter<'a, Arc<Upstream>>,
    away: VecDeque<&'a Arc<Upstream>>,
}

impl<'a> Turns<'a> {
    /// In this order.
    pub(super) fn of(servers: &'a [Arc<Upstream>]) -> Self {
        Self {
            ahead: servers.iter(),
            away: VecDeque::new(),
        }
    }

    /// The next one. `is_up` is asked when it is a server's turn, and not before.
    pub(super) fn next(&mut self, is_up: impl Fn(&Arc<Upstream>) -> bool) -> Option<&'a Arc<Upstream>> {
        for server in self.ahead.by_ref() {
            if is_up(server) {
                return Some(server);
            }
            self.away.push_back(server);
        }
        self.away.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::host::Host;
    use crate::wire::scheme::Scheme;

    fn server(name: &str) -> Arc<Upstream> {
        let host = Host::parse(name).unwrap();
        Arc::new(Upstream::at(Scheme::Http, host))
    }

    fn first<'a>(servers: &'a [Arc<Upstream>], visitor: &str) -> &'a Arc<Upstream> {
        servers
            .iter()
            .max_by_key(|server| weight(visitor, server))
            .unwrap()
    }

    #[test]
    fn a_server_that_goes_moves_its_own_visitors_only_and_to_all_others() {
        let servers = ["a", "b", "c", "d"].map(server);
        let (left, gone) = (&servers[..3], &servers[3]);
        let mut moved = [0; 3];
        for visitor in (0..4000).map(|number| format!("visitor {number}")) {
            let (before, after) = (first(&servers, &visitor), first(left, &visitor));
            if before == gone {
                moved[left.iter().position(|server| server == after).unwrap()] += 1;
            } else {
                assert_eq!(before, after);
            }
        }
        assert!(moved.iter().all(|count| (250..420).contains(count)), "{moved:?}");
    }

    #[test]
    fn servers_that_are_away_come_last_and_nobody_comes_twice() {
        let servers = ["a", "b", "c"].map(server);
        let order = |away: &[usize]| {
            let mut turns = Turns::of(&servers);
            let is_up = |each: &Arc<Upstream>| !away.iter().any(|away| Arc::ptr_eq(&servers[*away], each));
            let order = std::iter::from_fn(|| turns.next(is_up));
            order
                .map(|each| {
                    servers
                        .iter()
                        .position(|server| Arc::ptr_eq(server, each))
                        .unwrap()
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(order(&[]), [0, 1, 2]);
        assert_eq!(order(&[0]), [1, 2, 0]);
        assert_eq!(order(&[0, 1, 2]), [0, 1, 2], "all of them: tried all the same");
    }
}
