//! The one door to pingora, and to hyper for people and applications. pingora carries the process, hyper carries HTTP at both ends; they meet
//! in [`process`], and nothing above knows either of them. In the order in which a request meets them:
//!
//! - `accept` takes a connection of one [`process`] thread, by what its [`listener`] goes by;
//! - `browser` makes requests of its bytes, each step a look at what comes on its way (`read_through`);
//! - `exchange` is one request: it asks the pipeline through `decide`; `whole` keeps a defect in it. What is in force is
//!   [`live`];
//! - `body` is what comes after its head;
//! - [`application`] sends it to a server, and receives the answer;
//! - `answer` is the way back.

mod accept;
mod answer;
pub mod application;
mod body;
mod browser;
mod decide;
mod exchange;
pub mod listener;
pub mod live;
pub mod process;
mod read_through;
mod whole;

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::gateway::application::health;
use crate::gateway::application::servers::Servers;
use crate::gateway::application::upstream::Upstreams;
use crate::gateway::exchange::Exchange;
use crate::gateway::listener::Rules;
use crate::gateway::live::Live;
use crate::lifecycle::Lifecycle;
use crate::pipeline::Pipeline;

/// Serves what comes to a listener, under its rules, until the gateway drains. What is under way then goes on: whoever
/// ends the gateway waits for it ([`Lifecycle::end`]). For a caller that has a runtime of its own; the program runs
/// [`process::Process`].
pub async fn serve(
    live: Arc<Live<Pipeline>>,
    listener: (TcpListener, Arc<Live<Rules>>),
    lifecycle: Arc<Lifecycle>,
) {
    let servers = Arc::new(Servers::new(Arc::clone(live.load().telemetry())));
    let watched = health::watch(Arc::clone(&live), Arc::clone(&servers));
    let exchange = Arc::new(Exchange::new(live, Upstreams::new(servers), Arc::default()));
    tokio::select! {
        () = accept::accept(exchange, listener, lifecycle) => {}
        () = watched => {}
    }
}

#[cfg(test)]
mod tests;
