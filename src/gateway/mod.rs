//! The one door to pingora and to hyper's server. pingora carries the process, hyper carries HTTP at both ends; they meet
//! in [`process`], and nothing above knows either of them.
//!
//! `exchange` is one request; `upstream_request` owns the head that an application receives.

mod access_line;
mod answer_body;
mod body_error;
mod client_stream;
mod connect;
mod connection;
mod decide;
mod exchange;
mod idle;
mod pool;
pub mod process;
mod request_body;
mod upstream;
mod upstream_error;
mod upstream_request;
mod upstream_response;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::gateway::decide::Decide;
use crate::gateway::exchange::Exchange;
use crate::gateway::process::ListenError;
use crate::gateway::upstream::Shared;
use crate::gateway::upstream::Upstreams;
use crate::pipeline::Pipeline;

/// Serves on `address` until SIGTERM or SIGINT, then lets the last exchanges end.
///
/// Blocks, and makes its own runtimes, so it must not be called inside one. A pipeline whose stores need a runtime is
/// built on one that the caller keeps for as long as this lasts.
pub fn run(address: SocketAddr, pipeline: &Arc<Pipeline>) -> Result<(), ListenError> {
    process::run(address, pipeline)
}

/// Serves what comes to a plain listener until `shutdown` turns true or its sender is gone, then lets the last exchanges
/// end.
pub async fn serve(pipeline: Arc<Pipeline>, listener: TcpListener, shutdown: watch::Receiver<bool>) {
    accept(pipeline, listener, shutdown).await;
}

async fn accept<D: Decide>(decide: Arc<D>, listener: TcpListener, mut shutdown: watch::Receiver<bool>) {
    let exchange = Arc::new(Exchange::new(decide, Upstreams::new(Arc::new(Shared::default()))));
    let connections = watch::Sender::new(false);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            ended = async { shutdown.wait_for(|ends| *ends).await.is_ok() } => {
                tracing::debug!(asked = ended, "no new connections");
                break;
            }
        };
        match accepted {
            Ok((stream, client)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps its delay");
                }
                let exchange = Arc::clone(&exchange);
                let connection = connection::serve(exchange, stream, client, connections.subscribe());
                drop(tokio::spawn(connection));
            }
            // No file descriptors left: it passes when connections end.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    connection::drain(&connections).await;
}

#[cfg(test)]
mod tests;
