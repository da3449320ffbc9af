//! What people do in more than one scene.

use super::browser::Browser;
use super::browser::Page;
use super::scene::Scene;

/// The `Cookie` field of this browser at the gateway, for a raw request.
pub(crate) fn cookie_field(browser: &Browser) -> String {
    let pair = |name: &String| format!("{name}={}", browser.cookie("localhost", name).unwrap());
    browser
        .cookie_names("localhost")
        .iter()
        .map(pair)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Signing out: the question, the answer, the provider's own page, and where that leads.
pub(crate) fn sign_out(scene: &Scene, browser: &Browser) -> Page {
    let question = browser.open(&scene.url("/_guichet/logout"));
    let provider = browser.submit(&question, &question.form("/_guichet/logout"), &[]);
    browser.submit(&provider, &provider.form("/session/end/confirm"), &[])
}
