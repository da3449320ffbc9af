//! What is in force: the pipeline of the newest configuration, exchanged whole while requests are under way.
//!
//! An exchange takes it once, at its start, and keeps it to its end: no request sees half of one configuration and half of
//! the next. What the listener goes by belongs to the connection (`listener.rs`).

use std::sync::Arc;

use arc_swap::ArcSwap;

/// The one that decides.
#[derive(Debug)]
pub struct Live<D> {
    decide: ArcSwap<D>,
}

impl<D> Live<D> {
    /// From the start.
    pub fn new(decide: Arc<D>) -> Self {
        Self {
            decide: ArcSwap::new(decide),
        }
    }

    /// The one in force now.
    pub fn load(&self) -> Arc<D> {
        self.decide.load_full()
    }

    /// From now on another one. Exchanges under way keep theirs.
    pub fn replace(&self, decide: Arc<D>) {
        self.decide.store(decide);
    }
}
