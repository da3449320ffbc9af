//! A dump of Redis, together with the gateway's secret, reveals nobody.

use guichet::seal::Keyring;
use guichet::seal::Purpose;
use guichet::secret::Secret;
use guichet::session::key::Locator;
use guichet::session::note::OperatorNote;
use guichet::session::record;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::redis::Stored;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::to_the_callback;

/// Begins every key, as the configuration of the scene leaves it.
const PREFIX: &str = "guichet:";

/// Every value of the person, and everything with which somebody could act as them.
fn secrets_of(scene: &Scene, browser: &Browser, callback: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    for (_, value) in people()[ZOE].as_object().unwrap() {
        match value {
            Value::Array(several) => {
                secrets.extend(several.iter().map(|one| one.as_str().unwrap().to_owned()));
            }
            one => secrets.push(one.as_str().unwrap().to_owned()),
        }
    }
    let query = callback.split_once('?').unwrap().1;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == "code" || name == "state" {
            secrets.push(value.into_owned());
        }
    }
    secrets.extend(browser.cookie("localhost", "guichet-session-fc"));
    let asked = scene.provider.requests_to("/userinfo").remove(0);
    let authorization = asked
        .headers
        .iter()
        .find(|(name, _)| name == "authorization")
        .unwrap();
    secrets.push(authorization.1.trim_start_matches("Bearer ").to_owned());
    secrets
}

/// Whatever opens with the gateway's secret alone, under any purpose and any context that the store itself tells.
fn opened(keyring: &Keyring, stored: &Stored, host: &str) -> Vec<Vec<u8>> {
    let key = String::from_utf8_lossy(&stored.key).into_owned();
    let name = key.rsplit(':').next().unwrap();
    let contexts: [&[&[u8]]; 5] = [
        &[PREFIX.as_bytes(), name.as_bytes()],
        &[&[1], PREFIX.as_bytes(), host.as_bytes(), name.as_bytes()],
        &[PREFIX.as_bytes(), host.as_bytes(), name.as_bytes()],
        &[name.as_bytes()],
        &[name.as_bytes(), host.as_bytes()],
    ];
    let mut parts: Vec<&[u8]> = Vec::new();
    for value in &stored.values {
        parts.extend((0..value.len().min(400)).map(|start| &value[start..]));
        parts.extend(record::sealed_note(value));
    }
    let mut opened = Vec::new();
    for purpose in Purpose::ALL {
        for context in contexts {
            opened.extend(
                parts
                    .iter()
                    .filter_map(|part| Some(keyring.open(purpose, context, part).ok()?.to_vec())),
            );
        }
    }
    opened
}

#[test]
fn a_dump_opened_with_the_gateway_s_secret_reveals_nobody() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    let callback = to_the_callback(&scene, &browser, "/dossier/12");
    assert_eq!(browser.open(&callback).status(), 200);
    let secrets = secrets_of(&scene, &browser, &callback);
    assert!(secrets.len() > 14, "{}", secrets.len());

    let redis = scene.redis.as_ref().unwrap();
    let keyring = Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap();
    let host = format!("localhost:{}", scene.gateway.place().port());
    let dump = redis.dump();
    let opened: Vec<Vec<u8>> = dump
        .iter()
        .flat_map(|stored| opened(&keyring, stored, &host))
        .collect();
    assert_eq!(opened.len(), 1, "the operator's note opens, and nothing else");
    let note: serde_json::Map<String, Value> = serde_json::from_slice(&opened[0]).unwrap();
    let mut said: Vec<&str> = note.keys().map(String::as_str).collect();
    said.sort_unstable();
    assert_eq!(said, ["acr", "entry", "host", "logged_in_at"]);

    let all = [redis.all_bytes(), opened.concat()].concat();
    for secret in secrets {
        let found = all
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} can be read");
    }
    for stored in dump {
        assert!(
            stored.left.is_some(),
            "{} never ends",
            String::from_utf8_lossy(&stored.key)
        );
    }
}

#[test]
fn the_operator_s_note_opens_at_its_own_session_only() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    scene.sign_in(&Browser::new(), "/dossier");
    let dump = scene.redis.as_ref().unwrap().dump();
    let session = dump
        .iter()
        .find(|stored| stored.key.starts_with(b"guichet:session:"))
        .unwrap();
    let locator = String::from_utf8(session.key.clone())
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let keyring = Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap();
    let sealed = record::sealed_note(&session.values[0]).unwrap();
    let open = |prefix: &str, locator: &str| {
        OperatorNote::open(&keyring, prefix, &Locator::parse(locator).unwrap(), sealed).is_ok()
    };
    assert!(open(PREFIX, &locator));
    assert!(!open("other", &locator));
    let other: String = locator.chars().rev().collect();
    assert!(Locator::parse(&other).is_none() || !open(PREFIX, &other));
}
