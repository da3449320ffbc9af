//! Where journey and attacks take place: the addresses, what the application received, and the way to sign in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::browser::Browser;
use crate::browser::page::Page;
use crate::demo::raw;
use crate::demo::raw::RawAnswer;
use crate::legacy::log::Log;
use crate::random;

/// The running demonstration, as seen by whoever visits or attacks it.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The gateway's origin, such as `http://localhost:8000`.
    pub(crate) gateway: String,
    pub(crate) gateway_address: SocketAddr,
    /// The application, reached around the gateway.
    pub(crate) application: SocketAddr,
    pub(crate) issuer: String,
    pub(crate) log: Arc<Log>,
}

impl Field {
    /// An address at the gateway.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.gateway)
    }

    /// What `Host` says.
    pub(crate) fn host(&self) -> &str {
        self.gateway.trim_start_matches("http://")
    }

    /// Signs in from the gateway's own start of a login, and ends on the page asked for.
    pub(crate) async fn sign_in(&self, browser: &Browser, person: &str) -> io::Result<Page> {
        let start = self.at("/_guichet/login/fc?return_to=%2Furbanisme%2Foctets%3Fessai-connexion");
        let choice = browser.open(&start).await?;
        let information = browser.press(&choice, person).await?;
        browser.press(&information, "Continuer").await
    }

    /// A login of a fresh browser up to the gateway's redirection endpoint, which is not asked: its address, code included.
    pub(crate) async fn unfinished_login(&self, person: &str) -> io::Result<(Browser, String)> {
        let browser = Browser::new();
        let stopping = browser.clone().stopping_before(&self.at("/_guichet/callback"));
        let last = self.sign_in(&stopping, person).await?;
        let callback = last
            .location()
            .ok_or_else(|| io::Error::other("the provider did not lead back to the gateway"))?;
        Ok((browser, callback.into()))
    }

    /// The gateway's session cookie of a browser, as `name=value`.
    pub(crate) fn session_cookie(&self, browser: &Browser) -> Option<(String, String)> {
        let cookies = browser.cookies(&self.at("/"));
        cookies
            .into_iter()
            .find(|cookie| cookie.name.contains("guichet-session-") && !cookie.value.is_empty())
            .map(|cookie| (cookie.name, cookie.value))
    }

    /// A mark that finds one request in what the application received.
    pub(crate) fn marker() -> io::Result<String> {
        Ok(format!("essai-{}", random::hex::<8>()?))
    }

    /// Sends bytes to the gateway, exactly these.
    pub(crate) async fn send(&self, request: &str) -> io::Result<RawAnswer> {
        raw::send(self.gateway_address, request).await
    }

    /// The head of a GET that marks itself, without the empty line.
    pub(crate) fn get(&self, path: &str, marker: &str) -> String {
        format!("GET {path}?{marker} HTTP/1.1\r\nHost: {}\r\n", self.host())
    }
}
