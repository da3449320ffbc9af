//! A scene in which Zoé is signed in, for rows that change nothing: raw requests carry her cookie, or do not.

use super::browser::Browser;
use super::provider::Alg;
use super::raw::Answer;
use super::raw::RawClient;
use super::scene::ASSERTION;
use super::scene::SESSION;
use super::scene::Scene;
use super::scene::Store;

/// The scene, her browser, and what both know.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) scene: Scene,
    pub(crate) browser: Browser,
    /// Name and value of her session.
    pub(crate) cookie: String,
    /// What the application receives about her as long as the clock stands still.
    pub(crate) assertion: String,
}

impl SignedIn {
    pub(crate) fn start() -> Self {
        let scene = Scene::start(Alg::Es256, Store::Memory);
        let browser = Browser::new();
        let page = scene.sign_in(&browser, "/");
        assert_eq!(page.status(), 200, "{}", page.text());
        let cookie = browser.cookie("localhost", SESSION).expect("no session");
        let assertion = scene.application.only().values(ASSERTION).remove(0);
        Self {
            scene,
            browser,
            cookie: format!("{SESSION}={cookie}"),
            assertion,
        }
    }

    pub(crate) fn host(&self) -> String {
        self.scene.host()
    }

    /// One request with these lines of head; with her session if the cookie among them is hers.
    pub(crate) fn ask(&self, request_line: &str, lines: impl AsRef<[u8]>) -> Answer {
        let start = format!("{request_line} HTTP/1.1\r\nHost: {}\r\n", self.host());
        let bytes = [start.as_bytes(), lines.as_ref(), b"\r\n"].concat();
        let method = request_line.split(' ').next().unwrap();
        let mut client = RawClient::connect(self.scene.gateway.address());
        client.send(bytes).try_answer(method).unwrap()
    }

    /// The same with her session.
    pub(crate) fn ask_as_zoe(&self, request_line: &str) -> Answer {
        self.ask(request_line, format!("Cookie: {}\r\n", self.cookie))
    }

    pub(crate) fn is_still_signed_in(&self) {
        self.scene.application.forget();
        assert_eq!(self.ask_as_zoe("GET /dossier").status, 200);
        assert_eq!(
            self.scene.application.only().values("x-guichet-status"),
            ["authenticated"]
        );
    }
}
