//! Redis after a login, in the hands of somebody who has the gateway's secret as well.

use guichet::seal::Keyring;
use guichet::seal::purpose::Purpose;
use guichet::secret::Secret;
use guichet::session::key::Locator;
use guichet::session::key::SessionKey;
use guichet::session::note::OperatorNote;
use guichet::session::record;
use guichet::session::record::Place;
use guichet::wire::host::Host;
use serde_json::Value;

use super::stage::Stage;
use super::stage::With;
use crate::support::browser::Browser;
use crate::support::message::find;
use crate::support::provider::Alg;
use crate::support::redis::Stored;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::Store;

/// What must not be found, by name.
fn secrets(stage: &Stage, browser: &Browser) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, value) in stage.zoe().as_object().unwrap() {
        let texts = match value {
            Value::Array(texts) => texts.clone(),
            text => vec![text.clone()],
        };
        for text in texts {
            all.push((name.clone(), text.as_str().unwrap().to_owned()));
        }
    }
    let token = stage.scene.provider.requests_to("/token").swap_remove(0);
    all.push(("code".to_owned(), token.parameter("code").unwrap()));
    let userinfo = stage.scene.provider.requests_to("/userinfo").swap_remove(0);
    all.push(("access token".to_owned(), userinfo.bearer().unwrap().to_owned()));
    all.push(("cookie".to_owned(), Stage::session_cookie(browser).unwrap()));
    all
}

/// Everything that the secret opens, under every purpose and every context that can be made without a cookie.
fn opened(stage: &Stage, keyring: &Keyring, stored: &Stored) -> Vec<Vec<u8>> {
    let name = String::from_utf8(stored.key.clone()).unwrap();
    let host = stage.scene.host();
    let host = host.as_bytes();
    let id = name.rsplit(':').next().unwrap();
    let contexts: [&[&[u8]]; 6] = [
        &[],
        &[id.as_bytes()],
        &[host],
        &[b"guichet:", id.as_bytes()],
        &[id.as_bytes(), host],
        &[&[1], b"guichet:", host, id.as_bytes()],
    ];
    let mut found = Vec::new();
    for value in &stored.values {
        // A sealed part begins somewhere: at every place that it can.
        for start in 0..value.len().min(512) {
            for context in contexts {
                for purpose in Purpose::ALL {
                    found.extend(
                        keyring
                            .open(purpose, context, &value[start..])
                            .ok()
                            .map(|plain| plain.to_vec()),
                    );
                }
            }
        }
        if let (Some(locator), Ok(note)) = (Locator::parse(id), record::sealed_note(value)) {
            let note = OperatorNote::open(keyring, "guichet:", &locator, note).unwrap();
            assert_eq!((note.entry.as_str(), note.acr.as_str()), ("fc", "eidas1"));
            assert_eq!(note.host.as_bytes(), host);
            found.push(serde_json::to_vec(&note).unwrap());
        }
    }
    found
}

#[test]
fn a_dump_and_the_secret_show_the_operators_note_and_nobody() {
    let stage = Stage::start(With::OidcProvider(Alg::Es256), Store::Redis);
    let browser = Browser::new();
    stage.sign_in(&browser, "/");
    let keyring = Keyring::new(&[Secret::new(SESSION_SECRET)]).unwrap();
    let dump = stage.redis().dump();
    let secrets = secrets(&stage, &browser);
    assert!(secrets.len() > 12, "{secrets:?}");
    let mut shown = vec![stage.redis().all_bytes()];
    for stored in &dump {
        shown.extend(opened(&stage, &keyring, stored));
    }
    assert_eq!(shown.len(), 2, "more than the note was opened");
    for bytes in &shown {
        for (name, value) in &secrets {
            assert!(
                find(bytes, value.as_bytes()).is_none(),
                "{name} ({value}) is to be found"
            );
        }
    }
    // The same search finds them all where both halves of the key are.
    let key = SessionKey::parse(&Stage::session_cookie(&browser).unwrap()).unwrap();
    let locator = key.locator().unwrap();
    let host = Host::parse(&stage.scene.host()).unwrap();
    let place = Place {
        prefix: "guichet:",
        host: &host,
        locator: &locator,
    };
    let name = format!("guichet:session:{locator}");
    let value = dump.iter().find(|stored| stored.key == name.as_bytes()).unwrap();
    let record = record::read(&keyring, &key, place, &value.values[0]).unwrap();
    let identity = serde_json::to_vec(&record.identity).unwrap();
    for name in ["sub", "family_name", "birthdate", "email", "birthplace"] {
        let (_, value) = secrets.iter().find(|(each, _)| each == name).unwrap();
        assert!(find(&identity, value.as_bytes()).is_some(), "{name} is nowhere");
    }
}
