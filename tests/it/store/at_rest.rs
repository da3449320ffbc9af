//! What whoever reads Redis learns, and from which Redis a session is read.

use guichet::seal::Keyring;
use guichet::seal::purpose::Purpose;
use guichet::secret::Secret;
use guichet::session::key::Locator;
use guichet::session::key::SessionKey;
use guichet::session::note::OperatorNote;
use guichet::session::record;
use guichet::session::record::Place;
use guichet::wire::host::Host;

use super::people::key_of;
use super::people::keyring;
use super::people::redis_key;
use super::people::signed_in;
use crate::cases;
use crate::journey::stage::Stage;
use crate::support::browser::Browser;
use crate::support::message::find;
use crate::support::provider::people;
use crate::support::redis::Redis;
use crate::support::scene::SESSION;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::wait::until;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T347"],
            sentence: "a dump opens with the secret and the person's cookie together, with either alone it does not",
            plays: two_halves_of_a_key,
        },
        Play {
            ids: &["T358"],
            sentence: "a replica that lags behind a logout is asked nothing",
            plays: a_replica_lags,
        },
        Play {
            ids: &["T363"],
            sentence: "the names of keys are hashes, and people's values have one of two sizes, whatever they hold",
            plays: names_and_sizes,
        },
    ]
}

fn two_halves_of_a_key() {
    let (stage, zoe) = signed_in();
    let other = Browser::new();
    stage.sign_in(&other, "/");
    let host = Host::parse(&stage.scene.host()).unwrap();
    let (key, foreign) = (key_of(&zoe), key_of(&other));
    let locator = key.locator().unwrap();
    let value = stage.redis().ask(&[b"GET", &redis_key(&zoe)]).bytes();
    let place = Place {
        prefix: "guichet:",
        host: &host,
        locator: &locator,
    };
    let opens = |keyring: &Keyring, key: &SessionKey| record::read(keyring, key, place, &value).is_ok();
    let stranger = Keyring::new(&[Secret::new("the secret of another gateway, long enough")]).unwrap();
    assert!(opens(&keyring(), &key), "the two halves do not open it");
    assert!(
        !opens(&keyring(), &foreign),
        "the secret and the cookie of somebody else"
    );
    assert!(!opens(&stranger, &key), "the cookie alone");
    // The secret alone opens the operator's note, and nothing behind it.
    let note = record::sealed_note(&value).unwrap();
    let sealed = &value[3 + note.len()..];
    for purpose in Purpose::ALL {
        let context: [&[u8]; 4] = [
            &[1],
            b"guichet:",
            host.as_str().as_bytes(),
            locator.as_str().as_bytes(),
        ];
        assert!(keyring().open(purpose, &context, sealed).is_err(), "{purpose:?}");
    }
    assert!(OperatorNote::open(&keyring(), "guichet:", &locator, note).is_ok());
    assert!(OperatorNote::open(&stranger, "guichet:", &locator, note).is_err());
}

fn a_replica_lags() {
    let (stage, zoe) = signed_in();
    let cookie = Stage::session_cookie(&zoe).unwrap();
    let replica = Redis::start();
    let port = stage.redis().url().rsplit(':').next().unwrap().to_owned();
    replica.ask(&[b"REPLICAOF", b"localhost", port.as_bytes()]);
    until("the replica has it", || replica.keys().contains(&redis_key(&zoe)));
    let asked = |redis: &Redis| String::from_utf8(redis.ask(&[b"INFO", b"commandstats"]).bytes()).unwrap();
    replica.ask(&[b"REPLICAOF", b"127.0.0.1", b"1"]);
    stage.signs_out(&zoe);
    assert!(replica.keys().contains(&redis_key_of(&cookie)), "it does not lag");
    let thief = Browser::new();
    thief.plant(&stage.scene.url("/"), &format!("{SESSION}={cookie}; Path=/"));
    assert!(!stage.is_signed_in(&thief));
    assert!(!asked(&replica).contains("cmdstat_get:"), "{}", asked(&replica));
    assert!(asked(stage.redis()).contains("cmdstat_get:"));
}

fn redis_key_of(cookie: &str) -> Vec<u8> {
    let locator = SessionKey::parse(cookie).unwrap().locator().unwrap();
    format!("guichet:session:{locator}").into_bytes()
}

fn names_and_sizes() {
    let (stage, _zoe) = signed_in();
    // Everybody with a name of another length; claims of theirs are never the same size.
    for person in 1..5 {
        let browser = Browser::new();
        let page = stage.scene.to_the_provider(&browser, "/");
        stage.scene.provider.sign_in(&browser, &page, person);
    }
    let mut sizes = Vec::new();
    for stored in stage.redis().dump() {
        let name = String::from_utf8(stored.key).unwrap();
        let mut parts = name.splitn(3, ':');
        assert_eq!(parts.next(), Some("guichet"));
        let kind = parts.next().unwrap();
        assert!(
            ["session", "index", "attempt", "outcome"].contains(&kind),
            "{name}"
        );
        let last = parts
            .next()
            .unwrap()
            .trim_start_matches("subject:")
            .trim_start_matches("sid:");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        assert!(last.bytes().all(is_plain), "{name}");
        for person in people() {
            assert!(!name.contains(person["sub"].as_str().unwrap()), "{name}");
        }
        if kind == "session" {
            assert!(Locator::parse(last).is_some(), "{name}");
            sizes.push(stored.values[0].len());
        }
    }
    assert_eq!(sizes.len(), 5);
    // Steps of half a kibibyte: a name more or less is one step at most.
    let least = sizes.iter().min().unwrap();
    for size in &sizes {
        assert!(
            [0, 512].contains(&(size - least)),
            "the size of a value tells people apart: {sizes:?}"
        );
    }
    assert!(find(&stage.redis().all_bytes(), b"TESTAUBIER").is_none());
}
