//! Takes what comes to a listener, until the gateway takes nothing new any more.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::net::TcpStream;

use crate::gateway::browser::connection;
use crate::gateway::decide::Decide;
use crate::gateway::exchange::Exchange;
use crate::gateway::listener::Caller;
use crate::gateway::listener::Rules;
use crate::gateway::listener::clients::Full;
use crate::gateway::live::Live;
use crate::lifecycle::Lifecycle;
use crate::lifecycle::Phase;
use crate::telemetry::limit_label::LimitLabel;

/// How long nothing is accepted after the system had no file descriptor left.
const REST: Duration = Duration::from_millis(100);

/// Serves whoever connects, each connection in a task of this thread; comes back when the gateway drains.
pub(super) async fn accept<D: Decide>(
    exchange: Arc<Exchange<D>>,
    (listener, rules): (TcpListener, Arc<Live<Rules>>),
    lifecycle: Arc<Lifecycle>,
) {
    let draining = lifecycle.reached(Phase::Draining);
    let mut draining = std::pin::pin!(draining);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => begin(&exchange, (stream, peer), &rules, &lifecycle),
                Err(error) => refused(&error).await,
            },
            () = draining.as_mut() => break,
        }
    }
    if let Err(error) = accept_waiting(&exchange, (listener, &rules), &lifecycle) {
        tracing::debug!(%error, "a connection that waited was not accepted");
    }
}

/// Whoever is connected already was let in by the system, and is served once.
fn accept_waiting<D: Decide>(
    exchange: &Arc<Exchange<D>>,
    (listener, rules): (TcpListener, &Live<Rules>),
    lifecycle: &Lifecycle,
) -> io::Result<()> {
    let listener = listener.into_std()?;
    loop {
        match listener.accept() {
            Ok((stream, peer)) => {
                stream.set_nonblocking(true)?;
                let stream = TcpStream::from_std(stream)?;
                begin(exchange, (stream, peer), rules, lifecycle);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Whoever is too many is closed at once: an answer would cost what is to be saved, and under TLS more.
fn begin<D: Decide>(
    exchange: &Arc<Exchange<D>>,
    (stream, peer): (TcpStream, SocketAddr),
    rules: &Live<Rules>,
    lifecycle: &Lifecycle,
) {
    let caller = match Caller::connect(peer, rules, exchange.clients()) {
        Ok(caller) => caller,
        Err(Full::Everybody) => return exchange.limit_reached(LimitLabel::Connections, peer),
        Err(Full::Client) => return exchange.limit_reached(LimitLabel::ConnectionsPerClient, peer),
    };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let connection = connection::serve(Arc::clone(exchange), stream, caller, lifecycle.begin());
    drop(tokio::spawn(connection));
}

/// No file descriptors left: it passes when connections end.
async fn refused(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(REST).await;
}
