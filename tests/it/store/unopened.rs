//! Values that somebody changed, copied, invented or brought back: never a session of somebody else, never a panic.

use std::cell::Cell;
use std::time::Duration;

use guichet::seal::purpose::Purpose;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;
use proptest::test_runner::RngAlgorithm;
use proptest::test_runner::TestRng;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use serde::Serialize;

use super::people::key_of;
use super::people::keyring;
use super::people::redis_key;
use super::people::signed_in;
use crate::cases;
use crate::journey::stage::Stage;
use crate::session_store;
use crate::session_store::bench::on_a_runtime;
use crate::support::browser::Browser;
use crate::support::scene::SESSION;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T345"],
            sentence: "the values of two sessions, exchanged, open for neither of them",
            plays: exchanged_values,
        },
        Play {
            ids: &["T351"],
            sentence: "a value with a flipped bit, cut short, empty, or a megabyte of something else is a login",
            plays: damaged_values,
        },
        Play {
            ids: &["T354"],
            sentence: "a record that is sealed as it should be and has another shape is a login",
            plays: other_shapes,
        },
        Play {
            ids: &["T470"],
            sentence: "a record that is sealed as it should be, with anything in it, is a session or a login, and never a failure",
            plays: anything_sealed,
        },
        Play {
            ids: &["T355", "T359"],
            sentence: "what an old copy of Redis brings back lives no longer than its absolute end",
            plays: an_old_copy,
        },
        Play {
            ids: &["T364"],
            sentence: "two gateways with two prefixes share a Redis, and not a session",
            plays: two_prefixes,
        },
    ]
}

fn put(stage: &Stage, key: &[u8], value: &[u8]) {
    stage.redis().ask(&[b"SET", key, value, b"EX", b"1800"]);
}

fn value_of(stage: &Stage, key: &[u8]) -> Vec<u8> {
    stage.redis().ask(&[b"GET", key]).bytes()
}

fn exchanged_values() {
    let (stage, alice) = signed_in();
    let bob = Browser::new();
    stage.sign_in(&bob, "/");
    let (hers, his) = (redis_key(&alice), redis_key(&bob));
    let (her_value, his_value) = (value_of(&stage, &hers), value_of(&stage, &his));
    put(&stage, &hers, &his_value);
    put(&stage, &his, &her_value);
    assert!(!stage.is_signed_in(&alice) && !stage.is_signed_in(&bob));
    assert!(
        stage
            .scene
            .gateway
            .logs()
            .lines_with("a session was not opened")
            .len()
            >= 2
    );
    put(&stage, &hers, &her_value);
    assert!(
        stage.is_signed_in(&alice),
        "the right value, in its place, opens again"
    );
}

fn damaged_values() {
    let (stage, browser) = signed_in();
    let key = redis_key(&browser);
    let value = value_of(&stage, &key);
    let note = 3..3 + usize::from(u16::from_be_bytes([value[1], value[2]]));
    // Every byte is flipped next to the code; here every seventh, through the gateway. The note is the operator's.
    for at in (0..value.len()).step_by(7).filter(|at| !note.contains(at)) {
        let mut damaged = value.clone();
        damaged[at] ^= 0x40;
        put(&stage, &key, &damaged);
        assert!(!stage.is_signed_in(&browser), "byte {at}");
    }
    let garbage = [
        Vec::new(),
        value[..value.len() - 1].to_vec(),
        value[..2].to_vec(),
        vec![3; 1 << 20],
        vec![1; 1 << 20],
        vec![0; 1 << 20],
    ];
    for other in garbage {
        put(&stage, &key, &other);
        assert!(!stage.is_signed_in(&browser), "{} bytes", other.len());
    }
    put(&stage, &key, &value);
    assert!(stage.is_signed_in(&browser));
}

