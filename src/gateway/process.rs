//! The process: pingora's server with one thread and one pool of connections for each core, signals, and the drain.
//!
//! A connection lives and dies on the thread that accepted it. A service with several threads would hand it to a random
//! one while its socket stays registered with the first.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;

use pingora::apps::ServerApp;
use pingora::protocols::Stream;
use pingora::server::RunArgs;
use pingora::server::Server;
use pingora::server::ShutdownSignal;
use pingora::server::ShutdownSignalWatch;
use pingora::server::ShutdownWatch;
use pingora::server::configuration::ServerConf;
use pingora::services::listening::Service;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;

use crate::gateway::connection;
use crate::gateway::exchange::Exchange;
use crate::gateway::upstream::Shared;
use crate::gateway::upstream::Upstreams;
use crate::pipeline::Pipeline;

/// Why the process does not listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The address is taken, not ours, or not allowed.
    #[error("cannot listen on {address}")]
    Address {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The system's number of cores or a signal handler cannot be had.
    #[error("the system refuses what a server needs")]
    System(#[source] io::Error),
}

/// What listens for as long as the process lives; asked twice, it is a bug of the caller's that ends in an error, not in
/// two servers.
pub(in crate::gateway) fn run(address: SocketAddr, pipeline: &Arc<Pipeline>) -> Result<(), ListenError> {
    // pingora would find out on a thread of its own, and go on without a listener.
    let refused = |cause| ListenError::Address { address, cause };
    drop(TcpListener::bind(address).map_err(refused)?);

    let cores = std::thread::available_parallelism()
        .map_err(ListenError::System)?
        .get();
    let conf = ServerConf {
        threads: 1,
        work_stealing: false,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let shared = Arc::new(Shared::default());
    let connections = Arc::new(watch::Sender::new(false));
    for core in 0..cores {
        let door = Door {
            exchange: Arc::new(Exchange::new(
                Arc::clone(pipeline),
                Upstreams::new(Arc::clone(&shared)),
            )),
            connections: Arc::clone(&connections),
        };
        let mut service = Service::new(format!("gateway-{core}"), door);
        service.threads = Some(1);
        service.add_tcp(&address.to_string());
        server.add_service(service);
    }
    tracing::info!(%address, cores, "listening");
    server.run(RunArgs {
        shutdown_signal: Box::new(Shutdown { connections }),
    });
    Ok(())
}

/// Where pingora and hyper meet: an accepted stream becomes a served connection.
struct Door {
    exchange: Arc<Exchange<Pipeline>>,
    connections: Arc<watch::Sender<bool>>,
}

impl ServerApp for Door {
    fn process_new<'this, 'watch, 'both>(
        self: &'this Arc<Self>,
        stream: Stream,
        _: &'watch ShutdownWatch,
    ) -> Pin<Box<dyn Future<Output = Option<Stream>> + Send + 'both>>
    where
        'this: 'both,
        'watch: 'both,
        Self: 'both,
    {
        Box::pin(async move {
            let digest = stream.get_socket_digest()?;
            let client = *digest.peer_addr()?.as_inet()?;
            let exchange = Arc::clone(&self.exchange);
            connection::serve(exchange, stream, client, self.connections.subscribe()).await;
            None
        })
    }
}

/// SIGTERM and SIGINT: the last exchanges end, then the process does. pingora's own grace period would sleep its whole
/// length, idle or not. Whoever connects meanwhile is served once: a client that was not told yet is not to blame.
struct Shutdown {
    connections: Arc<watch::Sender<bool>>,
}

impl ShutdownSignalWatch for Shutdown {
    fn recv<'this, 'future>(&'this self) -> Pin<Box<dyn Future<Output = ShutdownSignal> + Send + 'future>>
    where
        'this: 'future,
        Self: 'future,
    {
        Box::pin(async move {
            if let Err(error) = asked_to_end().await {
                tracing::error!(%error, "no signal can be received; ending");
            }
            tracing::info!("ending: waiting for the last exchanges");
            connection::drain(&self.connections).await;
            ShutdownSignal::FastShutdown
        })
    }
}

async fn asked_to_end() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
