//! The session store as people and applications notice it, and what it holds: area M of the cases.

pub(crate) mod at_rest;
pub(crate) mod crowd;
pub(crate) mod keys;
pub(crate) mod outage;
pub(crate) mod time;
pub(crate) mod unopened;

use guichet::seal::Keyring;
use guichet::secret::Secret;
use guichet::session::key::SessionKey;

use crate::journey::stage::Stage;
use crate::journey::stage::With;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::Store;

const WITH: With = With::OidcProvider(Alg::Es256);

/// The usual stage over Redis, with Zoé signed in.
fn signed_in() -> (Stage, Browser) {
    let stage = Stage::start(WITH, Store::Redis);
    let browser = Browser::new();
    stage.sign_in(&browser, "/");
    assert!(stage.is_signed_in(&browser));
    (stage, browser)
}

/// What the cookie of this browser holds.
fn key_of(browser: &Browser) -> SessionKey {
    SessionKey::parse(&Stage::session_cookie(browser).unwrap()).unwrap()
}

/// Where Redis keeps the session of this browser.
fn redis_key(browser: &Browser) -> Vec<u8> {
    format!("guichet:session:{}", key_of(browser).locator().unwrap()).into_bytes()
}

/// The gateway's secret, as a program that found it would use it.
fn keyring() -> Keyring {
    Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap()
}

/// A scene over the store itself, without a gateway.
fn on_a_runtime(scene: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(scene);
}