/// What a program with the gateway's secret and the person's cookie could write.
fn sealed(stage: &Stage, browser: &Browser, version: u8, record: &[u8]) -> Vec<u8> {
    let key = key_of(browser);
    let host = stage.scene.host();
    let locator = key.locator().unwrap();
    let context: [&[u8]; 4] = [
        &[version],
        b"guichet:",
        host.as_bytes(),
        locator.as_str().as_bytes(),
    ];
    let keyring = keyring();
    let keys = keyring.with(key.expose_bytes());
    let sealed = keys.seal(Purpose::SessionRecord, &context, record).unwrap();
    [&[version, 0, 0][..], &sealed].concat()
}

/// The list in a record: entry; issuer and subject; claims; level, methods, moment; beginning and end.
type Row = (
    String,
    (String, String),
    Vec<(String, Claim)>,
    (String, Vec<String>, Option<i64>),
    (i64, i64),
);

#[derive(Clone, Serialize, Deserialize)]
enum Claim {
    Text(String),
    Json(String),
}

/// The list in a record, and what comes after it: the ID token, and nothing up to the padding.
fn record_of(stage: &Stage, browser: &Browser) -> (Row, Vec<u8>) {
    let key = key_of(browser);
    let value = value_of(stage, &redis_key(browser));
    let host = stage.scene.host();
    let locator = key.locator().unwrap();
    let note = 3 + usize::from(u16::from_be_bytes([value[1], value[2]]));
    let context: [&[u8]; 4] = [&[4], b"guichet:", host.as_bytes(), locator.as_str().as_bytes()];
    let keyring = keyring();
    let keys = keyring.with(key.expose_bytes());
    let opened = keys
        .open(Purpose::SessionRecord, &context, &value[note..])
        .unwrap();
    let row = 2 + usize::from(u16::from_be_bytes([opened[0], opened[1]]));
    let list = postcard::from_bytes(&opened[2..row]).unwrap();
    (list, opened[row..].to_vec())
}

fn other_shapes() {
    let (stage, browser) = signed_in();
    let (key, (list, rest)) = (redis_key(&browser), record_of(&stage, &browser));
    let write_with = |version: u8, list: &[u8], rest: &[u8]| {
        let length = u16::try_from(list.len()).unwrap().to_be_bytes();
        let record = [&length[..], list, rest].concat();
        put(&stage, &key, &sealed(&stage, &browser, version, &record));
    };
    let whole = bytes_of(&list);
    write_with(4, &whole, &rest);
    assert!(
        stage.is_signed_in(&browser),
        "what we seal ourselves does not open at all"
    );
    for version in [3, 5] {
        write_with(version, &whole, &rest);
        assert!(
            !stage.is_signed_in(&browser),
            "a version of yesterday or tomorrow"
        );
    }
    for rest in [&[][..], &[0xff, 0xff, 1], &[0]] {
        write_with(4, &whole, rest);
        assert!(!stage.is_signed_in(&browser), "without its token: {rest:?}");
    }
    for (what, list) in other_rows(&list) {
        write_with(4, &list, &rest);
        assert!(!stage.is_signed_in(&browser), "{what}");
    }
}

/// Lists of another shape, and those that say something which is no session.
fn other_rows(list: &Row) -> Vec<(&'static str, Vec<u8>)> {
    let (entry, whose, claims, how, (began, ends)) = list;
    let when = (began, ends);
    let names: Vec<&String> = claims.iter().map(|(name, _)| name).collect();
    let broken = vec![("family_name", Claim::Json("{".to_owned()))];
    let nobody: Option<(String, String)> = None;
    vec![
        ("nothing", Vec::new()),
        ("one byte less", bytes_of(list).split_last().unwrap().1.to_vec()),
        ("one byte more", [&bytes_of(list)[..], &[0]].concat()),
        (
            "no name of an entry",
            bytes_of(&("another entry", whose, claims, how, when)),
        ),
        ("another entry", bytes_of(&("other", whose, claims, how, when))),
        ("nobody", bytes_of(&(entry, nobody, claims, how, when))),
        ("names of claims", bytes_of(&(entry, whose, names, how, when))),
        ("broken claims", bytes_of(&(entry, whose, broken, how, when))),
        ("a level alone", bytes_of(&(entry, whose, claims, &how.0, when))),
        (
            "an end in words",
            bytes_of(&(entry, whose, claims, how, (began, "tomorrow"))),
        ),
        (
            "an end that is over",
            bytes_of(&(entry, whose, claims, how, (began, 0))),
        ),
        ("without an entry", bytes_of(&(whose, claims, how, when))),
        ("without a subject", bytes_of(&(entry, claims, how, when))),
        ("without claims", bytes_of(&(entry, whose, how, when))),
        ("without a level", bytes_of(&(entry, whose, claims, when))),
        ("without an end", bytes_of(&(entry, whose, claims, how))),
    ]
}

