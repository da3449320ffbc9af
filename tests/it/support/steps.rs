//! What people do in more than one scene.

use super::browser::Browser;
use super::browser::Page;
use super::raw::Answer;
use super::raw::RawClient;
use super::scene::Scene;

/// The person signs in at the provider; returns the address of the redirection endpoint, code and all, that their browser
/// was sent to and has not opened.
pub(crate) fn to_the_callback(scene: &Scene, browser: &Browser, path: &str, person: usize) -> String {
    let page = scene.to_the_provider(browser, path);
    let callback = scene.url("/_guichet/callback?");
    scene.provider.obtains_a_code(browser, &page, (person, &callback))
}

/// A request as bytes, with the cookies of this browser and the fields of a navigation, or others.
pub(crate) fn raw(scene: &Scene, browser: &Browser, (method, path): (&str, &str), fields: &str) -> Answer {
    let (host, cookies) = (scene.host(), cookie_line(browser));
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{cookies}{fields}\r\n");
    let mut client = RawClient::connect(scene.gateway.address());
    client.send(request).try_answer(method).unwrap()
}

/// A `GET` like that.
pub(crate) fn get(scene: &Scene, browser: &Browser, path: &str) -> Answer {
    raw(scene, browser, ("GET", path), "")
}

/// The value of a parameter in a path and query.
pub(crate) fn parameter(path: &str, name: &str) -> String {
    let query = path.split_once('?').unwrap().1;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(given, _)| given == name).unwrap().1.into_owned()
}

/// What this browser holds at the gateway, as a line of a head, if it holds anything.
pub(crate) fn cookie_line(browser: &Browser) -> String {
    match cookie_field(browser) {
        none if none.is_empty() => none,
        pairs => format!("Cookie: {pairs}\r\n"),
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
