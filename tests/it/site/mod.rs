//! What the gateway itself says to a browser: where it sends it, which cookies it sets, which pages it shows, how it signs out.
//!
//! Seen red without: src/gateway/location.rs: `headers.insert(LOCATION, public)` (T314); src/endpoints/logout.rs: the field
//! `clear-site-data` (T334); src/wire/cookies.rs: `; HttpOnly` (T315, T324, T335); src/endpoints/mod.rs: `only_read(request)` before
//! the key set (T406); src/pages/assets/chooser.js: `encodeURIComponent(fragment)` (F028); `ends_session.rs`:
//! `!request.is_cross_site()` (F057); src/session/owner.rs: the person in `context` (T380); src/app/build.rs: `party.taking_over(&known)`
//! (F009); src/pages/document.rs: `font-src 'self'` (T490).

pub(crate) mod answers;
pub(crate) mod app_cookies;
pub(crate) mod button;
mod configured;
pub(crate) mod cookies;
pub(crate) mod entries;
pub(crate) mod fragment;
pub(crate) mod redirects;
pub(crate) mod seen;
pub(crate) mod sign_out;

use std::collections::BTreeSet;

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::Client;
use crate::support::provider::ZOE;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;

/// The session's cookie on plain loopback.
const SESSION: &str = "guichet-session-fc";
/// A site behind a proxy that has its certificate.
const SITE: &str = "https://demarches.ville.example";

/// The usual scene on https, and a browser that finds it.
fn on_https() -> (Scene, Browser) {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, text| {
        text.replace(&place.public_url(), SITE)
    });
    scene.provider.register(&Client {
        id: "tests",
        secret: CLIENT_SECRET,
        redirect_uris: &[format!("{SITE}/_guichet/callback")],
        post_logout_redirect_uris: &[format!("{SITE}/_guichet/logged-out")],
    });
    let browser = Browser::new();
    browser.reaches(SITE, scene.gateway.address());
    (scene, browser)
}

/// Zoé signs in on the https site.
fn signs_in_on_https(scene: &Scene, browser: &Browser) -> crate::support::browser::Page {
    let chooser = browser.open(&format!("{SITE}/dossier"));
    let provider = browser.click(&chooser, "FranceConnect");
    let page = scene.provider.sign_in(browser, &provider, ZOE);
    assert_eq!(page.url, format!("{SITE}/dossier"), "{}", page.text());
    page
}

/// The usual scene with Zoé signed in, for the rows that change nothing.
#[derive(Debug)]
struct SignedIn {
    scene: Scene,
    browser: Browser,
    /// Name and value of her session.
    cookie: String,
}

impl SignedIn {
    fn start() -> Self {
        let scene = Scene::start(Alg::Es256, Store::Memory);
        let browser = Browser::new();
        assert_eq!(scene.sign_in(&browser, "/").status(), 200);
        let cookie = format!("{SESSION}={}", browser.cookie("localhost", SESSION).unwrap());
        Self {
            scene,
            browser,
            cookie,
        }
    }

    fn host(&self) -> String {
        format!("localhost:{}", self.scene.gateway.place().port())
    }

    /// One request with these lines of head; with her session if `cookie` is hers.
    fn ask(&self, request_line: &str, lines: impl AsRef<[u8]>) -> Answer {
        let start = format!("{request_line} HTTP/1.1\r\nHost: {}\r\n", self.host());
        let bytes = [start.as_bytes(), lines.as_ref(), b"\r\n"].concat();
        let mut client = crate::support::raw::RawClient::connect(self.scene.gateway.address());
        let method = request_line.split(' ').next().unwrap();
        client.send(bytes).try_answer(method).unwrap()
    }

    /// The same with her session.
    fn ask_as_zoe(&self, request_line: &str) -> Answer {
        self.ask(request_line, format!("Cookie: {}\r\n", self.cookie))
    }

    fn is_still_signed_in(&self) {
        self.scene.application.forget();
        assert_eq!(self.ask_as_zoe("GET /dossier").status, 200);
        assert_eq!(
            self.scene.application.only().values("x-guichet-status"),
            ["authenticated"]
        );
    }
}

/// A request of a program to the gateway of a scene, with a host of its own.
fn at_host(scene: &Scene, host: &str, request_line: &str, lines: &str) -> Answer {
    exchange(
        scene.gateway.address(),
        format!("{request_line} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n"),
    )
}

/// As a form sends it.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn every_case_of_areas_k_l_and_o_stands_in_one_row_here() {
    let lines = include_str!("../cases.tsv").lines().skip(1);
    let cases = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    let wanted: BTreeSet<&str> = cases
        // HSTS is the listener's.
        .filter(|case| ["K", "L", "O"].contains(&case[1]) && case[0] != "T400")
        .map(|case| case[0])
        .collect();
    let rows = [redirects::ids(), cookies::ids(), answers::ids(), seen::ids()].concat();
    let ours: BTreeSet<&str> = rows.iter().copied().filter(|id| wanted.contains(id)).collect();
    assert_eq!(ours, wanted);
}
