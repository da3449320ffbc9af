//! The one door to pingora and to hyper's server. pingora carries the process, hyper carries HTTP at both ends; they meet
//! in [`process`], and nothing above knows either of them.
//!
//! `exchange` is one request; `upstream_request` owns the head that an application receives.

mod accept;
mod access_line;
mod answer_body;
mod answer_stream;
mod app_cookies;
mod ask;
mod body_error;
pub mod certificate_flaw;
mod choice;
mod client_stream;
mod clients;
mod connect;
mod connection;
mod decide;
mod exchange;
mod frame_meter;
mod head_clock;
mod health;
mod heard;
mod http2;
mod idle;
pub mod limits;
pub mod listener;
pub mod live;
mod location;
mod long_head;
mod pace;
mod pool;
pub mod probe;
pub mod process;
mod recorded_body;
mod request_body;
mod request_bytes;
mod servers;
mod sign_out;
mod standing;
mod streams;
pub mod tls;
mod tunnel;
mod upgrade;
mod upstream;
mod upstream_error;
mod upstream_request;
mod upstream_response;
mod vigil;
mod whole;

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::gateway::exchange::Exchange;
use crate::gateway::listener::Rules;
use crate::gateway::live::Live;
use crate::gateway::servers::Servers;
use crate::gateway::upstream::Upstreams;
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
