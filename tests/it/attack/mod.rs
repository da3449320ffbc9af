//! What somebody may try who can send any byte, sign in, or speak for the provider: each a row with its number.

pub(crate) mod hostile_claims;
pub(crate) mod identity_headers;

use std::collections::HashMap;

use serde_json::Value;
use serde_json::json;

use crate::case;
use crate::support::jws::claims;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::Scene;
use crate::support::signed_in::SignedIn;
use crate::support::table::Afterwards;
use crate::support::table::Application;

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

case!(Attack);

/// A row's words with what is known only now.
fn filled(words: &str, signed_in: &SignedIn) -> String {
    let flood = (0..5000).map(|number| format!("f{number}")).collect::<Vec<_>>();
    let sub = claims(&signed_in.assertion)["sub"].as_str().unwrap().to_owned();
    let known: HashMap<&str, String> = HashMap::from([
        ("{host}", signed_in.host()),
        ("{session}", signed_in.cookie.clone()),
        ("{assertion}", signed_in.assertion.clone()),
        ("{sub}", sub),
        ("{flood}", flood.join(",")),
    ]);
    known.iter().fold(words.to_owned(), |filled, (name, value)| {
        filled.replace(name, value)
    })
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
            .send(filled(input, signed_in))
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
                for part in with.iter().map(|part| filled(part, signed_in)) {
                    assert!(text.contains(&part), "{input:?}: no {part:?} in\n{text}");
                }
                // Whatever a row forges is called evil.
                for part in without.iter().chain(&["evil"]) {
                    let part = filled(part, signed_in).to_lowercase();
                    assert!(
                        !text.to_lowercase().contains(&part),
                        "{input:?}: {part:?} in\n{text}"
                    );
                }
                for (name, values) in self.values {
                    let values: Vec<_> = values.iter().map(|value| filled(value, signed_in)).collect();
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

/// The provider says this in the next userinfo.
pub(crate) fn userinfo_says(scene: &Scene, edits: &Value) {
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
}
