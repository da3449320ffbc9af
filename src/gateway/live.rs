//! What is in force: what the newest configuration says, exchanged whole while requests are under way.
//!
//! An exchange takes the pipeline once, at its start, and keeps it to its end; a connection does the same with the rules of
//! its listener. So nobody sees half of one configuration and half of the next.

use std::sync::Arc;

use arc_swap::ArcSwap;

/// The one that counts now.
#[derive(Debug)]
pub struct Live<T>(ArcSwap<T>);

impl<T> Live<T> {
    /// From the start.
    pub fn new(first: Arc<T>) -> Self {
        Self(ArcSwap::new(first))
    }

    /// The one in force now.
    pub fn load(&self) -> Arc<T> {
        self.0.load_full()
    }

    /// From now on another one. What is under way keeps its own.
    pub fn replace(&self, newer: Arc<T>) {
        self.0.store(newer);
    }
}
