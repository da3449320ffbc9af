//! An application that another proxy forwards to, Zoé signed in, and that proxy's part played by hand.

use crate::support::browser::Browser;
use crate::support::gateway::Place;
use crate::support::provider::Alg;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::usual;

/// What a caller knows.
pub(crate) const SECRET: &str = "the-secret-of-the-front-proxy-0123456789abcdef";
/// The names of every field that the application may hear.
pub(crate) const NAMES: [&str; 5] = [
    "x-guichet-status",
    "x-guichet-assertion",
    "x-guichet-sub",
    "x-guichet-family-name",
    "x-guichet-email",
];

/// Behind forward-auth, with Zoé signed in.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    /// Name and value of her session.
    pub(crate) cookie: String,
}

/// The usual configuration, with the application behind another proxy, and one that is not at `/here`.
pub(crate) fn behind_forward_auth(place: &Place, usual: &str, table: &str) -> String {
    let upstream = usual::upstreams(usual);
    let secret = place.secret("forward_auth_secret", SECRET);
    let table = table.replace("{secret}", &secret);
    let usual = usual.replace(upstream, "mode = \"forward_auth\"");
    format!(
        "{usual}\n[[apps]]\nname = \"here\"\npath = \"/here\"\nproviders = [\"fc\"]\n{upstream}\n\n[forward_auth]\n{table}\n"
    )
}

impl Stage {
    /// Both proofs are asked for.
    pub(crate) fn start() -> Self {
        Self::configured("callers = [\"127.0.0.1\"]\nsecret = {secret}")
    }

    pub(crate) fn configured(table: &str) -> Self {
        Self::start_with(Store::Memory, |place, usual| {
            behind_forward_auth(place, &usual, table)
        })
    }

    pub(crate) fn start_with(store: Store, edit: impl FnOnce(&Place, String) -> String) -> Self {
        let scene = Scene::start_with(Alg::Es256, store, edit);
        let browser = Browser::new();
        // She comes back to a page that is not forwarded from here.
        let page = scene.sign_in(&browser, "/dossier");
        assert_eq!(page.status(), 421, "{}", page.text());
        let cookie = browser.cookie("localhost", SESSION).expect("no session");
        Self {
            scene,
            cookie: format!("{SESSION}={cookie}"),
        }
    }

    /// The words of a sub-request with what is known only here. `{proof}` is the secret, `{about ..}` the four fields of
    /// Traefik and Caddy.
    pub(crate) fn filled(&self, words: &str) -> String {
        let forwarded = |method: &str, uri: &str| {
            format!(
                "X-Forwarded-Method: {method}\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: {}\r\nX-Forwarded-Uri: {uri}\r\n",
                self.scene.host()
            )
        };
        let mut filled = words
            .replace("{host}", &self.scene.host())
            .replace("{session}", &self.cookie)
            .replace("{proof}", &format!("X-Forward-Auth-Secret: {SECRET}\r\n"));
        while let Some((before, rest)) = filled.split_once("{about ") {
            let (what, after) = rest.split_once('}').unwrap();
            let (method, uri) = what.split_once(' ').unwrap();
            filled = format!("{before}{}{after}", forwarded(method, uri));
        }
        filled
    }

    /// Sends a sub-request as it stands; the application hears nothing of it.
    pub(crate) fn send(&self, client: &mut RawClient, words: &str) -> Answer {
        let answer = client.send(self.filled(words)).answer();
        assert_eq!(self.scene.application.byte_count(), 0, "{words:?}");
        answer
    }

    /// A sub-request with these lines of head, by a proven caller.
    pub(crate) fn ask(&self, lines: &str) -> Answer {
        let words = format!("GET /_guichet/auth HTTP/1.1\r\nHost: 10.0.0.2:8080\r\n{{proof}}{lines}\r\n");
        self.send(&mut RawClient::connect(self.scene.gateway.address()), &words)
    }

    /// How often the session store was asked, as it is counted.
    pub(crate) fn lookups(&self) -> Vec<String> {
        let metrics = self.scene.gateway.metrics();
        let counts = metrics
            .lines()
            .filter(|line| line.starts_with("guichet_session_store_duration_seconds_count"));
        counts.map(str::to_owned).collect()
    }
}

/// Every identity field once, and empty.
pub(crate) fn says_nothing(answer: &Answer) {
    for name in NAMES {
        assert_eq!(answer.fields(name), [""], "{name}");
    }
}

/// None of the fields that an application may hear.
pub(crate) fn tells_no_application(answer: &Answer) {
    for name in NAMES {
        assert_eq!(answer.fields(name), [""; 0], "{name}");
    }
    assert_eq!(answer.fields("cookie"), [""; 0]);
}
