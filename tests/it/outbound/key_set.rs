//! The keys of a provider (RFC 7517): when they are fetched, how long they are believed, and which of them.

use std::thread;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::clock::SystemClock;
use serde_json::Value;
use serde_json::json;

use super::stage::arrives;
use super::stage::ends_in_no_login;
use super::stage::key_fetches;
use super::stage::lie_on;
use super::stage::lying;
use super::stage::rotated;
use super::stage::signed_by_another;
use crate::cases;
use crate::lies::lie::header;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::usual::with_limits;
use crate::support::wait::until;

const MINUTE: Duration = Duration::from_mins(1);
const ALMOST_A_MINUTE: Duration = Duration::from_secs(59);
/// How many come back at once after a rotation.
const CROWD: usize = 100;
/// How many browsers are led through the provider at a time.
const WAYS: usize = 4;

const UNKNOWN: (u16, &str, &str) = (502, "L11", "key_unknown");

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T284"],
            sentence: "a name that no key has is looked for once a minute, and is refused",
            plays: unknown_names,
        },
        Play {
            ids: &["T285"],
            sentence: "a hundred who come back at once after a rotation cause one request for keys, and all are let in",
            plays: a_crowd,
        },
        Play {
            ids: &["T286"],
            sentence: "keys of kinds that we do not know stand beside one that we do, and do it no harm",
            plays: other_kinds,
        },
        Play {
            ids: &["T287"],
            sentence: "a key with which anybody could sign verifies nothing, and the log says so",
            plays: keys_of_everybody,
        },
        Play {
            ids: &["T288"],
            sentence: "keys that cannot be had again are used for two hours after they came, then nobody is signed in",
            plays: an_outage,
        },
        Play {
            ids: &["T289"],
            sentence: "keys are asked for again after an hour though they are good for a year, and not within a minute though they are good for nothing",
            plays: poisoned,
        },
    ]
}

/// Time goes by, at the provider too: `total` since the beginning.
fn later(scene: &Scene, by: Duration, total: &mut Duration) {
    scene.advance(&Browser::new(), by);
    *total += by;
    scene.provider.clock_ahead(*total);
}

fn unknown_names() {
    let scene = lying(&[]);
    let mut total = Duration::ZERO;
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 1);
    lie_on(&scene, &[header(&json!([{ "set": "kid", "to": "nobody's" }]))]);
    ends_in_no_login(&scene, UNKNOWN);
    assert_eq!(key_fetches(&scene), 2);
    later(&scene, ALMOST_A_MINUTE, &mut total);
    for _ in 0..3 {
        ends_in_no_login(&scene, UNKNOWN);
    }
    assert_eq!(key_fetches(&scene), 2, "asked again within a minute");
    later(&scene, Duration::from_secs(1), &mut total);
    ends_in_no_login(&scene, UNKNOWN);
    ends_in_no_login(&scene, UNKNOWN);
    assert_eq!(key_fetches(&scene), 3);
}

fn a_crowd() {
    let scene = Scene::start_with(Alg::Es256, Store::Redis, |_, usual| {
        with_limits(&usual, "logins_per_client = 100000\nrequests_per_client = 2000")
    });
    arrives(&scene);
    let browsers: Vec<Browser> = (0..CROWD).map(|_| Browser::new()).collect();
    let callbacks: Vec<(&Browser, String)> = thread::scope(|threads| {
        let ways: Vec<_> = browsers
            .chunks(CROWD.div_ceil(WAYS))
            .map(|some| {
                let scene = &scene;
                threads.spawn(move || {
                    let led = some
                        .iter()
                        .map(|browser| (browser, to_the_callback(scene, browser, "/dossier", ZOE)));
                    led.collect::<Vec<_>>()
                })
            })
            .collect();
        ways.into_iter().flat_map(|way| way.join().unwrap()).collect()
    });
    lie_on(&scene, &rotated(&scene, "the-next-one"));
    let before = key_fetches(&scene);
    // That took its time, and the provider's clock went on.
    scene.gateway.clock().set(SystemClock.now());
    thread::scope(|threads| {
        for (browser, callback) in &callbacks {
            threads.spawn(move || {
                let page = browser.open_once(callback);
                assert_eq!(page.status(), 303, "{}", page.text());
            });
        }
    });
    assert_eq!(key_fetches(&scene), before + 1);
    assert_eq!(scene.redis().sessions(), CROWD + 1);
}

/// A set with the provider's keys and this one.
fn with_key(key: &Value) -> Value {
    json!({ "target": "jwks", "json": [{ "push": "keys", "to": key }] })
}

