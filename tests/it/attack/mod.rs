//! What somebody may try who can send any byte, sign in, or speak for the provider: each a row with its number.

//TMP pub(crate) mod assertion;
//TMP pub(crate) mod franceconnect;
pub(crate) mod hostile_claims;
pub(crate) mod identity_headers;

use std::collections::HashMap;

use serde_json::Value;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Afterwards;
use crate::support::table::Application;
use crate::support::table::Case;

/// The cookie of a session on plain http.
pub(crate) const SESSION: &str = "guichet-session-fc";
/// The field that an application trusts.
pub(crate) const ASSERTION: &str = "x-guichet-assertion";

/// A scene in which Zoé is signed in; raw requests carry her cookie.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) scene: Scene,
    /// Name and value.
    pub(crate) cookie: String,
    /// What the application receives about her as long as the clock stands still.
    pub(crate) assertion: String,
}

/// Byte strings, what the application receives of each, and what becomes of the connection. In the words of a row,
/// `{host}`, `{session}`, `{assertion}`, `{sub}` and `{flood}` stand for what is known only when it runs.
#[derive(Debug)]
pub(crate) struct Attack {
    pub(crate) ids: &'static [&'static str],
    pub(crate) sentence: &'static str,
    /// Each must come to the same.
    pub(crate) inputs: &'static [&'static str],
    pub(crate) status: u16,
    pub(crate) application: Application,
    /// Fields at the application and every value of each, in order.
    pub(crate) values: &'static [(&'static str, &'static [&'static str])],
    pub(crate) connection: Afterwards,
}

/// A story that is more than one exchange.
#[derive(Debug)]
pub(crate) struct Proof<S> {
    pub(crate) ids: &'static [&'static str],
    pub(crate) sentence: &'static str,
    pub(crate) holds: fn(&S),
}

impl Case for Attack {
    fn ids(&self) -> &'static [&'static str] {
        self.ids
    }

    fn sentence(&self) -> &'static str {
        self.sentence
    }
}

impl<S: std::fmt::Debug> Case for Proof<S> {
    fn ids(&self) -> &'static [&'static str] {
        self.ids
    }

    fn sentence(&self) -> &'static str {
        self.sentence
    }
}

impl SignedIn {
    pub(crate) fn start() -> Self {
        Self::start_with(|usual| usual)
    }

    pub(crate) fn start_with(edit: impl FnOnce(String) -> String) -> Self {
        Self::of(Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
            edit(usual)
        }))
    }

    pub(crate) fn of(scene: Scene) -> Self {
        let browser = Browser::new();
        let page = scene.sign_in(&browser, "/");
        assert_eq!(page.status(), 200, "{}", page.text());
        let cookie = browser.cookie("localhost", SESSION).expect("no session");
        let assertion = scene.application.only().values(ASSERTION).remove(0);
        Self {
            cookie: format!("{SESSION}={cookie}"),
            assertion,
            scene,
        }
    }

    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.scene.gateway.place().port())
    }

    pub(crate) fn fill(&self, words: &str) -> String {
        let flood = (0..5000).map(|number| format!("f{number}")).collect::<Vec<_>>();
        let known: HashMap<&str, String> = HashMap::from([
            ("{host}", self.host()),
            ("{session}", self.cookie.clone()),
            ("{assertion}", self.assertion.clone()),
            (
                "{sub}",
                claims(&self.assertion)["sub"].as_str().unwrap().to_owned(),
            ),
            ("{flood}", flood.join(",")),
        ]);
        known.iter().fold(words.to_owned(), |filled, (name, value)| {
            filled.replace(name, value)
        })
    }
}

impl Attack {
    pub(crate) fn holds_at(&self, signed_in: &SignedIn) {
        for input in self.inputs {
            self.one_holds(input, signed_in);
        }
    }

    fn one_holds(&self, input: &str, signed_in: &SignedIn) {
        let application = &signed_in.scene.application;
        application.forget();
        let mut client = RawClient::connect(signed_in.scene.gateway.address());
        let method = input.split(' ').next().unwrap_or("");
        let answer = client
            .send(signed_in.fill(input))
            .try_answer(method)
            .unwrap_or_else(|error| panic!("{input:?}: {error}"));
        let head = String::from_utf8_lossy(&answer.head).into_owned();
        assert_eq!(answer.status, self.status, "{input:?}\n{head}");
        match self.application {
            Application::Nothing => {
                assert_eq!(
                    application.byte_count(),
                    0,
                    "{input:?}: {:?}",
                    application.received()
                );
            }
            Application::Request { with, without } => {
                let received = application.only();
                let text = String::from_utf8_lossy(&received.bytes()).into_owned();
                for part in with.iter().map(|part| signed_in.fill(part)) {
                    assert!(text.contains(&part), "{input:?}: no {part:?} in\n{text}");
                }
                // Whatever a row forges is called evil.
                for part in without.iter().chain(&["evil"]) {
                    let part = signed_in.fill(part).to_lowercase();
                    assert!(
                        !text.to_lowercase().contains(&part),
                        "{input:?}: {part:?} in\n{text}"
                    );
                }
                for (name, values) in self.values {
                    let values: Vec<_> = values.iter().map(|value| signed_in.fill(value)).collect();
                    assert_eq!(received.values(name), values, "{input:?}: {name} in\n{text}");
                }
            }
        }
        let wanted = match self.connection {
            Afterwards::Open => Connection::Open,
            Afterwards::Closed => Connection::Closed,
        };
        assert_eq!(client.afterwards(), wanted, "{input:?}");
    }
}

/// A part of a compact JWS, unverified.
fn part(token: &str, number: usize) -> Value {
    use base64::Engine;
    let part = token
        .split('.')
        .nth(number)
        .unwrap_or_else(|| panic!("no JWS: {token}"));
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The header of a compact JWS.
pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

/// The claims of a compact JWS, unverified.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The provider says this in the next userinfo.
pub(crate) fn userinfo_says(scene: &Scene, edits: &Value) {
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
}
