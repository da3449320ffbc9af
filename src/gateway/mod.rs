//! The one door to pingora and to hyper's server. pingora carries the process, hyper carries HTTP at both ends; they meet
//! in [`process`], and nothing above knows either of them. In the order in which a request meets them:
//!
//! - a browser's bytes become requests: `accept`, `clients`, `tls`, `connection`, and around its stream `client_stream`,
//!   `request_bytes`, `long_head`, `head_clock`; with HTTP/2 `http2`, `frame_meter`, `streams`. What all of it may cost is in
//!   `limits`, whom a listener believes in `listener`;
//! - one request is `exchange`: it asks the pipeline through `decide` and writes `access_line`; `whole` keeps a defect in it;
//! - its body is `request_body`, with `pace` and `idle`;
//! - the application: `upstream` takes one of `servers` by `choice` and `standing` (which `health` and `probe` look after),
//!   `upstream_request` owns the head that it receives, `ask` sends it on a connection of `pool` or `connect`, and
//!   `upstream_response`, `app_cookies` and `location` say what of the answer passes;
//! - back to the browser: `answer_stream`, `answer_body`, `recorded_body`; `sign_out` where the application ended a session,
//!   `upgrade` and `tunnel` where it agreed to a WebSocket, `vigil` where it goes on and on.

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
