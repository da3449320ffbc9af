//! The connections to one server that wait for the next request, and the bound of those in use.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::gateway::application::connect::Connection;
use crate::gateway::application::servers::Server;
use crate::gateway::application::upstream_error::UpstreamError;
use crate::routing::upstream::Upstream;

/// The pool of one upstream on one thread. The bound is shared with the other threads.
#[derive(Debug)]
pub(super) struct Pool {
    keep_alive: Duration,
    server: Arc<Server>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Oldest first: the youngest is taken, so that the others can grow old and go.
    connections: Vec<(Connection, Instant)>,
    sweeper: Sweeper,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sweeper {
    #[default]
    Resting,
    Running,
}

/// The right to one exchange, until it is dropped.
#[derive(Debug)]
#[must_use]
pub(super) struct Place {
    /// Absent: somebody else has it.
    permit: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// The same place in other hands.
    pub(super) fn hand_over(&mut self) -> Self {
        Self {
            permit: self.permit.take(),
        }
    }
}

impl Pool {
    /// Empty. `keep_alive` is how long an unused connection is kept.
    pub(super) fn new(keep_alive: Duration, server: Arc<Server>) -> Self {
        Self {
            keep_alive,
            server,
            waiting: Mutex::default(),
        }
    }

    /// Takes one of the places, or says that there is none. Nobody waits: what waits here would wait for an application
    /// that is already late.
    pub(super) fn enter(&self) -> Result<Place, UpstreamError> {
        let permit = Arc::clone(&self.server.places).try_acquire_owned();
        Ok(Place {
            permit: Some(permit.map_err(|_none_left| UpstreamError::Busy)?),
        })
    }

    /// Whether a request may go there while another server is up.
    pub(super) fn may_be_tried(&self) -> bool {
        self.server.standing.may_be_tried()
    }

    /// The server answered on a connection that was kept: it is there.
    pub(super) fn answered(&self) {
        self.server.standing.connected();
    }

    /// A new connection; whether there is one says whether the server is up.
    pub(super) async fn open(
        &self,
        upstream: &Upstream,
        within: Duration,
    ) -> Result<Connection, UpstreamError> {
        let opened = self.server.connector.open(upstream, within).await;
        match &opened {
            Ok(_) => self.server.standing.connected(),
            Err(error) => self.server.standing.unreachable(&error.chain()),
        }
        opened
    }

    /// A connection that was used before and is believed to be open.
    pub(super) fn take(&self) -> Option<Connection> {
        self.waiting(|waiting| {
            while let Some((connection, since)) = waiting.connections.pop() {
                if since.elapsed() < self.keep_alive && connection.sender.is_ready() {
                    return Some(connection);
                }
            }
            None
        })
    }

    /// Keeps a connection whose answer was read to its end. While its request is still being written, it waits for that.
    pub(super) fn put(self: &Arc<Self>, mut connection: Connection) {
        if connection.sender.is_ready() {
            return self.keep(connection);
        }
        if let (false, Ok(runtime)) = (
            connection.sender.is_closed(),
            tokio::runtime::Handle::try_current(),
        ) {
            let pool = Arc::clone(self);
            drop(runtime.spawn(async move {
                let ready = tokio::time::timeout(pool.keep_alive, connection.sender.ready()).await;
                if matches!(ready, Ok(Ok(()))) {
                    pool.keep(connection);
                }
            }));
        }
    }

    fn keep(self: &Arc<Self>, connection: Connection) {
        let sweeper = self.waiting(|waiting| {
            waiting.connections.push((connection, Instant::now()));
            std::mem::replace(&mut waiting.sweeper, Sweeper::Running)
        });
        if sweeper == Sweeper::Resting {
            drop(tokio::spawn(sweep(Arc::downgrade(self))));
        }
    }

    /// Lets go of what is too old or closed; says when the next one will be too old.
    fn drop_old(&self) -> Option<Instant> {
        self.waiting(|waiting| {
            waiting.connections.retain(|(connection, since)| {
                since.elapsed() < self.keep_alive && !connection.sender.is_closed()
            });
            let next = waiting
                .connections
                .first()
                .map(|(_, since)| *since + self.keep_alive);
            if next.is_none() {
                waiting.sweeper = Sweeper::Resting;
            }
            next
        })
    }

    fn waiting<T>(&self, look: impl FnOnce(&mut Waiting) -> T) -> T {
        look(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Ends with the last connection that waits, or with the pool.
async fn sweep(pool: Weak<Pool>) {
    while let Some(next) = pool.upgrade().and_then(|pool| pool.drop_old()) {
        tokio::time::sleep_until(next).await;
    }
}
