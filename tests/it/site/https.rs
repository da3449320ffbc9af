//! The site on https, behind a proxy that has its certificate, and requests with a host of their own.

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;

/// A site behind a proxy that has its certificate.
pub(super) const SITE: &str = "https://demarches.ville.example";

/// The usual scene on https, and a browser that finds it.
pub(super) fn on_https() -> (Scene, Browser) {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, text| {
        text.replace(&place.public_url(), SITE)
    });
    scene.provider.register_at(SITE, ("tests", CLIENT_SECRET));
    let browser = Browser::new();
    browser.reaches(SITE, scene.gateway.address());
    (scene, browser)
}

/// Zoé signs in on the https site.
pub(super) fn signs_in_on_https(scene: &Scene, browser: &Browser) -> Page {
    let chooser = browser.open(&format!("{SITE}/dossier"));
    let provider = browser.click(&chooser, "FranceConnect");
    let page = scene.provider.sign_in(browser, &provider, ZOE);
    assert_eq!(page.url, format!("{SITE}/dossier"), "{}", page.text());
    page
}

/// A request of a program to the gateway of a scene, with a host of its own.
pub(super) fn at_host(scene: &Scene, host: &str, request_line: &str, lines: &str) -> Answer {
    exchange(
        scene.gateway.address(),
        format!("{request_line} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n"),
    )
}

/// As a form sends it.
pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
