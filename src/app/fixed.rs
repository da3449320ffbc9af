//! What a running process cannot change, as it was at the start.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::settings::Config;
use crate::config::settings::LogSettings;
use crate::config::settings::StoreSettings;

/// Keys that differ and are read at the start only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NeedsRestart(pub Vec<&'static str>);

impl fmt::Display for NeedsRestart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, key) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "\n" })?;
            write!(f, "needs a restart: {key}")?;
        }
        Ok(())
    }
}

/// What is read at the start only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    listen: SocketAddr,
    monitor_listen: Option<SocketAddr>,
    admin_socket: Option<PathBuf>,
    listener: Listener,
    logs: LogSettings,
    sessions: Kept,
}

/// What a listener speaks. Its certificate may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listener {
    Plain,
    Tls,
}

/// Where sessions are. The address of a Redis may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    InMemory,
    InRedis,
}

impl Fixed {
    /// What this configuration says about it.
    pub(super) fn of(config: &Config) -> Self {
        let server = &config.server;
        Self {
            listen: server.listen,
            monitor_listen: server.monitor_listen,
            admin_socket: server.admin_socket.clone(),
            listener: match server.tls {
                Some(_) => Listener::Tls,
                None => Listener::Plain,
            },
            logs: config.logs.clone(),
            sessions: match config.session.store {
                StoreSettings::Memory => Kept::InMemory,
                StoreSettings::Redis { .. } => Kept::InRedis,
            },
        }
    }

    /// Nothing, or which keys differ in the newer configuration.
    pub(super) fn stays_in(&self, newer: &Config) -> Result<(), NeedsRestart> {
        let newer = Self::of(newer);
        let compared = [
            ("server.listen", self.listen == newer.listen),
            (
                "server.monitor_listen",
                self.monitor_listen == newer.monitor_listen,
            ),
            ("server.admin_socket", self.admin_socket == newer.admin_socket),
            ("server.tls", self.listener == newer.listener),
            ("logs", self.logs == newer.logs),
            ("session.store", self.sessions == newer.sessions),
        ];
        let differs = compared.into_iter().filter(|(_, is_same)| !is_same);
        let keys: Vec<&str> = differs.map(|(key, _)| key).collect();
        if keys.is_empty() {
            Ok(())
        } else {
            Err(NeedsRestart(keys))
        }
    }
}
