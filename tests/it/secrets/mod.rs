//! Secrets and what they open, as an operator handles them: Redis, the way to the provider, rotations, the configuration.

pub(crate) mod configuration;
pub(crate) mod outbound;
pub(crate) mod redis;
pub(crate) mod rotation;

use crate::support::browser::Browser;
use crate::support::gateway::Place;
use crate::support::scene::Scene;
use crate::support::table::Case;

/// A case that needs a scene of its own.
#[derive(Debug)]
pub(crate) struct Play {
    pub(crate) ids: &'static [&'static str],
    pub(crate) sentence: &'static str,
    pub(crate) plays: fn(),
}

impl Case for Play {
    fn ids(&self) -> &'static [&'static str] {
        self.ids
    }

    fn sentence(&self) -> &'static str {
        self.sentence
    }
}

/// As the program does first thing; a test that came before may have done it.
fn with_tls() {
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        assert!(rustls::crypto::CryptoProvider::get_default().is_some());
    }
}

/// A line of the configuration gets more before it.
fn before(text: &str, line: &str, more: &str) -> String {
    assert!(text.contains(line), "no {line:?} in\n{text}");
    text.replace(line, &format!("{more}{line}"))
}

/// What the URL of Redis is from now on.
fn redis_url(place: &Place, url: &str) {
    place.secret("redis_url", url);
}

/// Whether the application gets this browser's request without a question.
fn is_signed_in(scene: &Scene, browser: &Browser) -> bool {
    scene.application.forget();
    let page = browser.open(&scene.url("/again"));
    let passed = page.hops.len() == 1 && page.status() == 200;
    assert_eq!(
        scene.application.received().len(),
        usize::from(passed),
        "{}",
        page.text()
    );
    passed
}