fn other_kinds() {
    let x = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
    let y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
    let others = [
        json!({ "kty": "EC", "crv": "secp256k1", "x": x, "y": y, "kid": "k1", "use": "sig", "alg": "ES256K" }),
        json!({ "kty": "EC", "crv": "P-521", "x": x, "y": y, "kid": "p521" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "ed", "alg": "EdDSA" }),
        json!({ "kty": "OKP", "crv": "X25519", "x": x, "kid": "x", "use": "enc", "alg": "ECDH-ES" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": x, "kid": "pq" }),
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": x, "kid": "off the curve" }),
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "enc", "kid": "for encryption" }),
        json!({ "kty": "EC", "crv": "P-256", "x": x, "kid": "half" }),
        json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short", "alg": "PS256" }),
        json!({ "kty": "RSA", "kid": "nothing" }),
        json!({ "kty": 7, "kid": "seven" }),
        json!({ "kid": 7 }),
        json!({}),
        json!([]),
        json!(null),
        json!("key"),
    ];
    for key in &others {
        arrives(&lying(&[with_key(key)]));
    }
    arrives(&lying(&others.each_ref().map(with_key)));

    // One that is for something else verifies nothing, though it could.
    for (member, value) in [("use", "enc"), ("alg", "ES384"), ("alg", "ECDH-ES")] {
        let scene = lying(&[]);
        let mut key = scene.provider.keys()["foreign"]["ES256"].clone();
        key["kid"] = json!("for something else");
        key[member] = json!(value);
        lie_on(&scene, &[with_key(&key)]);
        lie_on(
            &scene,
            &["id_token", "userinfo"].map(|target| signed_by_another(target, "for something else")),
        );
        ends_in_no_login(&scene, UNKNOWN);
    }
}

fn keys_of_everybody() {
    const SHARED: &str = "c2hhcmVkLXNlY3JldC1vZi1ldmVyeWJvZHktMDEyMzQ1Njc4OQ";
    let oct = json!({ "kty": "oct", "k": SHARED, "kid": "shared", "alg": "HS256", "use": "sig" });
    let said = |scene: &Scene| {
        scene
            .gateway
            .logs()
            .text()
            .contains("with which anybody can sign")
    };

    // Whoever signs with a published secret, in either spelling of it, is nobody.
    for secret in [SHARED, "shared-secret-of-everybody-0123456789", CLIENT_SECRET] {
        let scene = lying(&[
            with_key(&oct),
            json!({
                "target": "id_token", "sign": "hmac:secret", "secret": secret,
                "header": [{ "set": "kid", "to": "shared" }],
            }),
        ]);
        ends_in_no_login(&scene, (502, "L11", "alg_refused"));
        assert!(said(&scene));
    }

    // A private half beside its public one: that it verifies proves nothing.
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let scene = lying(&[]);
        let mut key = scene.provider.keys()["foreign"]["ES256"].clone();
        key["kid"] = json!("exposed");
        key[member] = json!("AAAA");
        lie_on(&scene, &[with_key(&key)]);
        lie_on(
            &scene,
            &["id_token", "userinfo"].map(|target| signed_by_another(target, "exposed")),
        );
        ends_in_no_login(&scene, UNKNOWN);
        assert!(said(&scene));
    }
    // The others are believed as before.
    let scene = lying(&[with_key(&oct)]);
    arrives(&scene);
    assert!(said(&scene));
}

fn an_outage() {
    let scene = lying(&[]);
    let mut total = Duration::ZERO;
    arrives(&scene);
    lie_on(
        &scene,
        &[json!({ "target": "jwks", "status": 500, "body": "<p>oops" })],
    );
    for by in [MINUTE * 20, MINUTE * 40, MINUTE * 59] {
        later(&scene, by, &mut total);
        arrives(&scene);
    }
    let said = scene
        .gateway
        .logs()
        .lines_with("the one before stays in use")
        .join("\n");
    assert!(
        said.contains("what=\"keys\"") && said.contains("jwks_refused"),
        "{said}"
    );
    later(&scene, MINUTE * 2, &mut total);
    let spent = scene.provider.requests_to("/token").len();
    ends_in_no_login(&scene, (502, "L10", "jwks_refused"));
    assert_eq!(
        scene.provider.requests_to("/token").len(),
        spent,
        "no code is spent"
    );
    scene.provider.reset();
    scene.provider.clock_ahead(total);
    let is_over = || scene.sign_in(&Browser::new(), "/dossier").status() == 200;
    until("the keys are asked for again", is_over);
}

fn poisoned() {
    let cached = |value: &str| json!({ "target": "jwks", "headers": { "cache-control": value } });
    let scene = lying(&[cached("public, max-age=31536000, immutable")]);
    let mut total = Duration::ZERO;
    arrives(&scene);
    later(&scene, MINUTE * 59, &mut total);
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 1);
    later(&scene, MINUTE, &mut total);
    arrives(&scene);
    assert_eq!(
        key_fetches(&scene),
        2,
        "a key that was taken back would be believed for a year"
    );

    for value in [
        "max-age=0",
        "no-store",
        "max-age=-1",
        "max-age=99999999999999999999",
    ] {
        let scene = lying(&[cached(value)]);
        for _ in 0..3 {
            arrives(&scene);
        }
        scene.gateway.clock().advance(ALMOST_A_MINUTE);
        scene.provider.clock_ahead(MINUTE);
        arrives(&scene);
        assert_eq!(key_fetches(&scene), 1, "{value}");
    }
}
