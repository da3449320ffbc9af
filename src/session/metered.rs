//! Stores whose operations are counted, and those of sessions timed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Timestamp;
use crate::oidc::attempts::AttemptId;
use crate::oidc::attempts::Attempts;
use crate::oidc::attempts::Claim;
use crate::oidc::attempts::Pending;
use crate::oidc::replay::Recalling;
use crate::oidc::replay::Replays;
use crate::oidc::replay::Seen;
use crate::oidc::replay::TokenId;
use crate::session::key::Locator;
use crate::session::store::Beginning;
use crate::session::store::Index;
use crate::session::store::Page;
use crate::session::store::Reply;
use crate::session::store::SessionStore;
use crate::session::store::Stored;
use crate::telemetry::telemetry::Telemetry;

/// Any store of login attempts, whose failures are counted with those of the sessions.
#[derive(Debug)]
pub struct MeteredAttempts {
    attempts: Arc<dyn Attempts>,
    /// `memory` or `redis`.
    name: &'static str,
    telemetry: Arc<Telemetry>,
}

impl MeteredAttempts {
    /// Watches a store under the name of its kind.
    pub fn new(attempts: Arc<dyn Attempts>, name: &'static str, telemetry: Arc<Telemetry>) -> Self {
        Self {
            attempts,
            name,
            telemetry,
        }
    }

    fn watched<'a, T: Send + 'a>(&'a self, reply: Pending<'a, T>) -> Pending<'a, T> {
        Box::pin(async move {
            let reply = reply.await;
            if reply.is_err() {
                self.telemetry.metrics.store_failed(self.name);
            }
            reply
        })
    }
}

impl Attempts for MeteredAttempts {
    fn claim<'a>(&'a self, id: &'a AttemptId, now: Timestamp, lives_until: Timestamp) -> Pending<'a, Claim> {
        self.watched(self.attempts.claim(id, now, lives_until))
    }

    fn finish<'a>(&'a self, id: &'a AttemptId, outcome: Vec<u8>) -> Pending<'a, ()> {
        self.watched(self.attempts.finish(id, outcome))
    }

    fn outcome<'a>(&'a self, id: &'a AttemptId) -> Pending<'a, Option<Vec<u8>>> {
        self.watched(self.attempts.outcome(id))
    }
}

/// Any store of the logout tokens that came, whose failures are counted with those of the sessions.
#[derive(Debug)]
pub struct MeteredReplays {
    replays: Arc<dyn Replays>,
    /// `memory` or `redis`.
    name: &'static str,
    telemetry: Arc<Telemetry>,
}

impl MeteredReplays {
    /// Watches a store under the name of its kind.
    pub fn new(replays: Arc<dyn Replays>, name: &'static str, telemetry: Arc<Telemetry>) -> Self {
        Self {
            replays,
            name,
            telemetry,
        }
    }

    fn watched<'a, T: Send + 'a>(&'a self, reply: Recalling<'a, T>) -> Recalling<'a, T> {
        Box::pin(async move {
            let reply = reply.await;
            if reply.is_err() {
                self.telemetry.metrics.store_failed(self.name);
            }
            reply
        })
    }
}

impl Replays for MeteredReplays {
    fn recall<'a>(&'a self, id: &'a TokenId) -> Recalling<'a, Seen> {
        self.watched(self.replays.recall(id))
    }

    fn remember<'a>(&'a self, id: &'a TokenId, lives: Duration) -> Recalling<'a, ()> {
        self.watched(self.replays.remember(id, lives))
    }
}

/// Any store, watched.
#[derive(Debug)]
pub struct Metered {
    store: Arc<dyn SessionStore>,
    /// `memory` or `redis`.
    name: &'static str,
    telemetry: Arc<Telemetry>,
}

impl Metered {
    /// Watches a store under the name of its kind.
    pub fn new(store: Arc<dyn SessionStore>, name: &'static str, telemetry: Arc<Telemetry>) -> Self {
        Self {
            store,
            name,
            telemetry,
        }
    }

    fn watched<'a, T: Send + 'a>(&'a self, reply: Reply<'a, T>) -> Reply<'a, T> {
        Box::pin(async move {
            let began = Instant::now();
            let reply = reply.await;
            let metrics = &self.telemetry.metrics;
            metrics.store_asked(self.name, began.elapsed());
            if reply.is_err() {
                metrics.store_failed(self.name);
            }
            reply
        })
    }
}

impl SessionStore for Metered {
    fn prefix(&self) -> &str {
        self.store.prefix()
    }

    fn get<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, Vec<Option<Stored>>> {
        self.watched(self.store.get(locators))
    }

    fn begin<'a>(&'a self, new: Beginning<'a>) -> Reply<'a, Option<Timestamp>> {
        self.watched(self.store.begin(new))
    }

    fn touch(&self, locator: &Locator, lives: Duration) {
        self.store.touch(locator, lives);
    }

    fn delete<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, usize> {
        self.watched(self.store.delete(locators))
    }

    fn listed<'a>(&'a self, indexes: &'a [Index]) -> Reply<'a, Vec<Locator>> {
        self.watched(self.store.listed(indexes))
    }

    fn mark_ended<'a>(&'a self, indexes: &'a [Index], at: Timestamp) -> Reply<'a, ()> {
        self.watched(self.store.mark_ended(indexes, at))
    }

    fn page(&self, from: Option<u64>) -> Reply<'_, Page> {
        self.watched(self.store.page(from))
    }

    fn ping(&self) -> Reply<'_, ()> {
        self.watched(self.store.ping())
    }
}
