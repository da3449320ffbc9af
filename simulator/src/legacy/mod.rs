//! A legacy application: plain HTTP, no login of its own, knows nothing but two headers. It cannot be changed.

pub mod log;
pub(crate) mod pages;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http::StatusCode;
use tokio::net::TcpListener;

use crate::legacy::log::Log;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;
use crate::site::Fallback;
use crate::site::Listening;
use crate::site::Site;

/// Where the application lives.
pub(crate) const BASE: &str = "/urbanisme";

/// The application, without its socket.
#[derive(Debug, Default)]
pub(crate) struct Application {
    pub(crate) log: Arc<Log>,
    /// Where the demonstration begins, if this is a part of one.
    tour: Option<String>,
}

impl Application {
    /// Keeps the bytes, then answers.
    pub(crate) fn page(&self, asked: &Asked) -> Answer {
        self.log.keep(&asked.raw);
        let tour = self.tour.as_deref();
        match asked.path.strip_prefix(BASE) {
            Some("" | "/") => pages::home(asked, tour),
            Some("/dossier") => pages::file(asked, tour),
            Some("/public") => pages::public(tour),
            Some("/octets") => {
                let bytes = String::from_utf8_lossy(&asked.raw).into_owned();
                site::answer(StatusCode::OK, "text/plain; charset=utf-8", bytes)
            }
            _ => pages::not_found(tour),
        }
    }
}

impl Site for Application {
    const LONGEST_HEAD: usize = 64 * 1024;

    async fn answer(self: Arc<Self>, asked: Asked) -> Answer {
        self.page(&asked)
    }
}

/// The application, listening. Dropping it ends it.
#[derive(Debug)]
pub struct RunningApplication {
    log: Arc<Log>,
    listening: Listening,
}

impl RunningApplication {
    /// Starts the application on a loopback address; port 0 lets the system choose.
    pub async fn start(address: SocketAddr) -> io::Result<Self> {
        Self::start_on(site::bind(address, Fallback::None).await?, None)
    }

    /// Each page has a link to `tour`, if there is one.
    pub(crate) fn start_on(listener: TcpListener, tour: Option<String>) -> io::Result<Self> {
        let log = Arc::default();
        let application = Arc::new(Application { log, tour });
        Ok(Self {
            log: Arc::clone(&application.log),
            listening: site::serve(listener, application)?,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// What it received.
    pub fn log(&self) -> &Log {
        &self.log
    }

    pub(crate) fn shared_log(&self) -> Arc<Log> {
        Arc::clone(&self.log)
    }

    /// Closes the listener and every connection.
    pub async fn stop(self) {
        self.listening.stop().await;
    }
}
