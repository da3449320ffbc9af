//! What the gateway writes into its log while a test runs on this thread.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;

use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Until the guard is dropped.
    pub(super) fn here() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = log.subscriber();
        (log, tracing::dispatcher::set_default(&subscriber))
    }

    /// tracing remembers for each line of code whether anybody listens. Tests on other threads make it remember "nobody",
    /// unless somebody does from the start.
    pub(super) fn listen_from_the_start() {
        static LISTENING: OnceLock<Dispatch> = OnceLock::new();
        LISTENING.get_or_init(|| Self::default().subscriber());
    }

    fn subscriber(&self) -> Dispatch {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false);
        Dispatch::new(subscriber.with_writer(move || writer.clone()).finish())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
