//! A stage over Redis with Zoé signed in, and what her session is called there.

use guichet::seal::Keyring;
use guichet::secret::Secret;
use guichet::session::key::SessionKey;

use crate::journey::stage::Stage;
use crate::journey::stage::With;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::Store;

pub(super) const WITH: With = With::OidcProvider(Alg::Es256);

/// The usual stage over Redis, with Zoé signed in.
pub(super) fn signed_in() -> (Stage, Browser) {
    let stage = Stage::start(WITH, Store::Redis);
    let browser = Browser::new();
    stage.sign_in(&browser, "/");
    assert!(stage.is_signed_in(&browser));
    (stage, browser)
}

/// What the cookie of this browser holds.
pub(super) fn key_of(browser: &Browser) -> SessionKey {
    SessionKey::parse(&Stage::session_cookie(browser).unwrap()).unwrap()
}

/// Where Redis keeps the session of this browser.
pub(super) fn redis_key(browser: &Browser) -> Vec<u8> {
    format!("guichet:session:{}", key_of(browser).locator().unwrap()).into_bytes()
}

/// The gateway's secret, as a program that found it would use it.
pub(super) fn keyring() -> Keyring {
    Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap()
}
