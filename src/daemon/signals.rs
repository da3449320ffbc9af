//! The signals of the process: SIGTERM and SIGINT end it, SIGHUP asks for the newer configuration.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::lifecycle::Lifecycle;
use crate::lifecycle::Phase;
use crate::supervisor;

/// Every signal that is heard.
pub(super) struct Signals {
    pub(super) ends: Ends,
    /// The configuration is to be read again.
    pub(super) hangup: Signal,
}

/// Those that end the process.
pub(super) struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Hears what comes from now on, though nobody waits for it yet: before this, SIGHUP ends a process.
    pub(super) fn listen() -> io::Result<Self> {
        // Whichever runtime runs later passes them on.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let _inside = runtime.enter();
        Ok(Self {
            ends: Ends {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            },
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

impl Ends {
    /// The first one begins the end; a second one does not wait for it.
    pub(super) async fn obey(mut self, lifecycle: &Arc<Lifecycle>) {
        self.next().await;
        supervisor::stopping();
        let ends = Arc::clone(lifecycle);
        drop(tokio::spawn(async move { ends.end().await }));
        tokio::select! {
            () = self.next() => {
                tracing::warn!("told to end once more: ending at once");
                lifecycle.end_at_once();
            }
            () = lifecycle.reached(Phase::Ended) => {}
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
