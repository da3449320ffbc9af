//! What people do in more than one scene.

use super::browser::Browser;
use super::browser::Page;
use super::provider::ZOE;
use super::provider::people;
use super::scene::Scene;

/// The person signs in at the provider; returns the address of the redirection endpoint, code and all, that their browser
/// was sent to and has not opened.
pub(crate) fn to_the_callback(scene: &Scene, browser: &Browser, path: &str) -> String {
    let provider = scene.to_the_provider(browser, path);
    let sub = people()[ZOE]["sub"].as_str().unwrap().to_owned();
    let form = provider.forms().remove(0);
    let mut page = browser.submit_once(&provider, &form, &[("account", &sub)]);
    loop {
        let next = page.resolve(page.answer.field("location").unwrap());
        if next.contains("/_guichet/callback?") {
            return next;
        }
        page = browser.go_once(&page, &next);
    }
}

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
