//! The process: pingora's server with one thread and one pool of connections for each core, signals, and the drain.
//!
//! A connection lives and dies on the thread that accepted it. A service with several threads would hand it to a random
//! one while its socket stays registered with the first.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::os::fd::IntoRawFd;
use std::pin::Pin;
use std::sync::Arc;

use pingora::apps::ServerApp;
use pingora::protocols::Stream;
use pingora::server::Fds;
use pingora::server::ListenFds;
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
use crate::gateway::listener::Caller;
use crate::gateway::listener::CurrentRules;
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

/// Blocks until the process is asked to end and the last exchanges are over.
pub(super) fn run(
    address: SocketAddr,
    rules: &Arc<CurrentRules>,
    pipeline: &Arc<Pipeline>,
) -> Result<(), ListenError> {
    // Bound here: pingora would find out on a thread of its own, and go on without a listener.
    let refused = |cause| ListenError::Address { address, cause };
    let listener = TcpListener::bind(address).map_err(refused)?;
    // pingora takes a descriptor as it is.
    listener.set_nonblocking(true).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let cores = std::thread::available_parallelism().map_err(ListenError::System)?;
    let conf = ServerConf {
        threads: 1,
        work_stealing: false,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let shared = Arc::new(Shared::default());
    let connections = Arc::new(watch::Sender::new(false));
    for number in 0..cores.get() {
        let upstreams = Upstreams::new(Arc::clone(&shared));
        let door = Door {
            exchange: Arc::new(Exchange::new(Arc::clone(pipeline), upstreams)),
            connections: Arc::clone(&connections),
            rules: Arc::clone(rules),
        };
        let own = listener.try_clone().map_err(ListenError::System)?;
        server.add_service(Core::new(format!("gateway-{number}"), own, address, door));
    }
    drop(listener);
    tracing::info!(%address, cores, "listening");
    server.run(RunArgs {
        shutdown_signal: Box::new(Shutdown { connections }),
    });
    Ok(())
}

/// One thread that accepts, on a descriptor of its own. pingora would give one descriptor to all of them, and each would
/// close it in the end.
struct Core {
    listening: Service<Door>,
    descriptors: ListenFds,
}

impl Core {
    fn new(name: String, listener: TcpListener, address: SocketAddr, door: Door) -> Self {
        let address = address.to_string();
        let mut listening = Service::new(name, door);
        listening.threads = Some(1);
        listening.add_tcp(&address);
        let mut descriptors = Fds::new();
        descriptors.add(address, listener.into_raw_fd());
        Self {
            listening,
            descriptors: Arc::new(descriptors.into()),
        }
    }
}

impl pingora::services::Service for Core {
    fn start_service<'this, 'future>(
        &'this mut self,
        _: Option<ListenFds>,
        shutdown: ShutdownWatch,
        listeners_per_fd: usize,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'future>>
    where
        'this: 'future,
        Self: 'future,
    {
        let own = Some(Arc::clone(&self.descriptors));
        pingora::services::Service::start_service(&mut self.listening, own, shutdown, listeners_per_fd)
    }

    fn name(&self) -> &str {
        pingora::services::Service::name(&self.listening)
    }

    fn threads(&self) -> Option<usize> {
        pingora::services::Service::threads(&self.listening)
    }
}

/// Where pingora and hyper meet: an accepted stream becomes a served connection.
struct Door {
    exchange: Arc<Exchange<Pipeline>>,
    connections: Arc<watch::Sender<bool>>,
    rules: Arc<CurrentRules>,
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
            let caller = Caller::new(*digest.peer_addr()?.as_inet()?, &self.rules);
            let exchange = Arc::clone(&self.exchange);
            connection::serve(exchange, stream, caller, self.connections.subscribe()).await;
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
