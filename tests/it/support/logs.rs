//! Everything that one gateway logs, kept to be searched.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;

use guichet::telemetry::line::LineFormat;
use guichet::telemetry::logging;
use guichet::telemetry::logging::LineLimits;
use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;

/// The log of one gateway. Its dispatcher is the default of the gateway's own thread, so parallel tests do not mix.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Logs {
    /// Where the gateway's events go; our own at every level, because a secret must be in none.
    pub(crate) fn dispatch(&self) -> Dispatch {
        logging::dispatch("trace", LineFormat::Text, LineLimits::default(), self.clone())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// The lines that contain this.
    pub(crate) fn lines_with(&self, what: &str) -> Vec<String> {
        self.text()
            .lines()
            .filter(|line| line.contains(what))
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn forget(&self) {
        self.bytes.lock().unwrap().clear();
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Logs {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gateway_has_its_own_log() {
        let (one, other) = (Logs::default(), Logs::default());
        tracing::dispatcher::with_default(&one.dispatch(), || tracing::info!(reason = "nonce", "refused"));
        tracing::dispatcher::with_default(
            &other.dispatch(),
            || tracing::trace!(target: "guichet", "accepted"),
        );
        assert_eq!(one.lines_with("nonce").len(), 1);
        assert!(!one.text().contains("accepted"));
        assert!(other.text().contains("accepted"));
        one.forget();
        assert_eq!(one.text(), "");
    }
}
