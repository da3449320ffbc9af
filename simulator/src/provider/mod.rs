//! A simulated provider, as strict and as odd as the real one: FranceConnect v2 (low), or another one of `profiles`.
//!
//! It mints tokens for invented people and listens on loopback only. What it does follows what FranceConnect's own code was
//! seen to do, where that differs from its documents. Two things differ on purpose, because it speaks plain http: its cookies
//! are not `Secure`, and its pages do not ask the browser to upgrade requests; some browsers would obey on loopback too.
//!
//! A profile changes what is asked for, checked and answered. Paths, cookies, lifetimes and most codes of errors are
//! FranceConnect's, whichever provider it plays; every login reaches the level that was asked for.

mod assertion;
pub(crate) mod authorization_request;
pub mod client;
pub mod clock;
mod discovery;
mod encryption;
pub(crate) mod engine;
mod id_token;
mod interaction;
pub(crate) mod keys;
mod logout;
mod oauth_error;
mod pages;
pub mod profile;
pub mod profiles;
pub mod public_key;
pub mod signing_algorithm;
mod token;
mod userinfo;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::Method;
use http::StatusCode;

use crate::provider::client::Client;
use crate::provider::clock::MovableClock;
use crate::provider::engine::Engine;
use crate::provider::interaction::Step;
use crate::provider::keys::Keys;
use crate::provider::profile::Profile;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;
use crate::site::Fallback;
use crate::site::Listening;
use crate::site::Site;

/// Everything below the issuer's path.
const PREFIX: &str = "/api/v2";

/// Where the provider listens and whom it knows.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Which provider it plays: one of `profiles`.
    pub profile: &'static Profile,
    /// A loopback address; port 0 lets the system choose.
    pub address: SocketAddr,
    /// The registered clients.
    pub clients: Vec<Client>,
}

/// The provider that is not started yet.
#[derive(Debug)]
pub struct Provider;

impl Provider {
    /// Starts a provider. Several may run in one process, each with its own signing key for ES256.
    ///
    /// Fails on an address that is not loopback, on a port that is taken, and on a client that the provider would not register.
    pub async fn start(settings: ProviderSettings) -> io::Result<RunningProvider> {
        let listener = site::bind(settings.address, Fallback::None).await?;
        Self::start_on(listener, settings.profile, settings.clients)
    }

    pub(crate) fn start_on(
        listener: tokio::net::TcpListener,
        profile: &'static Profile,
        clients: Vec<Client>,
    ) -> io::Result<RunningProvider> {
        let issuer = format!("http://{}{PREFIX}", listener.local_addr()?);
        let engine = Arc::new(Engine::new(profile, issuer, clients)?);
        drop(tokio::task::spawn_blocking(Keys::warm));
        let listening = site::serve(listener, Arc::clone(&engine))?;
        Ok(RunningProvider { engine, listening })
    }
}

/// A provider that listens. Dropping it ends it.
#[derive(Debug)]
pub struct RunningProvider {
    engine: Arc<Engine>,
    listening: Listening,
}

impl RunningProvider {
    /// The issuer, such as `http://127.0.0.1:8002/api/v2`.
    pub fn issuer(&self) -> &str {
        &self.engine.issuer
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The provider's clock, which a test may move.
    pub fn clock(&self) -> MovableClock {
        self.engine.clock.clone()
    }

    /// How many requests the token endpoint has seen.
    pub fn token_requests(&self) -> usize {
        self.engine.token_requests.load(Ordering::SeqCst)
    }

    /// Forgets every browser's session, as a restart of the provider's store would. Codes and tokens stay.
    pub fn forget_sessions(&self) {
        self.engine.memory().sessions.clear();
    }

    /// Closes the listener and every connection.
    pub async fn stop(self) {
        self.listening.stop().await;
    }
}

impl Site for Engine {
    /// A longer head was answered 431.
    const LONGEST_HEAD: usize = 16 * 1024;

    async fn answer(self: Arc<Self>, asked: Asked) -> Answer {
        let mut answer = match self.route(&asked).await {
            Ok(answer) => answer,
            Err(error) => Self::broken(&error),
        };
        for (name, value) in COMMON_HEADERS {
            site::set(&mut answer, name, value);
        }
        answer
    }
}

/// On every answer, token and userinfo included. No `form-action`: the last hop to the service is not blocked.
const COMMON_HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'self';base-uri 'self';font-src 'self';frame-ancestors 'self';img-src 'self';object-src 'none';\
         script-src 'self';script-src-attr 'none';style-src 'self'",
    ),
    ("x-frame-options", "SAMEORIGIN"),
    ("cross-origin-opener-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
];

impl Engine {
    async fn route(&self, asked: &Asked) -> io::Result<Answer> {
        let Some(path) = asked.path.strip_prefix(PREFIX) else {
            return Ok(self.not_found());
        };
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let get = asked.method == Method::GET || asked.method == Method::HEAD;
        let post = asked.method == Method::POST;
        match parts.as_slice() {
            [".well-known", "openid-configuration"] | [".well-known", "openid-configuration", ""] if get => {
                Ok(public(
                    asked,
                    "application/json; charset=utf-8",
                    &discovery::document(self.profile, &self.issuer),
                ))
            }
            ["jwks"] if get => {
                let jwks = self.keys.jwks()?;
                Ok(public(asked, "application/jwk-set+json; charset=utf-8", &jwks))
            }
            ["authorize"] if get => self.authorize(asked),
            ["authorize"] if post => Ok(site::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Internal Server Error",
            )),
            ["authorize", uid] if get => Ok(self.resume(asked, uid)),
            ["interaction", _] if get => self.interaction(asked, Step::Choose),
            ["interaction", _, "consent"] if get => self.interaction(asked, Step::Consent),
            ["interaction", _, "abort"] if get => self.interaction(asked, Step::Abort),
            ["interaction", _, "login"] if post => self.continue_to_service(asked),
            ["redirect-to-idp"] if post => Ok(self.choose(asked)),
            ["redirect-to-sp-with-error"] if get => Ok(self.redirect_with_error(asked)),
            ["token"] if post => self.token(asked).await,
            ["token", "revocation"] if post => Ok(self.revoke(asked)),
            ["userinfo"] if get => self.userinfo(asked).await,
            ["session", "end"] if get => self.end_session(asked),
            ["session", "end", "confirm"] if post => Ok(self.confirm_end(asked)),
            ["session", "end", "success"] if get => Ok(pages::signed_out(self.profile.title)),
            ["simulateur.css"] if get => Ok(site::answer(
                StatusCode::OK,
                "text/css; charset=utf-8",
                pages::STYLE,
            )),
            ["simulateur.js"] if get => Ok(site::answer(
                StatusCode::OK,
                "text/javascript; charset=utf-8",
                pages::SUBMIT,
            )),
            _ => Ok(self.not_found()),
        }
    }

    /// A method or a path that is not routed.
    fn not_found(&self) -> Answer {
        self.page(StatusCode::NOT_FOUND, "Y000404", None)
    }
}

/// A document that everyone may read and keep for ten minutes.
fn public(asked: &Asked, media_type: &'static str, document: &serde_json::Value) -> Answer {
    let mut answer = site::answer(StatusCode::OK, media_type, document.to_string());
    site::set(&mut answer, "cache-control", "public, max-age=600");
    site::set(
        &mut answer,
        "access-control-allow-origin",
        asked.header("origin").unwrap_or("*"),
    );
    site::set(&mut answer, "vary", "Origin");
    answer
}