fn bytes_of<T: Serialize>(list: &T) -> Vec<u8> {
    postcard::to_allocvec(list).unwrap()
}

/// What is sealed, a few bytes of it changed, put in, left out or doubled: what can be read is a session, the rest is none.
fn anything_sealed() {
    let (stage, browser) = signed_in();
    let (key, (list, rest)) = (redis_key(&browser), record_of(&stage, &browser));
    let list = bytes_of(&list);
    let length = u16::try_from(list.len()).unwrap().to_be_bytes();
    let whole = [&length[..], &list, &rest].concat();
    let asks = |record: &[u8]| {
        put(&stage, &key, &sealed(&stage, &browser, 4, record));
        let status = browser.open_once(&stage.scene.url("/again")).status();
        assert!(
            [200, 303].contains(&status),
            "{status}: {}",
            record.escape_ascii()
        );
        status
    };
    assert_eq!(asks(&whole), 200);
    let config = Config {
        cases: 1_500,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let edit = (any::<Index>(), 0..6_usize, vec(any::<u8>(), 0..6));
    let let_in = Cell::new(0);
    runner
        .run(&vec(edit, 1..4), |edits| {
            let mut record = whole.clone();
            for (at, cut, with) in edits {
                let at = at.index(record.len());
                let to = (at + cut).min(record.len());
                record.splice(at..to, with);
            }
            let_in.set(let_in.get() + usize::from(asks(&record) == 200));
            Ok(())
        })
        .unwrap();
    let let_in = let_in.get();
    // Most of what is sealed is the padding and the token, of which no page shows anything.
    assert!((1..1_500).contains(&let_in), "{let_in}");
    assert_eq!(asks(&whole), 200, "the gateway is well");
    let log = stage.scene.gateway.logs().text();
    assert!(!log.contains("broke off") && !log.contains("panicked"));
}

/// Nothing tells a copy from the truth until the absolute end, which nobody can move: `docs/security.md` says so.
fn an_old_copy() {
    let (stage, browser) = signed_in();
    let (key, cookie) = (redis_key(&browser), Stage::session_cookie(&browser).unwrap());
    let value = value_of(&stage, &key);
    stage.signs_out(&browser);
    let thief = Browser::new();
    thief.plant(&stage.scene.url("/"), &format!("{SESSION}={cookie}; Path=/"));
    assert!(!stage.is_signed_in(&thief));
    put(&stage, &key, &value);
    assert!(
        stage.is_signed_in(&thief),
        "the bound is the absolute end: should this fail, the documents are wrong"
    );
    let end = Duration::from_hours(8);
    stage.scene.gateway.clock().advance(end);
    put(&stage, &key, &value);
    assert!(!stage.is_signed_in(&thief), "brought back after its end");
}

fn two_prefixes() {
    on_a_runtime(session_store::conforms::two_prefixes_share_a_redis_and_not_a_session());
    let (mut stage, browser) = signed_in();
    let (key, value) = (redis_key(&browser), value_of(&stage, &redis_key(&browser)));
    stage
        .scene
        .gateway
        .restart(|text| text.replacen("redis = { ", "redis = { prefix = \"other:\", ", 1));
    assert!(!stage.is_signed_in(&browser));
    let there = String::from_utf8(key).unwrap().replacen("guichet:", "other:", 1);
    put(&stage, there.as_bytes(), &value);
    assert!(!stage.is_signed_in(&browser), "copied from one to the other");
    stage.sign_in(&browser, "/");
    assert!(stage.is_signed_in(&browser));
}
