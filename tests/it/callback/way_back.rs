//! A browser on its way back from the provider, and what becomes of its answer.

use crate::support::browser::Browser;
use crate::support::provider::ZOE;
use crate::support::scene::Scene;
use crate::support::steps::get;
use crate::support::steps::to_the_callback;

/// A browser on its way back from the provider, and the path and query that it was sent to.
pub(super) fn on_the_way_back(scene: &Scene) -> (Browser, String) {
    let browser = Browser::new();
    let callback = to_the_callback(scene, &browser, "/dossier", ZOE);
    let path = callback.trim_start_matches(&scene.url("")).to_owned();
    (browser, path)
}

/// Nothing happened: no token request, no byte at the application, no session.
pub(super) fn nothing_happened(scene: &Scene, browser: &Browser) {
    assert_eq!(scene.provider.requests_to("/token").len(), 0);
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(get(scene, browser, "/dossier").status, 303);
}

/// The attempt is as good as before: the true answer still leads to the page.
pub(super) fn the_true_answer_still_counts(scene: &Scene, browser: &Browser, callback: &str) {
    let page = browser.open(&scene.url(callback));
    assert_eq!((page.status(), page.url), (200, scene.url("/dossier")));
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
}
