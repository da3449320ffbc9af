//! The process: pingora's server with one thread, one listener and one pool of connections for each core.
//!
//! A connection lives and dies on the thread that accepted it. A service with several threads would hand it to a random
//! one while its socket stays registered with the first. The listener is ours and not pingora's, because only so it can
//! stop before the process does.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use pingora::server::ListenFds;
use pingora::server::RunArgs;
use pingora::server::Server;
use pingora::server::ShutdownSignal;
use pingora::server::ShutdownSignalWatch;
use pingora::server::ShutdownWatch;
use pingora::server::configuration::ServerConf;
use tokio::runtime::Handle;

use crate::gateway::accept;
use crate::gateway::application::health;
use crate::gateway::application::servers::Servers;
use crate::gateway::application::upstream::Upstreams;
use crate::gateway::exchange::Exchange;
use crate::gateway::listener::Rules;
use crate::gateway::listener::clients::Clients;
use crate::gateway::live::Live;
use crate::lifecycle::Lifecycle;
use crate::lifecycle::Phase;
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
    /// The system's number of cores or a descriptor cannot be had.
    #[error("the system refuses what a server needs")]
    System(#[source] io::Error),
}

/// Something that goes on until the process ends.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Everything that a process runs.
pub struct Process {
    /// Where browsers, or the proxies in front, reach us. See [`bind`].
    pub listener: TcpListener,
    /// What answers.
    pub live: Arc<Live<Pipeline>>,
    /// What the listener goes by.
    pub rules: Arc<Live<Rules>>,
    /// When it ends.
    pub lifecycle: Arc<Lifecycle>,
    /// The threads that will answer.
    pub cores: Arc<Cores>,
    /// What the operator needs, on a thread of its own: load does not reach it, and it does not slow a request.
    pub beside: Work,
}

/// The threads that answer, to be asked whether they still do.
#[derive(Debug, Default)]
pub struct Cores(Mutex<Vec<Handle>>);

impl Cores {
    /// Comes back when each thread has done something since: one that hangs does not.
    pub async fn answer(&self) {
        let cores = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for core in cores {
            // A runtime that is gone has nothing to do any more.
            drop(core.spawn(async {}).await);
        }
    }

    fn join(&self) {
        let mut cores = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cores.push(Handle::current());
    }
}

/// Listens, and takes nothing yet.
pub fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let refused = |cause| ListenError::Address { address, cause };
    let listener = TcpListener::bind(address).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    Ok(listener)
}

impl Process {
    /// Blocks until the lifecycle has ended. Makes its own runtimes, so it must not be called inside one.
    pub fn run(self) -> Result<(), ListenError> {
        let cores = std::thread::available_parallelism().map_err(ListenError::System)?;
        let address = self.listener.local_addr().map_err(ListenError::System)?;
        let conf = ServerConf {
            threads: 1,
            work_stealing: false,
            ..ServerConf::default()
        };
        let mut server = Server::new_with_opt_and_conf(None, conf);
        server.bootstrap();
        let clients = Arc::new(Clients::default());
        let servers = Arc::new(Servers::new(Arc::clone(self.live.load().telemetry())));
        for number in 0..cores.get() {
            let upstreams = Upstreams::new(Arc::clone(&servers));
            let exchange = Arc::new(Exchange::new(
                Arc::clone(&self.live),
                upstreams,
                Arc::clone(&clients),
            ));
            let own = self.listener.try_clone().map_err(ListenError::System)?;
            let (lifecycle, cores) = (Arc::clone(&self.lifecycle), Arc::clone(&self.cores));
            let rules = Arc::clone(&self.rules);
            let work = Box::pin(async move {
                cores.join();
                match tokio::net::TcpListener::from_std(own) {
                    Ok(own) => accept::accept(exchange, (own, rules), lifecycle).await,
                    Err(error) => tracing::error!(%error, "a thread cannot listen"),
                }
            });
            server.add_service(Thread::new(format!("gateway-{number}"), work));
        }
        // The threads have their own, and the last one that closes ends the address.
        drop(self.listener);
        let watched = health::watch(self.live, servers);
        let beside = Box::pin(async {
            tokio::join!(self.beside, watched);
        });
        server.add_service(Thread::new("operator".to_owned(), beside));
        tracing::info!(%address, cores, "listening");
        server.run(RunArgs {
            shutdown_signal: Box::new(Shutdown(self.lifecycle)),
        });
        Ok(())
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process")
            .field("listener", &self.listener)
            .finish_non_exhaustive()
    }
}

/// One thread with one piece of work. What that leaves behind goes on until the process ends.
struct Thread {
    name: String,
    work: Mutex<Option<Work>>,
}

impl Thread {
    fn new(name: String, work: Work) -> Self {
        Self {
            name,
            work: Mutex::new(Some(work)),
        }
    }
}

impl pingora::services::Service for Thread {
    fn start_service<'this, 'future>(
        &'this mut self,
        _: Option<ListenFds>,
        _: ShutdownWatch,
        _listeners_per_fd: usize,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'future>>
    where
        'this: 'future,
        Self: 'future,
    {
        let work = self.work.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        work.unwrap_or_else(|| Box::pin(std::future::ready(())))
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn threads(&self) -> Option<usize> {
        Some(1)
    }
}

/// The draining is over before pingora hears of an end: its own grace period would sleep its whole length, idle or not.
struct Shutdown(Arc<Lifecycle>);

impl ShutdownSignalWatch for Shutdown {
    fn recv<'this, 'future>(&'this self) -> Pin<Box<dyn Future<Output = ShutdownSignal> + Send + 'future>>
    where
        'this: 'future,
        Self: 'future,
    {
        Box::pin(async move {
            self.0.reached(Phase::Ended).await;
            ShutdownSignal::FastShutdown
        })
    }
}
